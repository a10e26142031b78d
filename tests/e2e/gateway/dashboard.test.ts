// Owns the proof that a person can use the dashboard: a real browser on a real gateway.
// Promise: no console error, no policy violation, no failed request is overlooked in any test.
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type Setting, startSetting, waitFor } from '../../integration/gateway/client.ts';
import { createFakeBook, viewPortfolio } from '../../integration/gateway/fake-market.ts';
import { openBrowser, skip, type Visit, visit as visitWith } from './browser.ts';

let browser: Browser | null = null;

before(async () => {
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
});

function visit(t: TestContext, width = 1440): Promise<Visit> {
  assert.ok(browser !== null);
  return visitWith(t, browser, width);
}

async function signIn(t: TestContext, setting: Setting, width = 1440): Promise<Visit> {
  const seen = await visit(t, width);
  await seen.page.goto(`${setting.url}/?token=once`);
  await seen.page.waitForSelector('#link[data-link="live"]');
  return seen;
}

const start = (t: TestContext): Promise<Setting> =>
  startSetting(t, { loginToken: 'once', metricsEveryMs: 100, rateLimitPerMinute: 1000 });

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.textContent(selector)) ?? '';

test('dashboard: the link signs in, the address is clean, equity moves', { skip }, async (t) => {
  const setting = await start(t);
  const { page, complaints } = await signIn(t, setting);
  assert.equal(page.url(), `${setting.url}/`);
  const equity = '[data-tile="Equity"] .value';
  assert.equal(await textOf(page, equity), '1,000,000.00');
  for (let k = 0; k < 60; k += 1) setting.engine.step();
  await waitFor('equity to move', async () => (await textOf(page, equity)) !== '1,000,000.00');
  await waitFor('rows', async () => (await page.locator('#signals tbody tr').count()) > 3);
  assert.ok((await page.locator('#orders tbody tr').count()) > 3);
  assert.ok((await page.locator('#positions tbody tr').count()) > 0);
  assert.equal(await page.locator('#markets .market').count(), 8);
  await waitFor('stages', async () => (await page.locator('#latency tbody tr').count()) === 12);
  assert.equal(await textOf(page, '#mode'), 'test');
  assert.deepEqual(complaints, []);
});

test('dashboard: a row keeps its element while its values move', { skip }, async (t) => {
  const setting = await start(t);
  for (let k = 0; k < 60; k += 1) setting.engine.step();
  const { page } = await signIn(t, setting);
  await page.waitForSelector('#positions tbody tr');
  const marks = `[...document.querySelectorAll('#positions tbody tr')].map((row) =>
    row.cells[4].textContent).join()`;
  const before = await page.evaluate(marks);
  await page.evaluate(`document.querySelector('#positions tbody tr').dataset.mine = 'yes'`);
  for (let k = 0; k < 5; k += 1) setting.engine.step();
  await waitFor('marks to move', async () => (await page.evaluate(marks)) !== before);
  assert.equal(await page.locator('#positions tbody tr[data-mine="yes"]').count(), 1);
});

test('dashboard: halting takes a reason and a second click, and shows', { skip }, async (t) => {
  const setting = await start(t);
  const { page, complaints } = await signIn(t, setting);
  await page.click('#halt');
  await page.click('#halt-confirm');
  assert.equal(setting.engine.commands.length, 0, 'without a reason nothing is sent');
  await page.fill('#halt-reason', 'drill');
  await page.click('#halt-confirm');
  await page.waitForSelector('#trading-state[data-state="halted"]');
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    kind: 'kill',
    options: { flatten: false, drill: false, reason: 'drill', by: 'browser' },
  });
  assert.equal(await page.locator('#halt-dialog').isVisible(), false);
  assert.equal(await textOf(page, '#halt'), 'Resume trading');
  assert.deepEqual(complaints, []);
});

test('dashboard: a lost connection is said, and data is marked as old', { skip }, async (t) => {
  const setting = await start(t);
  const { page } = await signIn(t, setting);
  await setting.gateway.close();
  await page.waitForSelector('#link[data-link="broken"]');
  assert.match(await textOf(page, '#link'), /connection lost/);
  assert.ok(await page.locator('body.is-stale').count());
});

test('dashboard: nothing is wider than the screen from 390 to 1920 pixels', { skip }, async (t) => {
  const setting = await start(t);
  for (let k = 0; k < 60; k += 1) setting.engine.step();
  setting.engine.analyse();
  setting.engine.trip();
  const { page } = await signIn(t, setting, 390);
  for (const [link, rows] of [
    ['#to-overview', '#orders tbody tr'],
    ['#to-risk', '#history tbody tr'],
  ] as const) {
    await page.click(link);
    await page.waitForSelector(rows);
    for (const width of [1920, 1440, 1280, 768, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const isContained = `document.documentElement.scrollWidth <= ${width}`;
      await waitFor(`${width} pixels to hold ${link}`, async () => {
        return (await page.evaluate(isContained)) === true;
      });
    }
  }
});

test('dashboard: without a session there is a page that takes a key', { skip }, async (t) => {
  const setting = await start(t);
  const { page, complaints } = await visit(t);
  await page.goto(setting.url);
  assert.match(await textOf(page, 'main'), /Sign in to see this system/);
  await page.fill('#key', 'viewer-key');
  await page.click('button[type="submit"]');
  await page.waitForSelector('#link[data-link="live"]');
  const [refused] = complaints;
  assert.match(refused ?? '', /401/); // the browser itself notes the first answer
  assert.equal(complaints.length, 1);
});

test('dashboard: balances by venue and strategies are there, and one is stopped', {
  skip,
}, async (t) => {
  const setting = await start(t);
  for (let k = 0; k < 40; k += 1) setting.engine.step();
  const { page, complaints } = await signIn(t, setting);
  const row = (table: string, text: string) =>
    page.locator(`#${table} tbody tr`).filter({ hasText: text });
  await row('balances', 'binance-usdm').first().waitFor();
  assert.match(
    (await row('balances', 'binance-usdm').textContent()) ?? '',
    /USDT\d{3},\d{3}\.\d\d$/,
  );
  assert.match((await row('strategies', 'signal-follower').textContent()) ?? '', /running/);
  assert.match((await row('strategies', 'manual').textContent()) ?? '', /by hand0\.00/);
  await page.click('#strategy-open');
  await page.click('#strategy-stop');
  assert.equal(setting.engine.commands.length, 0, 'a reason is wanted first');
  await page.fill('#strategy-reason', 'lunch');
  await page.click('#strategy-stop');
  await row('strategies', 'browser: lunch').waitFor();
  assert.match((await row('strategies', 'signal-follower').textContent()) ?? '', /stopped/);
  assert.equal(await textOf(page, '#strategies-count'), '0 running');
  assert.deepEqual(complaints, []);
});

test('dashboard: an equity that is unknown says so and names what has no price', {
  skip,
}, async (t) => {
  const setting = await start(t);
  const { engine } = setting;
  const { page, complaints } = await signIn(t, setting);
  const portfolio = viewPortfolio(engine.state, createFakeBook(), 5e15, 'active');
  const unknown = { equity: 'unknown', equityUs: 0, unpriced: ['XYZ'], pnl: 'unknown' };
  engine.say({ type: 'portfolio', portfolio: { ...portfolio, ...unknown } });
  const equity = '[data-tile="Equity"]';
  await waitFor('it', async () => (await textOf(page, `${equity} .value`)) === 'unknown');
  assert.equal(await textOf(page, `${equity} .note`), 'no price for XYZ');
  assert.equal(await textOf(page, '[data-tile="P&L"] .value'), 'unknown');
  assert.equal(await textOf(page, '[data-tile="Exposure"] .value'), '–');
  assert.deepEqual(complaints, []);
});
