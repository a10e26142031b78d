// Owns the tests of instruments that come and go while the engine runs, through a real engine.
// Promise: a slot nobody has is shut, one that is left leaves no trace, refusals name their cause.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import type { Instrument, InstrumentSpec } from '../../../engine/core/instrument.ts';
import { bookAt, riskRowAt } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { BTC, createEngineDesk } from '../../engine-fixture.ts';
import {
  add,
  added,
  at,
  breachesOf,
  heldOf,
  type ListingDesk,
  load,
  openListing,
  pass,
  quote,
  refusalOf,
  rest,
  retire,
  retired,
  specOf,
  trade,
  traded,
} from '../../listing-fixture.ts';

const SOL = specOf('SOLUSDT');
const XRP = specOf('XRPUSDT');

async function openDesk(t: TestContext, settings: readonly string[] = []): Promise<ListingDesk> {
  const desk = await openListing(t, { settings });
  for (const instrument of desk.system.rooms.listed.traded()) quote(desk, instrument);
  for (let k = 0; k < 3; k += 1) pass(desk, 100); // the venue tells of open orders, equity is known
  return desk;
}

/** A bid at the best one. */
function bidOf({ system }: ListingDesk, instrument: Instrument): number {
  return system.ground.books.bidPrice(instrument, 0);
}

test('listing: a slot nobody has is shut, and one that comes opens with its book', async (t) => {
  const desk = await openDesk(t);
  const { ground, rooms } = desk.system;
  const words = new Uint32Array(ground.buffer);
  const state = (riskRowAt(ground.plan, 2) + layout.ROW_STATE) / 4;
  assert.equal(words[state], layout.RISK_HALTED);
  const sol = add(desk, SOL);
  assert.equal(sol.index, 2);
  assert.equal(words[state], layout.RISK_ACTIVE);
  assert.ok(
    breachesOf(desk, sol, 1_500_000).includes('instrument_not_tradable'),
    'before its book',
  );
  quote(desk, sol);
  assert.deepEqual(breachesOf(desk, sol, bidOf(desk, sol)), []);
  assert.equal(rooms.market.state(sol), 'synchronised');
  assert.ok(Math.abs(rooms.covariance.volatility(sol) - 0.04) < 1e-12);
  assert.equal(rooms.limits.hardOf(`instrument:${sol.key}`, 'position'), 100_000);
  assert.equal(rooms.guard.stateOf(`instrument:${sol.key}`), 'active');
  assert.equal(rooms.state.instruments.find(sol.key), sol);
});

test('listing: what is traded of a new one counts in every sum, VaR and stress', async (t) => {
  const desk = await openDesk(t);
  const { exposure, worths } = desk.system.rooms;
  const before = equityOf(worths);
  const sol = add(desk, SOL);
  quote(desk, sol);
  trade(desk, sol, 10);
  assert.equal(heldOf(desk, sol.key) > 0n, true);
  const gross = exposure.gross();
  assert.ok(gross > 0);
  assert.ok(Math.abs(exposure.valueAtRisk() / (gross * 0.04 * 1.6448536269514722) - 1) < 1e-9);
  assert.ok(exposure.historicalVar() > 0 && exposure.stressLoss() > 0);
  quote(desk, sol, 0.001);
  assert.ok(equityOf(worths) > before, 'its mark moves equity');
});

test('listing: nothing held or open loses its slot', async (t) => {
  const desk = await openDesk(t);
  const sol = add(desk, SOL);
  quote(desk, sol);
  rest(desk, sol, bidOf(desk, sol) - sol.tick);
  assert.match(refusalOf(desk, retired(sol.key)), /1 open order/);
  const [order] = desk.system.rooms.state.orders.open();
  const cancel = { kind: 'cancel', orderId: order?.id ?? '', by: 'ann', reason: 'test' } as const;
  desk.system.apply({ kind: 'command', command: cancel, correlation: 0 });
  trade(desk, sol, 3);
  assert.match(refusalOf(desk, retired(sol.key)), /held by .*manual/);
  assert.equal(traded(desk, sol.key), sol);
  trade(desk, sol, -3);
  retire(desk, sol.key);
});

test('listing: one that is retired is halted, without a book, a limit or a share', async (t) => {
  const desk = await openDesk(t);
  const { exposure, guard, market, limits, marks, rates, state } = desk.system.rooms;
  const sol = add(desk, SOL);
  quote(desk, sol);
  trade(desk, sol, 3);
  trade(desk, sol, -3);
  const price = bidOf(desk, sol);
  retire(desk, sol.key);
  const { plan, buffer } = desk.system.ground;
  const flags = new Uint32Array(buffer)[(bookAt(plan, sol.index) + layout.BOOK_FLAGS) / 4] ?? 0;
  assert.equal(flags & layout.BOOK_READY, 0);
  assert.equal(guard.stateOf(`instrument:${sol.key}`), 'halted');
  assert.equal(exposure.gross(), 0);
  assert.notDeepEqual(breachesOf(desk, sol, price), []);
  assert.equal(Number.isNaN(marks.mark(sol)) && Number.isNaN(rates.markOf(sol)), true);
  assert.equal(`instrument:${sol.key}` in state.limits.tree().scopes, false);
  assert.equal(limits.hardOf(`instrument:${sol.key}`, 'position'), Number.POSITIVE_INFINITY);
  load(desk, sol, price, price + 1);
  assert.equal(market.state(sol), 'stale');
  const late = {
    kind: 'mark',
    instrument: sol,
    price: 1,
    eventUs: at(1),
    receiveUs: at(1),
  } as const;
  desk.system.apply(late);
  assert.ok(Number.isNaN(rates.markOf(sol)), 'a mark of the past is nobody’s');
});

test('listing: who takes a slot inherits nothing; the old object sends nothing', async (t) => {
  const desk = await openDesk(t, ['capacity.instruments=3']);
  const { exposure, limits, rates } = desk.system.rooms;
  const sol = add(desk, SOL);
  quote(desk, sol);
  trade(desk, sol, 5);
  trade(desk, sol, -5);
  assert.match(refusalOf(desk, added(XRP)), /no slot is free.*capacity.instruments is 3/);
  retire(desk, sol.key);
  const xrp = add(desk, XRP);
  assert.equal(xrp.index, sol.index);
  assert.equal(breachesOf(desk, sol, 1_500_000)[0], 'malformed_order');
  assert.ok(breachesOf(desk, xrp, 5000).includes('instrument_not_tradable'));
  assert.ok(Number.isNaN(rates.markOf(xrp)));
  assert.equal(limits.hardOf(`instrument:${xrp.key}`, 'position'), 100_000);
  quote(desk, xrp);
  assert.deepEqual(breachesOf(desk, xrp, bidOf(desk, xrp)), []);
  assert.equal(exposure.valueAtRisk(), 0);
  trade(desk, xrp, 1);
  assert.equal(heldOf(desk, xrp.key) > 0n && heldOf(desk, sol.key) === 0n, true);
});

test('listing: one that comes back into another slot is valued at its own mark', async (t) => {
  const desk = await openDesk(t, ['capacity.instruments=4']);
  const { worths, exposure } = desk.system.rooms;
  const sol = add(desk, SOL);
  quote(desk, sol);
  trade(desk, sol, 5);
  trade(desk, sol, -5);
  retire(desk, sol.key);
  quote(desk, add(desk, XRP));
  const back = add(desk, SOL);
  assert.notEqual(back.index, sol.index);
  quote(desk, back);
  trade(desk, back, 5);
  assert.ok(Number.isFinite(equityOf(worths)) && exposure.gross() > 0);
  assert.match(refusalOf(desk, added({ ...SOL, multiplier: 2 })), /traded already/);
});

test('listing: what does not fit is refused by name, and nothing has changed', async (t) => {
  const desk = await openDesk(t);
  const hash = desk.system.rooms.state.hash();
  assert.match(refusalOf(desk, added(specOf('BTCUSDT'))), /traded already/);
  assert.match(
    refusalOf(desk, added({ ...SOL, venue: 'nowhere', key: 'SOLUSDT.nowhere' })),
    /no venue nowhere, only binance-usdm/,
  );
  assert.match(refusalOf(desk, added({ ...SOL, key: 'SOL' })), /SOL is not SOLUSDT.binance-usdm/);
  assert.match(refusalOf(desk, added({ ...SOL, multiplier: 0 })), /multiplier must be positive/);
  const yen = { ...SOL, symbol: 'SOLJPY', key: 'SOLJPY.binance-usdm', quote: 'JPY', settle: 'JPY' };
  assert.match(refusalOf(desk, added(yen)), /nothing in this run prices .*JPY/);
  const peg = {
    ...specOf('BTCUSDT', 'binance-spot'),
    symbol: 'USDTUSD',
    base: 'USDT',
    quote: 'USD',
  };
  const pair = { ...peg, settle: 'USD', venue: 'binance-usdm', key: 'USDTUSD.binance-usdm' };
  assert.match(refusalOf(desk, added(pair)), /USDT counts as one dollar/);
  assert.equal(desk.system.rooms.state.hash(), hash);
});

test('listing: what follows from a fact is recorded after it', () => {
  const desk = createEngineDesk();
  desk.load(6_000_000, 6_000_010, 0);
  desk.command(retired(BTC.key));
  const kinds = desk.out.records.map((body) => (body.kind === 'book' ? body.state : body.kind));
  assert.deepEqual(kinds.slice(-3), ['instrument', 'stale', 'limits_configured']);
});

test('listing: a key stands for one instrument for ever', async (t) => {
  const desk = await openDesk(t);
  add(desk, SOL);
  retire(desk, SOL.key);
  assert.match(
    refusalOf(desk, added({ ...SOL, multiplier: 10 })),
    /was traded here with multiplier 1, not 10/,
  );
});

test('listing: the tree of limits keeps its version, and changes outlive it', async (t) => {
  const desk = await openDesk(t);
  const { state, limits } = desk.system.rooms;
  const { version } = limits.tree();
  const sol = add(desk, SOL);
  assert.equal(limits.tree().version, version, 'nobody changed a limit');
  const { scopes } = limits.tree();
  const venue = { 'venue:binance-usdm': { gross: { hard: 5e6, soft: 4e6 } } };
  const tree = { version: 2, scopes: { ...scopes, ...venue } };
  desk.system.engine.commit({ kind: 'limits_configured', tree });
  assert.equal(limits.hardOf(`instrument:${sol.key}`, 'position'), 100_000);
  retire(desk, sol.key);
  assert.equal(limits.tree().version, 2);
  add(desk, XRP);
  assert.deepEqual(state.limits.tree(), limits.tree());
  assert.equal(limits.hardOf('venue:binance-usdm', 'gross'), 5e6);
});

test('listing: limits that people have tightened are not passed by one that comes', async (t) => {
  const desk = await openDesk(t);
  const { limits } = desk.system.rooms;
  const { scopes } = limits.tree();
  const system = { ...scopes.system, order_notional: { hard: 1000, soft: 900 } };
  const tree = { version: 2, scopes: { ...scopes, system } };
  desk.system.engine.commit({ kind: 'limits_configured', tree });
  const key = `instrument:${SOL.key}`;
  add(desk, SOL);
  assert.equal(
    limits.hardOf(key as `instrument:${string}`, 'order_notional'),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(limits.hardOf('system', 'order_notional'), 1000);
});

test('listing: one whose configured limits contradict the tree is refused with them', async (t) => {
  const key = 'ETHUSDT.binance-usdm';
  const settings = [`risk.limits.instruments={"${key}":{"order_notional":90000}}`];
  const desk = await openDesk(t, settings);
  const { limits } = desk.system.rooms;
  retire(desk, key);
  const { scopes } = limits.tree();
  const system = { ...scopes.system, order_notional: { hard: 1000, soft: 900 } };
  desk.system.engine.commit({
    kind: 'limits_configured',
    tree: { version: 2, scopes: { ...scopes, system } },
  });
  assert.match(
    refusalOf(desk, added(specOf('ETHUSDT'))),
    /90,000 is above system order_notional 1,000/,
  );
});

test('listing: neither side of a pair loses its peg while it is held', async (t) => {
  const desk = await openDesk(t, ['execution.deposits={"USDT":"1000","DAI":{"binance-usdm":"5"}}']);
  const dai = {
    ...specOf('BTCUSDT', 'binance-spot'),
    ...{ symbol: 'USDTDAI', key: 'USDTDAI.binance-usdm', venue: 'binance-usdm' },
    ...{ base: 'USDT', quote: 'DAI', settle: 'DAI' },
  };
  assert.match(refusalOf(desk, added(dai)), /DAI counts as one dollar/);
  const usdc = { ...dai, symbol: 'USDTUSDC', key: 'USDTUSDC.binance-usdm', quote: 'USDC' };
  add(desk, { ...usdc, settle: 'USDC' }); // nobody has any
});

/** A spot pair at the venue of the contracts. */
function pairOf(base: string): InstrumentSpec {
  const { quote: _, ...spot } = specOf(`${base}USDT`, 'binance-spot');
  const symbol = `${base}FDUSD`;
  const venue = 'binance-usdm';
  return { ...spot, symbol, venue, key: `${symbol}.${venue}`, quote: 'FDUSD', settle: 'FDUSD' };
}

test('listing: dust that nobody can sell keeps no pair whose coin others price', async (t) => {
  const desk = await openDesk(t, ['execution.deposits={"FDUSD":{"binance-usdm":"100000"}}']);
  for (const base of ['BTC', 'SOL']) {
    const pair = add(desk, pairOf(base));
    quote(desk, pair);
    pass(desk, 200); // its money counts as what backs orders
    trade(desk, pair, 100);
    assert.match(refusalOf(desk, retired(pair.key)), /is held by/);
    trade(desk, pair, -99); // the fee was taken from the coins
    const held = heldOf(desk, pair.key);
    assert.ok(held > 0n && held < BigInt(pair.lot) * 10n ** BigInt(18 - pair.qtyScale), `${held}`);
  }
  retire(desk, 'BTCFDUSD.binance-usdm');
  assert.ok(Number.isFinite(equityOf(desk.system.rooms.worths)));
  const sol = retired('SOLFDUSD.binance-usdm');
  assert.match(refusalOf(desk, sol), /nothing else prices SOL, which is held/);
});
