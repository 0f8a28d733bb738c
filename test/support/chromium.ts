import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Whether this machine has the browser that tests of pages need. */
export const hasChromium = existsSync(executablePath);

/** The title of a group of tests, or why they are skipped. */
export function titleInChromium(title: string): string {
  return hasChromium ? title : `skipped: no Chromium at ${executablePath} (CHROMIUM_PATH): ${title}`;
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: quiet });
}

/** Headless, and not a word to anyone but the servers under test. */
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
