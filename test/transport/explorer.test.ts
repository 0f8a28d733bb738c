import { useTestApp } from '../support/test-app';

const server = useTestApp();

describe('the explorer page', () => {
  it.each(['/', '/graphql'])('is what a browser gets from %s', async (path) => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const response = await server.app.fetch(path, { headers: { accept } });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(await response.text()).toContain('<title>Conversation Session Service</title>');
  });

  it.each(['application/json', '*/*', 'application/json, text/html;q=0.5'])(
    'is not for Accept: %s',
    async (accept) => {
      const response = await server.app.fetch('/graphql?query={__typename}', {
        headers: { accept, 'apollo-require-preflight': '1' },
      });

      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    },
  );

  it('loads files of the explorer and no others', async () => {
    const script = await server.app.fetch('/explorer/main.js');

    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await script.text()).length).toBeGreaterThan(100_000);
    for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/index.js', '/etc/passwd', '']) {
      expect((await server.app.fetch(`/explorer/${path}`)).status).toBe(404);
    }
  });
});
