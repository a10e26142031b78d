// Owns the law of instruments that come and go: what is left is what a fresh engine would find.
// Promise: real engines; equity, exposures, sums, margins and cash, after any coming and going.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import type { Rooms } from '../../../engine/engine.ts';
import {
  add,
  added,
  decide,
  freshOf,
  type ListingDesk,
  openListing,
  pass,
  quote,
  rest,
  retire,
  retired,
  specOf,
  trade,
} from '../../listing-fixture.ts';

const POOL = [
  specOf('BTCUSDT'),
  specOf('BTCUSDT', 'binance-spot'),
  specOf('ETHUSDT'),
  specOf('ETHUSDT', 'binance-spot'),
  specOf('SOLUSDT'),
  specOf('XRPUSDT'),
  specOf('SOLUSDT', 'binance-spot'),
];
const DEPOSITS = {
  USDT: { 'binance-usdm': '1000000', 'binance-spot': '1000000' },
  ETH: { 'binance-spot': '5' },
  BTC: { 'binance-spot': '1' },
};
const SETTINGS = [
  'capacity.instruments=5',
  `execution.deposits=${JSON.stringify(DEPOSITS)}`,
  'risk.maxPositionUsd=10000000',
  'risk.maxPortfolioExposure=100',
  'risk.maxConcentration=100',
  'risk.varLimit95OneDay=100',
  'risk.historicalVarLimit95OneDay=100',
  'risk.stressLossLimit=100',
];
const MARKS: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 3000, SOL: 150, XRP: 0.5 };

interface Step {
  readonly kind: 'add' | 'retire' | 'quote' | 'trade' | 'close' | 'rest' | 'cancel';
  readonly which: number;
  readonly size: number; // -1..1
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'add',
    'add',
    'retire',
    'retire',
    'quote',
    'trade',
    'close',
    'rest',
    'cancel',
  ),
  which: fc.nat(POOL.length - 1),
  size: fc.double({ min: -1, max: 1, noNaN: true }),
});

function lotsOf(spec: (typeof POOL)[number], notional: number): number {
  const lot = spec.lot / 10 ** spec.qtyScale;
  return Math.round(notional / (MARKS[spec.base] ?? 1) / lot);
}

function take(desk: ListingDesk, { kind, which, size }: Step, seen: Set<string>): void {
  const spec = POOL[which] ?? POOL[0];
  assert.ok(spec !== undefined);
  const { listed, state } = desk.system.rooms;
  const instrument = listed.byKey(spec.key);
  const done = (): void => void seen.add(kind);
  if (kind === 'add' && instrument === null && decide(desk, added(spec)).kind === 'decided') {
    quote(desk, add(desk, spec));
    done();
  }
  if (instrument === null) return;
  const held = state.accounts.holding('main', 'manual', spec.key).qty;
  const lots = Number(held / 10n ** BigInt(18 - spec.qtyScale)) / spec.lot;
  switch (kind) {
    case 'retire':
      if (decide(desk, retired(spec.key)).kind !== 'decided') return;
      retire(desk, spec.key);
      return done();
    case 'quote':
      quote(desk, instrument, size * 0.0005);
      return done();
    case 'trade':
      trade(desk, instrument, lotsOf(spec, size * 5000) || 1);
      return done();
    case 'close':
      if (lots !== 0) trade(desk, instrument, -lots);
      return done();
    case 'rest':
      rest(desk, instrument, desk.system.ground.books.bidPrice(instrument, 0) - spec.tick);
      return done();
    case 'cancel':
      for (const { id } of state.orders.open()) {
        const command = { kind: 'cancel', orderId: id, by: 'ann', reason: 'test' } as const;
        desk.system.apply({ kind: 'command', command, correlation: 0 });
      }
      pass(desk);
      return done();
    default:
  }
}

/** Counted since the start, or by a history that was drawn for other instruments. */
const OF_THE_PAST = new Set(['historical_var', 'message_rate', 'order_to_trade']);

/** By name: slots and places differ. */
function numbersOf({ worths, exposure, listed, funds, rates }: Rooms): Record<string, number> {
  const numbers: Record<string, number> = {
    equity: equityOf(worths),
    gross: exposure.gross(),
    net: exposure.net(),
    stress: exposure.stressLoss(),
    'value at risk': exposure.valueAtRisk(),
    'open orders': exposure.openOrders(),
  };
  for (const { scope, limit, used } of exposure.uses()) {
    if (!OF_THE_PAST.has(limit)) numbers[`${scope} ${limit}`] = used;
  }
  for (const one of listed.traded()) {
    numbers[`mark ${one.key}`] = rates.markOf(one);
    for (const side of ['buy', 'sell'] as const) {
      numbers[`free ${side} ${one.key}`] = funds.available('main', one, side);
    }
  }
  return numbers;
}

function assertSame(desk: ListingDesk): void {
  pass(desk);
  const now = numbersOf(desk.system.rooms);
  const fresh = numbersOf(freshOf(desk));
  assert.deepEqual(Object.keys(now).sort(), Object.keys(fresh).sort());
  for (const [name, value] of Object.entries(now)) {
    const other = fresh[name] ?? Number.NaN;
    const isSame = Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(value));
    assert.ok(isSame || Object.is(value, other), `${name}: ${value}, and ${other} in a fresh one`);
  }
}

test('listing: after any coming and going all sums are those of a fresh engine', async (t) => {
  const seen = new Set<string>();
  const specs = POOL.slice(0, 3);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const desk = await openListing(t, { settings: SETTINGS, specs });
      for (const instrument of desk.system.rooms.listed.traded()) quote(desk, instrument);
      for (let k = 0; k < 3; k += 1) pass(desk, 100);
      for (const [k, one] of steps.entries()) {
        take(desk, one, seen);
        if (k % 10 === 9) assertSame(desk);
      }
      assertSame(desk);
      await desk.system.stop('the run is over');
    }),
    { seed: 5, numRuns: 8, includeErrorInReport: true, endOnFailure: true },
  );
  assert.deepEqual([...seen].sort(), [
    'add',
    'cancel',
    'close',
    'quote',
    'rest',
    'retire',
    'trade',
  ]);
});
