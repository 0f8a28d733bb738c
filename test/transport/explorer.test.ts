import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
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

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
const title = hasChromium
  ? 'the explorer in Chromium'
  : `skipped: no Chromium at ${executablePath} (CHROMIUM_PATH)`;

(hasChromium ? describe : describe.skip)(title, () => {
  let browser: Browser;
  let page: Page;
  const trouble: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: quiet });
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== new URL(server.app.url).origin)
        trouble.push(request.url());
    });
  }, 60_000);

  afterAll(() => browser?.close());

  afterEach(() => expect(trouble.splice(0)).toEqual([]));

  it('opens with a worked example that runs from top to bottom', async () => {
    await page.goto(new URL('/', server.app.url).href);
    for (const name of ['CreateSession', 'AddEvent', 'AddEvents', 'ReadEvents', 'CompleteSession']) {
      await page.getByText(new RegExp(`Send (query|mutation) ${name}\\)`)).click();
      await page
        .locator('app-query-result')
        .getByText(answers[name] ?? '')
        .first()
        .waitFor();
    }
    await screenshot(page, 'worked-example');
  }, 60_000);

  it('takes a query that is typed, runs it and shows the answer', async () => {
    await page.goto(new URL('/graphql', server.app.url).href);
    await page.locator('app-query-editor .cm-content').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      '{ typed: session(sessionId: "call-2026-0001") { eventCount durationMs } }',
    );
    await page.keyboard.press('Control+Enter');
    await page.locator('app-query-result').getByText('"typed"').first().waitFor();

    const shown = await page.locator('app-query-result').innerText();
    expect(shown).toMatch(/"eventCount": 5,/);
    expect(shown).toMatch(/"durationMs": 10000/);
    await screenshot(page, 'typed-query');
  }, 60_000);
});

/** What the answer to each operation of the example shows. */
const answers: Record<string, string> = {
  CreateSession: '"createSession"',
  AddEvent: '"addEvent"',
  AddEvents: '"duplicateCount"',
  ReadEvents: '"endCursor"',
  CompleteSession: '"completeSession"',
};

/** Headless, and not a word to anyone but the server under test. */
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** For people to look at: with SCREENSHOTS set to a folder, what the page looks like is kept there. */
async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
