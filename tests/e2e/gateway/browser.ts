// Owns the browser of the end-to-end tests: where it is, how it starts, what it complains of.
// Promise: every console error and policy violation of a page is kept for the test to look at.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = PLACES.find((path) => path !== '' && existsSync(path));
export const skip = executablePath === undefined && 'Chromium is not installed (CHROMIUM_PATH)';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = async (): Promise<Browser | null> =>
  executablePath === undefined ? null : chromium.launch({ executablePath, args: FLAGS });

export interface Visit {
  readonly page: Page;
  readonly complaints: string[]; // what the browser said was wrong
}

export async function visit(
  t: TestContext,
  browser: Browser,
  width = 1440,
  height = 900,
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height } });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.exposeFunction('complain', (text: string) => complaints.push(text));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation',
    (event) => complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`);
  return { page, complaints };
}
