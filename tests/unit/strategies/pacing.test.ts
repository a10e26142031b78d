// Owns the cases of pacing: a refused strategy does not flood the journal, and is not silenced.
// Promise: bounds are those pacing.ts states; times are the engine's, nothing waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LimitCode } from '../../../engine/core/decision.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Opened } from '../../../engine/strategies/calls.ts';
import {
  createPacing,
  FLOOD_PER_SECOND,
  REFUSALS_BURST,
  REFUSALS_PER_SECOND,
  SPACING_US_MAX,
} from '../../../engine/strategies/pacing.ts';
import { BTC, type House, inside, openHouse, specOf, TRADED } from '../../strategies-fixture.ts';
import { at, intentOf } from '../../trading-fixture.ts';

const buy = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) } as const;
const sell = { ...buy, side: 'sell', price: asPrice(10_000) } as const;
const eager: Opened = inside((desk) => ({ onBook: () => desk.submit(buy) }));

const refusalsOf = (house: House) => house.facts.filter((fact) => fact.kind === 'refusals');

test('pacing: 1,000 refused updates in ten seconds are a handful of records (S8)', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager });
  house.refusedBy = ['position'];
  for (let n = 0; n < 1000; n += 1) {
    house.tick();
    house.clock(10_000);
  }
  assert.equal(house.intents.length, 7, 'at 0, 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 s');
  house.clock(1_000_000);
  const told = refusalsOf(house);
  assert.equal(
    told.reduce((sum, { count }) => sum + count, 0),
    993,
    'nothing is lost',
  );
  assert.ok(told.length <= 2, `${told.length} facts`);
});

test('pacing: a built-in strategy that a halt does not reach is not called at all (S8)', () => {
  const house = openHouse([specOf('imbalance-taker', { module: 'imbalance-taker' })]);
  house.start();
  house.state = 'halted';
  for (let n = 0; n < 1000; n += 1) house.tick();
  assert.equal(house.intents.length, 0);
  assert.equal(house.facts.length, 1, 'its start');
  house.state = 'active';
  house.tick();
  assert.equal(house.intents.length, 1);
});

test('pacing: an order that goes through ends the spacing, and its counts are told', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager });
  house.refusedBy = ['position'];
  for (let n = 0; n < 5; n += 1) house.tick();
  house.refusedBy = null;
  house.clock(100_000);
  house.tick();
  house.tick();
  assert.equal(house.intents.length, 3);
  assert.deepEqual(refusalsOf(house), [
    {
      kind: 'refusals',
      strategy: 'one',
      instrument: 'BTCUSDT.test',
      limits: ['position'],
      count: 4,
      fromUs: 1_000_000,
      toUs: 1_000_000,
    },
  ]);
});

test('pacing: other reasons are told apart, and begin with the shortest spacing', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager });
  house.refusedBy = ['position', 'gross'];
  house.tick();
  house.tick();
  house.clock(100_000);
  house.refusedBy = ['gross'];
  house.tick();
  assert.deepEqual(
    refusalsOf(house).map(({ limits, count }) => [limits, count]),
    [[['position', 'gross'], 1]],
  );
  house.clock(99_999);
  house.tick();
  assert.equal(house.intents.length, 2);
  house.clock(1);
  house.tick();
  assert.equal(house.intents.length, 3);
});

test('pacing: the way out of a position is open while the way in is refused', () => {
  const house = openHouse([specOf('one')]);
  const both = inside((desk) => ({
    onBook() {
      desk.submit(buy);
      desk.submit(sell);
    },
  }));
  house.start({ one: both });
  house.refusedBy = ['position'];
  house.tick();
  assert.deepEqual(
    house.intents.map(({ side }) => side),
    ['buy', 'sell'],
  );
});

test('pacing: a strategy is told of what was refused and of what was held back', () => {
  const told: string[] = [];
  const house = openHouse([specOf('one')]);
  const one = inside((desk) => ({
    onBook: () => desk.submit({ ...buy, reference: 'a' }),
    onRefused: ({ reference, limits, side }) => void told.push(`${reference} ${side} ${limits}`),
  }));
  house.start({ one });
  house.refusedBy = ['position'];
  house.tick();
  house.tick();
  assert.deepEqual(told, ['a buy position', 'a buy position']);
});

test('pacing: intents beyond the budget are throttled, counted, and no verdict is written', () => {
  const house = openHouse([specOf('one')], { intentsPerSecond: 10, intentsBurst: 5 });
  house.start({ one: eager });
  for (let n = 0; n < 8; n += 1) house.tick();
  assert.equal(house.intents.length, 5);
  house.clock(100_000);
  house.tick();
  house.tick();
  assert.equal(house.intents.length, 6, 'ten a second');
  house.host.stop(house.nowUs as never);
  assert.deepEqual(
    refusalsOf(house).map(({ limits, count }) => [limits, count]),
    [[['throttled'], 4]],
  );
});

test('pacing: refused orders cost tokens as sent ones do', () => {
  const house = openHouse([specOf('one')], { intentsPerSecond: 1, intentsBurst: 2 });
  const both = inside((desk) => ({
    onBook() {
      desk.submit(buy);
      desk.submit(sell);
    },
    onTimer: () => desk.submit({ ...buy, instrument: TRADED[1] }),
  }));
  house.start({ one: both });
  house.refusedBy = ['position'];
  house.tick();
  house.clock(1000);
  assert.equal(house.intents.length, 2);
});

test('pacing: property: whatever is refused when, records stay below the stated rate', () => {
  const seed = 20_261_128;
  const step = fc.record({
    waitUs: fc.integer({ min: 0, max: 50_000 }),
    instrument: fc.constantFrom(...TRADED),
    side: fc.constantFrom('buy', 'sell'),
    limits: fc.constantFrom<readonly LimitCode[]>(['position'], ['gross'], ['gross', 'net']),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 2000 }), (steps) => {
      let records = 0;
      let wanted = 0;
      let counted = 0;
      const pacing = createPacing({
        strategy: 's',
        perSecond: 1e9,
        burst: 1e9,
        record({ count }) {
          records += 1;
          counted += count;
        },
      });
      let nowUs = 0;
      for (const { waitUs, instrument, side, limits } of steps) {
        nowUs += waitUs;
        const intent = intentOf({ instrument, side });
        pacing.advance(nowUs, false);
        wanted += 1;
        if (pacing.admit(intent, nowUs) !== null) continue;
        records += 1;
        counted += 1;
        pacing.onRefused(intent, limits, nowUs);
      }
      pacing.advance(nowUs, true);
      assert.equal(counted, wanted, 'every refused intent is in one record');
      const sides = TRADED.length * 2;
      const bound = REFUSALS_BURST + (nowUs / 1e6) * REFUSALS_PER_SECOND + 3 * sides;
      assert.ok(records <= bound, `${records} records in ${nowUs} us, at most ${bound}`);
    }),
    { seed, numRuns: 200 },
  );
  assert.ok(SPACING_US_MAX <= 5_000_000);
});

test('pacing: one that flooded runs again when a person starts it, and may flood again', () => {
  const house = openHouse([specOf('one')], { intentsPerSecond: 1, intentsBurst: 2 });
  let wishes = 60;
  const flood = inside((desk) => ({
    onBook() {
      for (let n = 0; n < wishes; n += 1) desk.submit(buy);
    },
  }));
  const again = (): void => {
    house.host.command('one', 'start', 'anna', 'mended', at(house.nowUs));
    house.opened('one', flood);
  };
  const state = () => house.slice.get('one')?.state;
  house.start({ one: flood });
  for (let n = 0; n < 20; n += 1) house.tick();
  assert.equal(state(), 'failed');
  again(); // within the same second
  wishes = 1;
  house.tick();
  assert.equal(state(), 'running');
  wishes = 60;
  for (let n = 0; n < 20; n += 1) house.tick();
  assert.equal(state(), 'failed');
  house.clock(3_600_000_000);
  again();
  wishes = 1;
  for (let n = 0; n < 20; n += 1) house.tick();
  assert.equal(state(), 'running');
});

test('pacing: a flood is one only within the second it happened in', () => {
  const pacing = createPacing({ strategy: 'one', perSecond: 1, burst: 1, record: () => undefined });
  for (let n = 0; n <= FLOOD_PER_SECOND; n += 1) pacing.admit(buy, 0);
  assert.equal(pacing.isFlooding(0), false, 'one was within the budget');
  pacing.admit(buy, 999_999);
  assert.equal(pacing.isFlooding(999_999), true);
  assert.equal(pacing.isFlooding(1_000_000), false);
});
