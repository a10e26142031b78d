// Owns the laws of the market generator, followed by the real decoder, feeds and kernel books.
// Promise: whatever the seed, a follower of the frames has the generator's own book.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { knownInstrument } from '../../../engine/venues/binance/catalogue.ts';
import {
  TEST_INSTRUMENTS_MAX,
  testInstruments,
} from '../../../engine/venues/binance/test-instruments.ts';
import { createGenerator, type Generator } from '../../../engine/venues/generated/generator.ts';
import type { Scenario } from '../../../engine/venues/generated/world.ts';
import { createDesk, type Desk } from '../../market-fixture.ts';

const instruments = listInstruments(
  [
    knownInstrument('binance-usdm', 'BTCUSDT'),
    knownInstrument('binance-spot', 'BTCUSDT'),
    knownInstrument('binance-coinm', 'BTCUSD_PERP'),
    knownInstrument('binance-usdm', 'XRPUSDT'),
    knownInstrument('binance-spot', 'DOGEUSDT'),
    knownInstrument('binance-coinm', 'DOTUSD_PERP'),
  ].filter((spec) => spec !== null),
);
const START = 1723161255e6;
const scenarios: readonly Scenario[] = ['mixed', 'calm', 'crash'];

interface Followed {
  readonly desk: Desk;
  readonly generator: Generator;
  follow(toUs: number): void;
}

function follow(seed: string, scenario: Scenario): Followed {
  const generator = createGenerator({ seed, instruments, startUs: START, scenario });
  const desk = createDesk(instruments, 256);
  for (const instrument of instruments) {
    const answer = desk.take(generator.snapshot(instrument), instrument, START);
    assert.equal(answer.kind, 'synchronised');
  }
  let lastUs = START;
  const take = (receiveUs: number, frame: string, instrument: Instrument): void => {
    assert.ok(receiveUs >= lastUs, 'frames come in order of time');
    lastUs = receiveUs;
    const outcome = desk.take(frame, instrument, receiveUs);
    assert.deepEqual([outcome.kind, outcome.reason], ['applied', 'in_sequence'], frame);
  };
  return { desk, generator, follow: (toUs) => generator.advance(toUs, take) };
}

test('generator: a follower has its top of book, uncrossed, in every scenario', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...scenarios), (seed, scenario) => {
      const { desk, generator, follow: run } = follow(seed, scenario);
      for (let second = 1; second <= 3; second += 1) {
        run(START + second * 1e6);
        for (const instrument of instruments) {
          const { books } = desk;
          const got = { bid: books.bidPrice(instrument, 0), ask: books.askPrice(instrument, 0) };
          assert.deepEqual(got, generator.top(instrument), instrument.key);
          assert.ok(got.bid > 0 && got.bid < got.ask);
        }
      }
      const { compared, mismatched } = desk.market.crossCheck.total();
      assert.ok(compared > 50);
      assert.equal(mismatched, 0);
    }),
    { seed: 20240808, numRuns: 12 },
  );
});

test('generator: a crash falls by a tenth and more, and no book crosses on the way', () => {
  const { desk, generator, follow: run } = follow('crash', 'crash');
  const [btc] = instruments as [Instrument];
  const before = generator.top(btc).bid;
  run(START + 85e6);
  const fall = generator.top(btc).bid / before - 1;
  assert.ok(fall < -0.08 && fall > -0.2, `fell ${fall}`);
  assert.equal(desk.market.stats.crossed, 0);
  assert.equal(desk.books.bidPrice(btc, 0), generator.top(btc).bid);
});

test('generator: the whole book of a follower equals a later snapshot', () => {
  const { desk, generator, follow: run } = follow('whole', 'mixed');
  run(START + 20e6);
  const fresh = createDesk(instruments, 256);
  for (const instrument of instruments) {
    fresh.take(generator.snapshot(instrument), instrument);
    const levels = (books: Desk['books']): number[][] =>
      Array.from({ length: books.bidCount(instrument) }, (_, k) => [
        books.bidPrice(instrument, k),
        books.bidQty(instrument, k),
        books.askPrice(instrument, k),
        books.askQty(instrument, k),
      ]);
    assert.equal(desk.books.askCount(instrument), fresh.books.askCount(instrument));
    assert.deepEqual(levels(desk.books), levels(fresh.books), instrument.key);
  }
});

test('generator: a late joiner synchronises on a snapshot and the frames it buffered', () => {
  const generator = createGenerator({ seed: 'late', instruments, startUs: START });
  const desk = createDesk(instruments, 256);
  generator.advance(START + 1e6, (us, frame, instrument) => desk.take(frame, instrument, us));
  const books = instruments.map((instrument) => generator.snapshot(instrument));
  generator.advance(START + 2e6, (us, frame, instrument) => desk.take(frame, instrument, us));
  for (const [k, instrument] of instruments.entries()) {
    assert.equal(desk.take(books[k] ?? '', instrument).kind, 'synchronised');
    assert.equal(desk.books.bidPrice(instrument, 0), generator.top(instrument).bid);
  }
});

function digest(seed: string, steps: number): string {
  const hash = createHash('sha256');
  const generator = createGenerator({ seed, instruments, startUs: START });
  for (let k = 1; k <= steps; k += 1) {
    generator.advance(START + (k * 3e6) / steps, (us, frame) => hash.update(`${us} ${frame}\n`));
  }
  return hash.digest('hex');
}

test('generator: the same seed gives the same bytes, however time is cut; another does not', () => {
  assert.equal(digest('a', 1), digest('a', 97));
  assert.notEqual(digest('a', 1), digest('b', 1));
});

test('generator: imbalance at the top leans the way the mid goes in the next second', () => {
  const { desk, follow: run } = follow('lean', 'calm');
  const [btc] = instruments as [Instrument];
  const path: { readonly mid: number; readonly lean: number }[] = [];
  for (let k = 1; k <= 1200; k += 1) {
    run(START + k * 1e5);
    const { books } = desk;
    const bid = books.bidQty(btc, 0);
    const ask = books.askQty(btc, 0);
    const mid = books.bidPrice(btc, 0) + books.askPrice(btc, 0);
    path.push({ mid, lean: (bid - ask) / (bid + ask) });
  }
  const moved = path.slice(0, -10).flatMap(({ mid, lean }, k) => {
    const move = (path[k + 10]?.mid ?? mid) - mid;
    return move === 0 || Math.abs(lean) < 0.3 ? [] : [Math.sign(move) === Math.sign(lean)];
  });
  const share = moved.filter(Boolean).length / moved.length;
  assert.ok(moved.length > 200, String(moved.length));
  assert.ok(share > 0.6 && share < 0.95, `right in ${share}`);
});

test('generator: a thousand instruments are followed, each at a price of its own tick', () => {
  const many = listInstruments(testInstruments(TEST_INSTRUMENTS_MAX));
  const generator = createGenerator({ seed: 'many', instruments: many, startUs: START });
  const desk = createDesk(many, 256);
  for (const instrument of many) desk.take(generator.snapshot(instrument), instrument, START);
  let lastUs = START;
  generator.advance(START + 300_000, (us, frame, instrument) => {
    assert.ok(us >= lastUs, 'frames come in order of time');
    lastUs = us;
    assert.equal(desk.take(frame, instrument, us).kind, 'applied', instrument.key);
  });
  for (const instrument of many) {
    const { bid, ask } = generator.top(instrument);
    assert.equal(desk.books.bidPrice(instrument, 0), bid);
    assert.ok(bid > 0 && (ask - bid) / bid < 0.01, instrument.key);
    assert.ok(
      instrument.tick / bid < 0.002,
      `${instrument.key}: a tick is ${instrument.tick / bid}`,
    );
  }
});
