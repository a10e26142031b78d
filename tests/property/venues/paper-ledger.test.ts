// Owns the law between paper venue and ledger: two arithmetics, one amount of money.
// Promise: the ledger hears nothing but the venue's reports; every balance agrees exactly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Accounts, createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import { formatAmount, parseAmount } from '../../../engine/accounts/amount.ts';
import { decideFill } from '../../../engine/accounts/fill.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Levels } from '../../trading-fixture.ts';
import { at, inverse, openVenue, perpetual, spot, type VenueDesk } from '../../venue-fixture.ts';

const DEPOSIT = '1000000';
const step = fc.record({
  which: fc.integer({ min: 0, max: 2 }),
  buys: fc.boolean(),
  mid: fc.integer({ min: 700, max: 1300 }),
  qty: fc.integer({ min: 1, max: 60 }),
});

const RATES = { rateOf: () => 1 };
const kept = (instrument: Instrument): Instrument => ({ ...instrument, tick: asPrice(1) });
const INSTRUMENTS = [perpetual, inverse, { ...spot, lot: asQty(1) }].map(kept);

type Step = typeof step extends fc.Arbitrary<infer A> ? A : never;

const instruments = INSTRUMENTS.map((one) => ({
  ...one,
  rules: { ...one.rules, minQty: asQty(1), marketLot: asQty(1), maintenanceMargin: 0 },
}));

/** Takers on books that jump: every fill has a price and a size of its own. */
function trade(steps: readonly Step[]): VenueDesk {
  const desk = openVenue({ instruments });
  for (const [k, { which, buys, mid, qty }] of steps.entries()) {
    const instrument = instruments[which];
    assert.ok(instrument !== undefined);
    const [bid, ask] = [mid * 10 + 3, mid * 10 + 7];
    const levels = (best: number, next: number): Levels => [
      [best, 25],
      [next, 99],
    ];
    desk.book(levels(bid, bid - 9), levels(ask, ask + 9), k + 1, instrument);
    const price = asPrice(buys ? ask + 9 : bid - 9);
    const side = buys ? 'buy' : 'sell';
    desk.send({ instrument, side, price, qty: asQty(qty), timeInForce: 'IOC' }, `c${k}`, k + 1);
  }
  return desk;
}

/** What the engine makes of the fills it is told, with no deposit. */
function bookFills({ heard }: VenueDesk): Accounts {
  const ledger = createAccounts();
  for (const report of heard) {
    if (report.kind !== 'fill') continue;
    const { order } = report;
    assert.ok(order !== undefined);
    const { instrument, account, side, orderId: id } = order;
    const known = { id, instrument, account, side, strategy: 'test' };
    ledger.fold(decideFill(ledger, known, report, RATES), at(report.timeUs));
  }
  return ledger;
}

const exact = (text: string): bigint => {
  const amount = parseAmount(text);
  assert.ok(amount !== null);
  return amount;
};

function compare(desk: VenueDesk, ledger: Accounts, instrument: Instrument): void {
  const { venue, base, quote, settle, kind, key } = instrument;
  for (const asset of kind === 'spot' ? [base, quote] : [settle]) {
    const moved = exact(desk.venue.balance('main', venue, asset)) - exact(DEPOSIT);
    assert.equal(formatAmount(moved), formatAmount(ledger.balance('main', venue, asset)), asset);
  }
  if (kind === 'spot') return;
  const told = desk.venue.save().positions.find((one) => one.instrument === key);
  assert.equal(told?.cost ?? '0', formatAmount(ledger.position('main', key).cost), key);
}

test('paper and ledger: after any fills every balance and position is the same', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const desk = trade(steps);
      const ledger = bookFills(desk);
      for (const instrument of instruments) compare(desk, ledger, instrument);
    }),
    { seed: 8, numRuns: 300 },
  );
});
