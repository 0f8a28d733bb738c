import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { digestOf, newApiKey } from '../../../src/transport/access/api-keys';
import { hasChromium, launchChromium, titleInChromium } from '../../support/chromium';
import { startTestApp, type TestApp } from '../../support/test-app';

const create = (sessionId: string) =>
  `mutation { createSession(input: { sessionId: "${sessionId}", language: "en" }) { created } }`;

/** A server of empty pages, whose origin is not that of the service. */
class OtherOrigin {
  private readonly server: Server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title><body>'),
  );

  /** Another port is another origin, another name another site. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const describeInChromium = hasChromium ? describe : describe.skip;

describeInChromium(titleInChromium('a page of another origin'), () => {
  const listed = new OtherOrigin();
  const foreign = new OtherOrigin();
  let browser: Browser;
  let app: TestApp;
  let listedOrigin: string;
  let foreignOrigin: string;

  beforeAll(async () => {
    [listedOrigin, foreignOrigin] = [await listed.start(), await foreign.start()];
    app = await startTestApp({ CORS_ORIGINS: listedOrigin });
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await app.close();
    listed.stop();
    foreign.stop();
  });

  async function openPage(origin: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(origin);
    return page;
  }

  /** What a script of the page gets; null where the browser keeps it from the page. */
  function fetchIn(page: Page, query: string, type = 'application/json'): Promise<unknown> {
    const init = { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify({ query }) };
    return page.evaluate(
      ({ url, init }) =>
        fetch(url, init).then(
          (response) => response.json(),
          () => null,
        ),
      { url: app.url, init },
    );
  }

  async function exists(sessionId: string): Promise<boolean> {
    const { data } = await app.send<{ session: object | null }>(
      `{ session(sessionId: "${sessionId}") { id } }`,
    );
    return data?.session !== null;
  }

  it('may call the API where it is listed', async () => {
    const page = await openPage(listedOrigin);

    expect(await fetchIn(page, create('by-listed'))).toEqual({ data: { createSession: { created: true } } });
    const queried = await page.evaluate(
      (url) => fetch(`${url}?query={__typename}`).then((response) => response.json()),
      app.url,
    );
    expect(queried).toEqual({ data: { __typename: 'Query' } });
    await page.close();
  }, 60_000);

  it('gets nothing and changes nothing where it is not', async () => {
    const page = await openPage(foreignOrigin);
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
      expect(await fetchIn(page, create('by-foreign'), type)).toBeNull();
    const read = await page.evaluate(
      (url) => fetch(`${url}?query={__typename}`).then(String, () => null),
      app.url,
    );

    expect(read).toBeNull();
    expect(await exists('by-foreign')).toBe(false);
    await page.close();
  }, 60_000);

  it('changes nothing by a form', async () => {
    for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
      const page = await openPage(foreignOrigin);
      const answer = page.waitForResponse((response) => response.url().startsWith(app.url));
      // As text/plain this is a line of JSON: {"query": "…", "x": "="}.
      const name = `{"query": ${JSON.stringify(create('by-form'))}, "x": "`.replaceAll('"', '&quot;');
      await page.setContent(
        `<form method="POST" action="${app.url}" enctype="${enctype}">
          <input name="${name}" value="&quot;}"><input type="submit"></form>`,
      );
      await page.locator('input[type=submit]').click();

      expect((await answer).status()).toBe(403);
      await page.close();
    }
    expect(await exists('by-form')).toBe(false);
  }, 60_000);
});

describeInChromium(titleInChromium('the explorer of a server that authenticates'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
  const key = newApiKey();
  let browser: Browser;
  let app: TestApp;

  beforeAll(async () => {
    const file = join(folder, 'keys.json');
    const scopes = ['sessions:read', 'sessions:write'];
    writeFileSync(file, JSON.stringify({ keys: [{ name: 'person', sha256: digestOf(key), scopes }] }));
    app = await startTestApp({ API_KEYS_FILE: file });
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await app.close();
    rmSync(folder, { recursive: true });
  });

  it('says what is missing, and works with a key that is typed into it', async () => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(60_000);
    const result = page.locator('app-query-result');
    await page.goto(new URL('/', app.url).href);
    await page.getByRole('button', { name: 'Send Request' }).click();
    await result.getByText('"UNAUTHENTICATED"').first().waitFor();

    await page.getByText('Set Headers').first().click();
    await page.getByText('{{token}}').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(`Bearer ${key}`);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Send Request' }).click();

    await result.getByText('"createSession"').first().waitFor();
    await page.close();
  }, 180_000);
});
