// Owns the tests of pairs that people added, over a restart: those that coins need come back.
// Promise: a real journal that lost its power; one rule for who may retire and for what is kept.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import {
  add,
  cutPower,
  type ListingDesk,
  openListing,
  pass,
  quote,
  refusalOf,
  retired,
  specOf,
  trade,
  traded,
} from '../../listing-fixture.ts';

const BTC = specOf('BTCUSDT', 'binance-spot');
const SOL = specOf('SOLUSDT', 'binance-spot');
const XRP = specOf('XRPUSDT', 'binance-spot');
const FLATTEN = { flatten: true, drill: false, reason: 'test', by: 'anna' } as const;

function go(desk: ListingDesk, times = 3): void {
  for (let k = 0; k < times; k += 1) {
    for (const instrument of desk.system.rooms.listed.traded()) quote(desk, instrument);
    pass(desk, 100);
  }
}

/** Solana was bought on a pair that a person added; ripple was only added. */
async function leave(t: TestContext): Promise<ListingDesk> {
  const desk = await openListing(t, { specs: [BTC] });
  go(desk);
  const sol = add(desk, SOL);
  add(desk, XRP);
  go(desk);
  trade(desk, sol, 1000);
  assert.match(refusalOf(desk, retired(SOL.key)), /held by main, manual/);
  return desk;
}

test('kept: a pair that alone prices coins comes back, with them and with equity', async (t) => {
  const before = await leave(t);
  const disk = cutPower(before);
  const desk = await openListing(t, { specs: [BTC], disk, fromMs: before.nowMs + 1000 });
  const { listed, worths, exposure, state, kill } = desk.system.rooms;
  assert.deepEqual(
    listed.traded().map(({ key }) => key),
    [BTC.key, SOL.key],
  );
  go(desk);
  assert.ok(Number.isFinite(equityOf(worths)) && exposure.gross() > 0);
  const sol = traded(desk, SOL.key);
  assert.match(refusalOf(desk, retired(SOL.key)), /held by/);
  const command = { kind: 'kill', options: FLATTEN } as const;
  desk.system.apply({ kind: 'command', command, correlation: 1 });
  for (let k = 0; k < 20 && kill.isRunning; k += 1) go(desk, 1);
  assert.equal(kill.isRunning, false);
  assert.equal(state.accounts.balance('main', sol.venue, 'SOL') < 10n ** 16n, true);
});

test('kept: of two pairs that price the same coins, the one they were bought on', async (t) => {
  const before = await leave(t);
  const twin = { symbol: 'SOLUSDC', key: 'SOLUSDC.binance-spot', quote: 'USDC', settle: 'USDC' };
  add(before, { ...SOL, ...twin });
  const disk = cutPower(before);
  const desk = await openListing(t, { specs: [BTC], disk, fromMs: before.nowMs + 1000 });
  assert.deepEqual(
    desk.system.rooms.listed.traded().map(({ key }) => key),
    [BTC.key, SOL.key],
  );
});

test('kept: a kill is not confirmed flat while coins are held that nothing prices', async (t) => {
  const desk = await openListing(t, { specs: [BTC] });
  go(desk);
  desk.system.rooms.worths.cells.set('main', BTC.venue, 'SOL', 3n * 10n ** 18n);
  const command = { kind: 'kill', options: FLATTEN } as const;
  desk.system.apply({ kind: 'command', command, correlation: 1 });
  go(desk, 20);
  assert.equal(desk.system.rooms.kill.isRunning, true, 'it waits');
});
