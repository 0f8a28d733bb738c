import { ask, outcomeOf } from '../../support/access-client';
import { startTestApp, type TestApp, useTestApp } from '../../support/test-app';

const server = useTestApp({ INTROSPECTION: 'off' });
const post = (query: string) => ask(server.app, query, null);

describe('what scanners of GraphQL servers try', () => {
  it('introspection, which is off', async () => {
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Session") { name } }'])
      expect(await post(query)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
    expect((await server.app.fetch('/schema.graphql')).status).toBe(404);
    expect((await post('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  it.each([
    '{ sesions { nodes { id } } }',
    '{ sessions { nodes { sesionId } } }',
    '{ sessions(frist: 1) { nodes { id } } }',
    '{ sessions(filter: { status: [ACTIVE] }) { nodes { id } } }',
    '{ sessions(filter: { statuses: [ACTIV] }) { nodes { id } } }',
    'query ($input: CreateSesionInput) { sessions { nodes { id } } }',
    '{ sessions { nodes { ...on Sesion { id } } } }',
  ])('suggestions of names: %s gets none', async (query) => {
    const { status, message } = await post(query);

    expect(status).toBe(400);
    expect(message).not.toMatch(/did you mean/i);
  });

  it('suggestions by variables', async () => {
    const query = 'query ($filter: SessionFilter) { sessions(filter: $filter) { nodes { id } } }';
    for (const filter of [{ status: ['ACTIVE'] }, { statuses: ['ACTIV'] }]) {
      const { status, message } = await ask(server.app, query, null, { variables: { filter } });

      expect(status).toBe(400);
      expect(message).not.toMatch(/did you mean/i);
    }
  });

  it('aliases without number', async () => {
    const aliases = Array.from({ length: 101 }, (_, index) => `alias${index}: __typename`).join(' ');

    expect(await post(`{ ${aliases} }`)).toMatchObject({ status: 400, code: 'QUERY_TOO_COMPLEX' });
  });

  it('one field many times', async () => {
    expect((await post(`{ ${'__typename '.repeat(5000)} }`)).status).toBe(400);
  });

  it('directives without number', async () => {
    expect((await post(`{ __typename ${'@aa'.repeat(500)} }`)).status).toBe(400);
  });

  it('fragments that contain each other', async () => {
    const query = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';

    expect(await post(query)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it('batches', async () => {
    const body = JSON.stringify(Array.from({ length: 10 }, () => ({ query: '{ __typename }' })));

    expect((await outcomeOf(await server.app.post(body))).status).toBe(400);
  });

  it('a mutation by GET', async () => {
    const query = 'mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }';
    const response = await server.app.fetch(`/graphql?${new URLSearchParams({ query })}`);

    expect(response.status).toBe(405);
  });

  it('a mutation as a form', async () => {
    const query = 'mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }';
    const response = await server.app.fetch('/graphql', {
      method: 'POST',
      body: new URLSearchParams({ query }),
    });

    expect(response.status).toBe(415);
  });

  it('traces and stacks in answers', async () => {
    const response = await server.app.post(JSON.stringify({ query: '{ nothing }' }), {
      'x-apollo-tracing': '1',
      'apollo-federation-include-trace': 'ftv1',
    });

    expect(await response.text()).not.toMatch(/tracing|ftv1|stacktrace|node_modules/);
  });
});

describe('with introspection on, it is for whoever may read', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('and errors help those who mistype', async () => {
    expect((await ask(app, '{ __schema { queryType { name } } }', null)).status).toBe(200);
    expect((await ask(app, '{ sesions { nodes { id } } }', null)).message).toMatch(/did you mean/i);
  });
});
