// Owns the cases of a strategy's life: started, stopped, reloaded, saved, found after a crash.
// Promise: a restart is a new host on a slice folded from the facts of the old one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../../engine/core/json.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Opened } from '../../../engine/strategies/calls.ts';
import {
  createStrategies,
  INSTANCES_KEPT,
  type Strategies,
  strategiesSizeMax,
} from '../../../engine/strategies/strategies-slice.ts';
import { SAVED_BYTES_MAX, type Strategy } from '../../../engine/strategies/strategy.ts';
import { BTC, type House, inside, openHouse, specOf, TRADED } from '../../strategies-fixture.ts';
import { at } from '../../trading-fixture.ts';

const wish = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) } as const;
const eager = (hash = 'h1'): Opened =>
  inside((desk) => ({ onBook: () => desk.submit(wish) }), hash);
const throwing = (hash = 'h1'): Opened =>
  inside(
    () => ({
      onBook() {
        throw new Error('broken');
      },
    }),
    hash,
  );

/** The slice a successor recovers: every fact folded again. */
function recovered(house: House): Strategies {
  const slice = createStrategies();
  for (const fact of house.facts) slice.fold(fact, house.nowUs);
  return slice;
}

const ask = (house: House, action: 'start' | 'stop' | 'reload', by = 'anna', reason = 'because') =>
  house.host.command('one', action, by, reason, at(house.nowUs));

test('life: what a person stopped stays stopped over a restart, until a person starts it', () => {
  const first = openHouse([specOf('one')]);
  first.start({ one: eager() });
  first.tick();
  assert.deepEqual(ask(first, 'stop'), { kind: 'done' });
  assert.deepEqual(first.takenBack, [{ strategy: 'one', reason: 'stopped by anna: because' }]);
  first.tick();
  assert.equal(first.intents.length, 1);
  const second = openHouse([specOf('one')], { slice: recovered(first) });
  second.start({ one: eager() });
  second.tick();
  assert.equal(second.intents.length, 0);
  assert.deepEqual(ask(second, 'start'), { kind: 'starting' });
  assert.deepEqual(second.opening, ['one']);
  second.opened('one', eager());
  second.tick();
  assert.equal(second.intents.length, 1);
  assert.deepEqual(
    [second.slice.get('one')?.state, second.slice.get('one')?.by],
    ['running', 'anna'],
  );
});

test('life: what failed stays failed over a restart, until its file is another one', () => {
  const first = openHouse([specOf('one')]);
  first.start({ one: throwing() });
  first.tick();
  assert.equal(first.slice.get('one')?.state, 'failed');
  const same = openHouse([specOf('one')], { slice: recovered(first) });
  same.start({ one: eager('h1') });
  same.tick();
  assert.equal(same.intents.length, 0);
  const mended = openHouse([specOf('one')], { slice: recovered(first) });
  mended.start({ one: eager('h2') });
  mended.tick();
  assert.equal(mended.intents.length, 1);
});

test('life: what could not be opened is tried again at the next start', () => {
  const gone: Opened = { kind: 'not_opened', moduleHash: 'h1', reason: 'no such file' };
  const first = openHouse([specOf('one')]);
  first.start({ one: gone });
  assert.deepEqual(
    [first.slice.get('one')?.state, first.slice.get('one')?.reason],
    ['failed', 'no such file'],
  );
  const second = openHouse([specOf('one')], { slice: recovered(first) });
  second.start({ one: eager('h1') });
  assert.equal(second.slice.get('one')?.state, 'running');
});

test('life: an instance that is configured no more leaves no order behind', () => {
  const first = openHouse([specOf('one')]);
  first.start({ one: eager() });
  const second = openHouse([specOf('other')], { slice: recovered(first) });
  second.start({ other: eager() });
  assert.deepEqual(second.takenBack, [{ strategy: 'one', reason: 'its strategy does not run' }]);
  assert.equal(second.slice.get('one')?.state, 'stopped');
  const third = openHouse([specOf('one')], { slice: recovered(second) });
  third.start({ one: eager() });
  assert.equal(third.slice.get('one')?.state, 'running', 'configured again, it runs again');
});

test('life: what is saved is found again after a crash, at most ten seconds old', () => {
  const counting = (loaded: Json[]): Opened => {
    let books = 0;
    return inside(() => ({
      load: (saved) => void loaded.push(saved),
      onBook() {
        books += 1;
      },
      save: () => ({ books }),
    }));
  };
  const first = openHouse([specOf('one')]);
  first.start({ one: counting([]) });
  first.tick();
  first.clock(9_999_999);
  assert.equal(first.slice.get('one')?.saved, null);
  first.clock(1);
  assert.deepEqual(first.slice.get('one')?.saved, { books: 1 });
  first.clock(10_000_000);
  assert.equal(first.facts.filter(({ kind }) => kind === 'strategy_saved').length, 1, 'no change');
  const loaded: Json[] = [];
  const second = openHouse([specOf('one')], { slice: recovered(first) });
  second.start({ one: counting(loaded) });
  assert.deepEqual(loaded, [{ books: 1 }]);
});

test('life: the end of a run saves, and the next run starts it again', () => {
  const calls: string[] = [];
  const one = (): Opened =>
    inside((desk) => ({
      onStart: () => void calls.push('start'),
      onStop() {
        calls.push('stop');
        desk.submit(wish);
      },
      save: () => 'last words',
    }));
  const first = openHouse([specOf('one')]);
  first.start({ one: one() });
  first.host.stop(at(first.nowUs));
  assert.deepEqual(
    [first.slice.get('one')?.saved, first.slice.get('one')?.state],
    ['last words', 'running'],
  );
  assert.equal(first.intents.length, 0, 'what it asks for at the end is not sent');
  const second = openHouse([specOf('one')], { slice: recovered(first) });
  second.start({ one: one() });
  assert.deepEqual(calls, ['start', 'stop', 'start']);
});

const UNSAVABLE: readonly (readonly [string, unknown, RegExp])[] = [
  ['NaN', { deep: [Number.NaN] }, /save\(\).deep\[0\] is NaN, which JSON cannot say/],
  ['a map', new Map(), /save\(\) is a object, not plain JSON/],
  ['a function', { f: () => 1 }, /save\(\).f is a function/],
  ['too much', 'x'.repeat(SAVED_BYTES_MAX), /16386 bytes of JSON, at most 16384/],
];
for (const [what, saved, text] of UNSAVABLE) {
  test(`life: ${what} is not saved in silence`, () => {
    const house = openHouse([specOf('one')]);
    house.start({ one: inside(() => ({ save: () => saved as Json })) });
    house.host.save(at(house.nowUs));
    assert.match(house.slice.get('one')?.reason ?? '', text);
    assert.equal(house.slice.get('one')?.state, 'failed');
  });
}

test('life: exactly as many bytes as may be saved are saved', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: inside(() => ({ save: () => 'x'.repeat(SAVED_BYTES_MAX - 2) })) });
  house.host.save(at(house.nowUs));
  assert.equal(house.slice.savedText('one').length, SAVED_BYTES_MAX);
});

test('life: a reload takes the new text and keeps the orders; one that does not open fails', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager() });
  house.tick();
  ask(house, 'reload');
  house.tick();
  assert.equal(house.intents.length, 1, 'nobody runs while it is opened');
  const held: number[] = [];
  const next: Opened = inside((desk) => ({
    onStart: () => void held.push(desk.openOrders().length),
  }));
  house.opened('one', next);
  assert.deepEqual([held, house.takenBack], [[1], []]);
  ask(house, 'reload');
  const broken: Opened = { kind: 'not_opened', moduleHash: 'h3', reason: 'no export' };
  house.opened('one', broken);
  assert.equal(house.slice.get('one')?.state, 'failed');
  assert.equal(house.takenBack.length, 1);
});

test('life: a module that opens after its instance was stopped is not started', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager() });
  ask(house, 'reload');
  ask(house, 'stop');
  house.opened('one', eager());
  house.tick();
  assert.equal(house.intents.length, 0);
});

test('life: a module that opens after the end of the run is not started', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager() });
  assert.deepEqual(ask(house, 'reload'), { kind: 'starting' });
  house.host.stop(at(house.nowUs));
  house.opened('one', eager('h2'));
  house.tick();
  assert.equal(house.intents.length, 0);
  assert.equal(ask(house, 'start').kind, 'failed');
});

test('life: a command for nobody is not found, and a built-in one is started at once', () => {
  const spec = specOf('one', { module: 'imbalance-taker', parameters: { threshold: 2 } });
  const house = openHouse([spec]);
  assert.deepEqual(house.host.command('two', 'stop', 'anna', '', at(0)), { kind: 'not_found' });
  house.start();
  assert.deepEqual(ask(house, 'start'), {
    kind: 'failed',
    reason: 'parameters.threshold must be a number from 0 to 1, not 2',
  });
});

test('life: news of an earlier worker are nobody’s', () => {
  const house = openHouse([specOf('one')]);
  const posted: number[] = [];
  const left: number[] = [];
  const ended: number[] = [];
  const isolated = (life: number): Opened => ({
    kind: 'isolated',
    moduleHash: 'h',
    life,
    instruments: TRADED,
    link: {
      post: () => void posted.push(life),
      leave: () => void left.push(life),
      end: () => void ended.push(life),
    },
  });
  house.start({ one: isolated(1) });
  ask(house, 'reload');
  house.opened('one', isolated(2));
  house.host.onNews('one', { kind: 'gone', life: 1, reason: 'old' }, at(house.nowUs));
  house.host.onNews('one', { kind: 'answer', life: 1, answer: 'old' }, at(house.nowUs));
  assert.deepEqual([posted, left, ended], [[1, 2], [1], []]);
  assert.equal(house.slice.get('one')?.state, 'running');
  house.host.onNews('one', { kind: 'answer', life: 2, answer: { number: 7 } }, at(house.nowUs));
  assert.match(house.slice.get('one')?.reason ?? '', /an answer to batch 7, which was not asked/);
  assert.deepEqual(ended, [2]);
});

test('life: of two openings the one asked for last runs, whichever is done first', () => {
  const house = openHouse([specOf('one')]);
  const numbers: number[] = [];
  house.open = (_spec, number) => void numbers.push(number);
  const ended: string[] = [];
  const version = (moduleHash: string): Opened => ({
    ...{ kind: 'isolated', moduleHash, life: 1, instruments: TRADED },
    link: {
      post: () => undefined,
      leave: () => void ended.push(moduleHash),
      end: () => void ended.push(moduleHash),
    },
  });
  const done = (opening: number, hash: string): void => {
    const opened = version(hash);
    house.host.onNews('one', { kind: 'opened', opening, opened }, at(house.nowUs));
  };
  const running = () => [house.slice.get('one')?.state, house.slice.get('one')?.moduleHash];
  house.start({ one: eager() });
  ask(house, 'reload');
  ask(house, 'reload');
  const [older = 0, newer = 0] = numbers;
  assert.notEqual(older, newer);
  done(newer, 'new');
  done(older, 'old');
  assert.deepEqual([running(), ended], [['running', 'new'], ['old']]);
  ask(house, 'reload');
  ask(house, 'stop');
  ask(house, 'start');
  done(numbers[2] ?? 0, 'stopped meanwhile');
  assert.deepEqual(ended, ['old', 'new', 'stopped meanwhile']);
  done(numbers[3] ?? 0, 'newest');
  assert.deepEqual(running(), ['running', 'newest']);
});

test('strategies slice: folded and loaded are the same by hash after every fact', () => {
  const house = openHouse([specOf('one'), specOf('two')]);
  const saving = (): Opened => {
    let n = 0;
    return inside(
      (): Strategy => ({
        onTimer() {
          n += 1;
        },
        save: () => ({ b: n, a: [n] }),
      }),
    );
  };
  house.start({ one: saving(), two: throwing() });
  house.tick();
  house.clock(10_000_000);
  ask(house, 'stop');
  const folded = createStrategies();
  for (const fact of house.facts) {
    folded.fold(fact, 1);
    const loaded = createStrategies();
    loaded.load(JSON.parse(JSON.stringify(folded.save())));
    assert.equal(loaded.hash(), folded.hash());
    assert.equal(loaded.savedText('one'), folded.savedText('one'));
  }
  assert.equal(folded.get('one')?.state, 'stopped');
  assert.deepEqual(folded.get('one')?.saved, { a: [1], b: 1 });
});

const stateFact = (name: string, state: 'running' | 'stopped' | 'failed', by: string) =>
  ({ kind: 'strategy', name, state, by, module: 'm', moduleHash: '', reason: '' }) as const;

test('strategies slice: what a person stopped outlives names that nobody configures', () => {
  const slice = createStrategies();
  let us = 0;
  const fold = (...fact: Parameters<typeof stateFact>): void => {
    us += 1;
    slice.fold(stateFact(...fact), us);
  };
  fold('mine', 'running', 'configuration');
  fold('broken', 'running', 'configuration');
  for (let n = 0; n < INSTANCES_KEPT - 2; n += 1) fold(`old${n}`, 'running', 'configuration');
  fold('mine', 'stopped', 'anna');
  fold('broken', 'failed', 'host');
  for (let n = 0; n < INSTANCES_KEPT - 2; n += 1) fold(`old${n}`, 'stopped', 'configuration');
  for (let n = 0; n < 10 * INSTANCES_KEPT; n += 1) {
    fold(`new${n}`, 'running', 'configuration');
    fold(`new${n}`, 'stopped', 'configuration');
  }
  const kept = slice.save();
  assert.equal(kept.length, INSTANCES_KEPT);
  assert.deepEqual(
    ['mine', 'broken'].map((name) => slice.get(name)?.state),
    ['stopped', 'failed'],
  );
  for (let n = 0; n < INSTANCES_KEPT - 1; n += 1) fold(`live${n}`, 'running', 'configuration');
  assert.equal(slice.get('mine')?.state, 'stopped', 'a failed one is forgotten before it');
  assert.equal(slice.get('broken'), null);
});

test('strategies slice: the oldest is the one that changed longest ago, not first seen', () => {
  const slice = createStrategies();
  for (let n = 0; n < INSTANCES_KEPT; n += 1) slice.fold(stateFact(`s${n}`, 'stopped', 'anna'), n);
  slice.fold(stateFact('s0', 'stopped', 'ben'), 100);
  slice.fold(stateFact('next', 'running', 'configuration'), 101);
  assert.deepEqual([slice.get('s0')?.by, slice.get('s1')], ['ben', null]);
});

test('strategies slice: the oldest stopped one is forgotten, its largest text is known', () => {
  const slice = createStrategies();
  const base = { module: 'm'.repeat(1024), moduleHash: 'h'.repeat(64), by: 'x'.repeat(64) };
  const reason = 'r'.repeat(1000);
  for (let n = 0; n < INSTANCES_KEPT + 2; n += 1) {
    const name = `s${n}`.padEnd(48, 'x');
    slice.fold(
      { kind: 'strategy', name, state: n === 0 ? 'running' : 'stopped', reason, ...base },
      n,
    );
    slice.fold({ kind: 'strategy_saved', name, saved: 'y'.repeat(SAVED_BYTES_MAX - 2) }, n);
  }
  const kept = slice.save();
  assert.deepEqual(
    [kept.length, kept[0]?.name[1], kept[1]?.name.slice(0, 2)],
    [INSTANCES_KEPT, '0', 's3'],
  );
  assert.ok(JSON.stringify(kept).length <= strategiesSizeMax());
  assert.throws(() => slice.load({} as never), /must be a list/);
});
