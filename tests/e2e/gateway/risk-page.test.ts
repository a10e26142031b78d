// Owns the proof that the Risk page shows what the engine tells, in a real browser.
// Promise: no console error and no policy violation is overlooked; levels are read as words.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { ask, startSetting, waitFor } from '../../integration/gateway/client.ts';
import { viewRisk } from '../../integration/gateway/fake-risk.ts';
import { openBrowser, skip, visit } from './browser.ts';

let browser: Browser | null = null;
before(async () => {
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
});

async function openRisk(t: Parameters<typeof startSetting>[0]) {
  const setting = await startSetting(t, { loginToken: 'once', rateLimitPerMinute: 1000 });
  for (let k = 0; k < 60; k += 1) setting.engine.step();
  assert.ok(browser !== null);
  const { page, complaints } = await visit(t, browser);
  await page.goto(`${setting.url}/?token=once`);
  await page.goto(`${setting.url}/#/risk`);
  await page.waitForSelector('#headroom tbody tr');
  const rowsOf = async (host: string): Promise<string[]> =>
    (await page.locator(`#${host} tbody tr`).allInnerTexts()).map((text) =>
      text.replace(/\s+/g, ' ').trim(),
    );
  return { setting, page, complaints, rowsOf };
}

test('risk page: headroom is sorted and says its level in words', { skip }, async (t) => {
  const { setting, page, complaints, rowsOf } = await openRisk(t);
  const shown = await rowsOf('headroom');
  const shares = shown.map((text) => Number(/(\d+) % (?:within|beyond)/.exec(text)?.[1]));
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => b - a),
  );
  await page.click('#headroom-kind button:text-is("strategy")');
  const ours = await rowsOf('headroom');
  assert.equal(ours.length, 2);
  assert.ok(ours.every((text) => text.startsWith('strategy:signal-follower')));
  const view = viewRisk(setting.engine.risk, 1, 0, 0);
  const use = { scope: 'system', soft: 4, hard: 5 } as const;
  const uses = [
    { ...use, limit: 'gross', used: 5 },
    { ...use, limit: 'net', used: 6 },
  ] as const;
  setting.engine.say({ type: 'risk', risk: { ...view, uses } });
  await page.click('#headroom-kind button:text-is("all")');
  await waitFor('the new uses', async () => (await rowsOf('headroom')).length === 2);
  const [first, second] = await rowsOf('headroom');
  assert.match(first ?? '', /120 % beyond hard/);
  assert.match(second ?? '', /100 % beyond soft/, 'at the hard limit is within it');
  assert.deepEqual(complaints, []);
});

test('risk page: a breaker, a drawdown and a reduction show as they come', { skip }, async (t) => {
  const { setting, page, complaints, rowsOf } = await openRisk(t);
  assert.equal(await page.locator('#states .empty').isVisible(), true);
  setting.engine.trip();
  await waitFor('history', async () => (await rowsOf('history')).length === 4);
  const [reduction, drawdown, , breaker] = await rowsOf('history');
  assert.match(reduction ?? '', /reduction 1 of 4 800.0k to 600.0k in 5 orders/);
  assert.match(drawdown ?? '', /drawdown warning 3.10 % below the peak of the run/);
  assert.match(breaker ?? '', /volatility breaker open moved 2.4 % within 60 s/);
  await waitFor('the open breaker', async () => / open /.test((await rowsOf('breakers'))[0] ?? ''));
  assert.deepEqual(await rowsOf('states'), [
    'BTCUSDT.binance-usdm reducing operator breaker: volatility',
  ]);
  const gauge = await page.locator('.gauge').first().innerText();
  assert.match(gauge, /^system\s+normal · marks at 3.0 % and 5.0 %/);
  assert.deepEqual(complaints, []);
});

test('risk page: the report is shown by method, scenario and pair', { skip }, async (t) => {
  const { setting, page, complaints, rowsOf } = await openRisk(t);
  assert.match(await page.innerText('#correlation'), /No risk report yet/);
  setting.engine.analyse();
  await waitFor('methods', async () => (await rowsOf('var')).length === 7);
  const one = (await rowsOf('var'))[3];
  await page.click('#var-horizon button:text-is("10 days")');
  await waitFor('ten days', async () => (await rowsOf('var'))[3] !== one);
  assert.match((await rowsOf('var'))[4] ?? '', /^Student t – – – – – –$/, 'undefined is a dash');
  assert.match((await rowsOf('stress'))[0] ?? '', /^tariffs-2025 /);
  assert.equal(await page.locator('#correlation td[data-told]').count(), 64);
  await page.hover('#correlation td[data-told^="BTC × LINK"]');
  const readout = await page.innerText('#correlation-readout');
  assert.match(readout, /^BTC × LINK\s+−0\.27$/);
  assert.deepEqual(complaints, []);
});

test('risk page: a drill from the dialog and a waiting change are there', { skip }, async (t) => {
  const { setting, page, complaints, rowsOf } = await openRisk(t);
  await page.click('#halt');
  await page.check('#kill-drill');
  await page.check('#kill-flatten');
  await page.fill('#halt-reason', 'exercise');
  await page.click('#halt-confirm');
  await waitFor('the report', async () => (await rowsOf('kills')).length === 1);
  assert.match((await rowsOf('kills'))[0] ?? '', /drill confirmed, 9.30 ms 3 browser: exercise/);
  await waitFor('trading', async () => (await page.innerText('#trading-state')) === 'trading');
  const changes = [{ scope: 'system', limit: 'gross', hard: 1_500_000 }];
  const headers = { 'if-match': '"v1"' };
  const wish = { method: 'PATCH', headers, body: { changes, reason: 'quiet' } };
  assert.equal((await ask(setting, '/api/v2/risk/limits', wish)).status, 202);
  await waitFor('the proposal', async () => (await rowsOf('proposals')).length === 1);
  const [waiting] = await rowsOf('proposals');
  assert.equal(waiting, '1 system gross 2,000,000 → 1,500,000 waits for approval admin –');
  assert.deepEqual(complaints, []);
});

test('risk page: a second person decides on a change of limits', { skip }, async (t) => {
  const { setting, page, complaints, rowsOf } = await openRisk(t);
  assert.equal(await page.locator('#decide').isVisible(), false, 'nothing waits');
  const changes = [
    { scope: 'system', limit: 'gross', hard: 1_500_000 },
    { scope: 'system', limit: 'net', hard: 700_000 },
  ];
  const headers = { 'if-match': '"v1"' };
  const wish = { method: 'PATCH', headers, body: { changes, reason: 'quiet' } };
  assert.equal((await ask(setting, '/api/v2/risk/limits', wish)).status, 202);
  await page.click('#decide');
  assert.match(await page.innerText('#decide-by'), /^admin, .*: “quiet”$/);
  const told = await page.locator('#decide-changes li').allInnerTexts();
  assert.equal(told[0], 'system gross 2,000,000 → 1,500,000');
  assert.equal(told.length, 2);
  await page.click('#decide-approve');
  await page.press('#decide-reason', 'Enter');
  assert.match((await rowsOf('proposals'))[0] ?? '', /waits/, 'nothing goes without a reason');
  await page.fill('#decide-reason', 'agreed');
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  await page.click('#decide-approve');
  await waitFor('the decision', async () =>
    / approved admin browser$/.test((await rowsOf('proposals'))[0] ?? ''),
  );
  assert.equal(await page.locator('#decide-dialog').isVisible(), false);
  assert.equal(await page.locator('#decide').isVisible(), false);
  assert.deepEqual(complaints, []);
});

test('risk page: a kill that is not confirmed stays in sight with its reason', {
  skip,
}, async (t) => {
  const { setting, page } = await openRisk(t);
  setting.engine.risk.isKillConfirmed = false;
  await page.click('#halt');
  await page.fill('#halt-reason', 'now');
  await page.click('#halt-confirm');
  await waitFor('the reason', async () => {
    return /cancel them there/.test(await page.innerText('#halt-problem'));
  });
  assert.equal(await page.locator('#halt-dialog').isVisible(), true);
});

test('risk page: the address keeps the page, back returns to the overview', { skip }, async (t) => {
  const { page, complaints } = await openRisk(t);
  await page.reload();
  await page.waitForSelector('#headroom tbody tr');
  assert.equal(await page.locator('#content').isVisible(), false);
  await page.click('#to-overview');
  await page.waitForSelector('#tiles .tile');
  assert.equal(await page.locator('#risk').isVisible(), false);
  assert.equal(await page.getAttribute('#to-overview', 'aria-current'), 'page');
  await page.goBack();
  await page.waitForSelector('#headroom tbody tr');
  assert.deepEqual(complaints, []);
});
