// Owns the simulation of the guard on generated markets: calm weather trips nothing, a crash does.
// Promise: one seed decides market, fills and refusals; ten minutes of virtual time in seconds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../engine/core/instrument.ts';
import { createRandom } from '../../engine/core/random.ts';
import { powerOfTen } from '../../engine/core/units.ts';
import type { Fact } from '../../engine/facts/fact.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { planReduction, type Reduction, type ReductionOrder } from '../../engine/risk/reduction.ts';
import { testInstruments } from '../../engine/venues/binance/test-instruments.ts';
import { createGenerator, type Generator } from '../../engine/venues/generated/generator.ts';
import type { Scenario } from '../../engine/venues/generated/world.ts';
import { START_US } from '../engine-fixture.ts';
import { type GuardDesk, openGuard } from '../guard-fixture.ts';
import { at } from '../trading-fixture.ts';

const CLOCK_US = 100_000;
const EQUITY = 1_000_000;

interface Run {
  readonly desk: GuardDesk;
  readonly generator: Generator;
  readonly instruments: readonly Instrument[];
  readonly journal: { readonly us: number; readonly body: Fact }[]; // us from the start
  readonly mids: Float64Array;
  nowUs: number;
}

function openRun(seed: string, scenario: Scenario, instruments: readonly Instrument[]): Run {
  const names = {
    portfolios: ['main'],
    strategies: ['test'],
    venues: [...new Set(instruments.map(({ venue }) => venue))],
    instruments,
  };
  const desk = openGuard({ names });
  for (const instrument of instruments) desk.guard.onBook(instrument, true, at(START_US));
  return {
    desk,
    generator: createGenerator({ seed, instruments, startUs: START_US, scenario }),
    instruments,
    journal: [],
    mids: new Float64Array(instruments.length).fill(Number.NaN),
    nowUs: START_US,
  };
}

/** A tenth of a second: marks of every instrument, then a clock. */
function tick(run: Run): void {
  const { desk, generator, mids } = run;
  run.nowUs += CLOCK_US;
  generator.advance(run.nowUs, () => undefined);
  for (const instrument of run.instruments) {
    const { bid, ask } = generator.top(instrument);
    const mid = (bid + ask) / 2 / powerOfTen(instrument.priceScale);
    mids[instrument.index] = mid;
    desk.guard.onMark(instrument, mid, at(run.nowUs));
  }
  desk.guard.advance(at(run.nowUs));
  keep(run);
}

function keep({ desk, journal, nowUs }: Run): void {
  for (const body of desk.records.splice(0)) journal.push({ us: nowUs - START_US, body });
}

for (const seed of ['1', '2']) {
  test(`guard: ten minutes of a mixed market trip nothing at the defaults (seed ${seed})`, () => {
    const run = openRun(seed, 'mixed', listInstruments(testInstruments(20)));
    while (run.nowUs < START_US + 600e6) {
      tick(run);
      run.desk.guard.onEquity(EQUITY, 0, at(run.nowUs));
    }
    assert.deepEqual(run.journal, []);
    assert.deepEqual(new Set(run.desk.states.values()), new Set(['active']));
    assert.ok(run.mids.every((mid) => mid > 0));
  });
}

test('guard: in a crash every instrument trips as it falls, and closes again after it', () => {
  const run = openRun('7', 'crash', listInstruments(testInstruments(20)));
  while (run.nowUs < START_US + 240e6) tick(run);
  const trips = run.journal.flatMap(({ us, body }) =>
    body.kind === 'breaker' && body.from === 'closed' ? [{ us, ...body }] : [],
  );
  assert.deepEqual(new Set(trips.map(({ breaker }) => breaker)), new Set(['volatility']));
  assert.equal(new Set(trips.map(({ scope }) => scope)).size, run.instruments.length);
  for (const { us, scope } of trips) {
    assert.ok(us > 20e6 && us < 80e6, `${scope} tripped after ${us / 1e6} s`);
  }
  assert.deepEqual(new Set(run.desk.states.values()), new Set(['active']));
});

// ---- A long book in the crash ----------------------------------------------------------------

interface Book extends Run {
  readonly qty: Float64Array; // steps by instrument
  readonly entry: Float64Array;
  readonly fills: ReturnType<typeof createRandom>;
  waiting: ReductionOrder[];
  realised: number;
  readonly counts: { refused: number; partly: number };
}

const multipleOf = ({ qtyScale, multiplier }: Instrument): number =>
  multiplier / powerOfTen(qtyScale);

/** Long `leverage` times the equity, in equal parts. */
function openBook(run: Run, leverage: number, seed: string): Book {
  const { instruments, mids, desk } = run;
  tick(run);
  const qty = new Float64Array(instruments.length);
  for (const instrument of instruments) {
    const { index } = instrument;
    const steps = (leverage * EQUITY) / instruments.length / mids[index]! / multipleOf(instrument);
    qty[index] = Math.floor(steps / instrument.lot) * instrument.lot;
    desk.held.set(`system ${instrument.key}`, qty[index]!);
  }
  const fills = createRandom(`${seed}/fills`);
  const counts = { refused: 0, partly: 0 };
  return { ...run, qty, entry: mids.slice(), fills, waiting: [], realised: 0, counts };
}

const equityOf = ({ instruments, qty, entry, mids, realised }: Book): number =>
  instruments.reduce(
    (sum, one) => sum + qty[one.index]! * multipleOf(one) * (mids[one.index]! - entry[one.index]!),
    EQUITY + realised,
  );

// The venue refuses some orders, and fills of others the half that it has; nothing is left open.
function fillWaiting(book: Book): void {
  for (const { instrument, side, qty } of book.waiting.splice(0)) {
    assert.equal(side, 'sell');
    const luck = book.fills.uniform();
    if (luck < 0.1) {
      book.counts.refused += 1;
      continue;
    }
    const isPartly = luck < 0.3;
    if (isPartly) book.counts.partly += 1;
    const filled = isPartly ? Math.floor(qty / 2 / instrument.lot) * instrument.lot : qty;
    const { index } = instrument;
    book.qty[index] = book.qty[index]! - filled;
    assert.ok(book.qty[index]! >= 0, `${instrument.key} never flips`);
    book.desk.held.set(`system ${instrument.key}`, book.qty[index]!);
    const gain = book.mids[index]! - book.entry[index]!;
    book.realised += filled * multipleOf(instrument) * gain;
  }
}

function plan(book: Book, reduction: Reduction): readonly ReductionOrder[] {
  const holdings = book.instruments.map((instrument) => {
    const qty = book.qty[instrument.index]!;
    return {
      account: 'main',
      instrument,
      qty,
      openReducing: 0,
      orderQtyMin: instrument.lot,
      owners: [{ account: 'main', strategy: 'test', qty }],
      unitNotional: book.mids[instrument.index]! * instrument.multiplier,
      orderNotionalMax: 100_000,
      orderQtyMax: 1e9,
      collar: 0.02,
    };
  });
  return planReduction(holdings, reduction);
}

function live(book: Book, seconds: number): number {
  let worst = 0;
  while (book.nowUs < START_US + seconds * 1e6) {
    tick(book);
    fillWaiting(book);
    const equity = equityOf(book);
    worst = Math.max(worst, 1 - equity / EQUITY);
    book.desk.guard.onEquity(equity, 0, at(book.nowUs));
    for (const reduction of book.desk.guard.reductions(at(book.nowUs))) {
      const orders = plan(book, reduction);
      const outcome = { gross: 0, target: 0, orders: orders.length, refused: 0 };
      book.desk.guard.reductionDone(reduction, outcome, at(book.nowUs));
      book.waiting.push(...orders);
    }
    keep(book);
  }
  return worst;
}

// Linear instruments only, so that the book's worth is a sum of products.
const linears = (): readonly Instrument[] =>
  listInstruments(testInstruments(26).filter(({ kind }) => kind === 'linear'));

const levels = (book: Book): string[] =>
  book.journal.flatMap(({ body }) =>
    body.kind === 'drawdown' && body.scope === 'system' ? [`${body.from}>${body.to}`] : [],
  );

test('guard: a book as large as equity is reduced in steps before the hard drawdown', () => {
  const book = openBook(openRun('7', 'crash', linears()), 1, '7');
  const worst = live(book, 90);
  assert.deepEqual(levels(book), ['normal>warning']);
  const steps = book.journal.flatMap(({ body }) => (body.kind === 'reduction' ? [body] : []));
  assert.deepEqual(new Set(steps.map(({ step }) => step)), new Set([1, 2, 3, 4]));
  assert.ok(worst >= 0.03 && worst < 0.05, `lost ${worst}`);
  assert.ok(
    book.qty.every((qty, index) => qty < book.instruments[index]!.lot),
    'flat',
  );
  assert.ok(book.counts.refused > 0 && book.counts.partly > 0, 'the venue was difficult');
});

test('guard: a book of three times equity is closed at the hard drawdown and stays halted', () => {
  const book = openBook(openRun('8', 'crash', linears()), 3, '8');
  const worst = live(book, 90);
  assert.deepEqual(levels(book), ['normal>warning', 'warning>halted']);
  assert.ok(worst >= 0.05 && worst < 0.07, `lost ${worst}`);
  assert.ok(
    book.qty.every((qty, index) => qty < book.instruments[index]!.lot),
    'flat',
  );
  assert.equal(book.desk.guard.tradingState(), 'halted');
});
