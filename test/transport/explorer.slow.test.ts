import { type Browser, type Page } from 'playwright-core';
import { hasChromium, launchChromium, titleInChromium } from '../support/chromium';
import { useTestApp } from '../support/test-app';

const server = useTestApp();

(hasChromium ? describe : describe.skip)(titleInChromium('the explorer in Chromium'), () => {
  let browser: Browser;
  let page: Page;
  const trouble: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== new URL(server.app.url).origin)
        trouble.push(request.url());
    });
  }, 120_000);

  afterAll(() => browser?.close());

  afterEach(() => expect(trouble.splice(0)).toEqual([]));

  it('opens with a worked example that runs tab by tab', async () => {
    await page.goto(new URL('/', server.app.url).href);
    for (const [tab, answer] of steps) {
      await page.getByText(tab, { exact: true }).click();
      await sendRequest(page);
      await page.locator('app-query-result').getByText(answer).first().waitFor();
      expect(await page.locator('app-query-result').innerText()).not.toContain('"errors"');
    }
    await screenshot(page, 'worked-example');

    // The subscription has heard of what the later tabs did.
    await page.getByText('3 Follow it live', { exact: true }).click();
    await page.locator('app-query-result').getByText('Perfect, thank you.').first().waitFor();
    await screenshot(page, 'live');
  }, 120_000);

  it('answers the first click of a new visitor, and shows the schema under Docs', async () => {
    const visitor = await browser.newPage();
    await visitor.goto(new URL('/', server.app.url).href);
    await sendRequest(visitor);
    await visitor.locator('app-query-result').getByText('"createSession"').first().waitFor();

    await visitor.getByRole('button', { name: 'Docs' }).click();
    const docs = visitor.locator('app-doc-viewer');
    await docs.getByText('Mutation', { exact: true }).click();
    await docs.getByText('completeSession').first().waitFor();
    await screenshot(visitor, 'docs');
    await visitor.close();
  }, 120_000);

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
  }, 120_000);

  it('completes field names', async () => {
    await page.locator('app-query-editor .cm-content').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{ sessio');
    await page.locator('.cm-tooltip-autocomplete').getByText('SessionConnection!').waitFor();
    await screenshot(page, 'completion');
  }, 120_000);
});

/** The tabs of the example, and what the answer of each shows. */
const steps = [
  ['1 Create a session', '"createSession"'],
  ['2 Add an event', '"addEvent"'],
  ['3 Follow it live', '"eventAdded"'],
  ['4 Add many', '"duplicateCount"'],
  ['5 Read', '"endCursor"'],
  ['6 Complete', '"completeSession"'],
] as const;

const sendRequest = (page: Page) => page.getByRole('button', { name: 'Send Request' }).click();

/** For people to look at: with SCREENSHOTS set to a folder, what the page looks like is kept there. */
async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
