// Owns the cases of the host: whose order is whose, who stops, and what the others notice of it.
// Promise: two strategies and a person trade one instrument; each hears of its own only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Order } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Opened } from '../../../engine/strategies/calls.ts';
import { createStrategies } from '../../../engine/strategies/strategies-slice.ts';
import type { Desk, Strategy, View, Wish } from '../../../engine/strategies/strategy.ts';
import {
  BTC,
  ETH,
  type House,
  inside,
  openHouse,
  signalOf,
  specOf,
} from '../../strategies-fixture.ts';
import { at, fillOf, intentOf } from '../../trading-fixture.ts';

const wish = (parts: Partial<Wish> = {}): Wish => ({
  instrument: BTC,
  side: 'buy',
  qty: asQty(10),
  price: asPrice(9_990),
  ...parts,
});

/** Buys on every book. */
const eager = (parts: Partial<Wish> = {}): Opened =>
  inside((desk) => ({ onBook: () => desk.submit(wish(parts)) }));

const byHand = (house: House): Order =>
  house.place(
    intentOf({ instrument: BTC, strategy: 'manual', origin: { kind: 'api', key: 'anna' } }),
  );

const statesOf = (house: House): readonly string[] =>
  house.facts.flatMap((fact) =>
    fact.kind === 'strategy' ? [`${fact.name} ${fact.state} by ${fact.by}: ${fact.reason}`] : [],
  );

test('host: two strategies and a person on one instrument each see their own orders only', () => {
  const house = openHouse([specOf('one'), specOf('two')]);
  const seen: Record<string, string[]> = { one: [], two: [] };
  const watcher = (name: string): Opened =>
    inside((desk) => ({
      onBook(view) {
        if (view.openOrders.length === 0) desk.submit(wish({ reference: 'only' }));
      },
      onOrder: (order) => seen[name]?.push(`${order.id} ${order.state}`),
      onFill: (fill, order) => seen[name]?.push(`${order.id} fill ${fill.fillId}`),
    }));
  house.start({ one: watcher('one'), two: watcher('two') });
  const hand = byHand(house);
  house.holdings.set('manual BTCUSDT.test', 500);
  house.holdings.set('two BTCUSDT.test', -7);
  house.tick();
  house.tick();
  const [first, second] = [...house.orders.values()].filter((o) => o.strategy !== 'manual');
  assert.ok(first && second && house.orders.size === 3);
  assert.deepEqual(
    house.intents.map(({ strategy, origin }) => [strategy, origin]),
    ['one', 'two'].map((name) => [name, { kind: 'strategy', reference: 'only' }]),
  );
  house.host.onFill(first, fillOf(9_990, 10, { orderId: first.id }), at(house.nowUs));
  house.move(first.id, 'filled');
  house.host.onFill(hand, fillOf(9_990, 10, { orderId: hand.id }), at(house.nowUs));
  house.move(hand.id, 'filled');
  assert.deepEqual(seen, {
    one: ['c2 open', 'c2 fill f1', 'c2 filled'],
    two: ['c3 open'],
  });
});

test('host: the position a strategy sees is its own, whatever a person holds (S2)', () => {
  const positions: number[] = [];
  const house = openHouse([specOf('one')]);
  house.holdings.set('manual BTCUSDT.test', 500);
  house.start({
    one: inside((desk) => ({
      onBook: (view) => void positions.push(view.position, desk.position(BTC)),
    })),
  });
  house.tick();
  house.holdings.set('one BTCUSDT.test', -1500);
  house.tick();
  assert.deepEqual(positions, [0, 0, -1500, -1.5]);
});

test('host: signal-follower trades beside a resting order and a position of a person (S2)', () => {
  const house = openHouse([specOf('signal-follower', { module: 'signal-follower' })]);
  house.start();
  byHand(house);
  house.holdings.set('manual BTCUSDT.test', 500);
  house.signal(signalOf(-0.9));
  const [intent] = house.intents;
  assert.ok(intent, 'it was silenced by an order that is not its own');
  assert.deepEqual([intent.side, intent.reduceOnly], ['sell', false]);
  assert.deepEqual(intent.origin, { kind: 'signal', signalId: 3 });
});

test('host: signal-follower takes back its own resting order, no person’s (S1)', () => {
  const house = openHouse([specOf('signal-follower', { module: 'signal-follower' })]);
  house.start();
  const hand = byHand(house);
  house.signal(signalOf(0.3)); // weak: rests
  assert.equal(house.orders.size, 2);
  house.clock(2_999_999);
  assert.deepEqual(house.cancels, []);
  house.clock(1);
  assert.deepEqual(house.cancels, [
    { id: 'c2', by: 'signal-follower', reason: 'rested for 3000 ms' },
  ]);
  house.clock(60_000_000);
  assert.equal(house.cancels.length, 1, 'a cancel on its way is asked for once');
  assert.equal(house.orders.get(hand.id)?.cancelRequested, false);
});

test('host: one that throws stops alone, and its orders are taken back (S14)', () => {
  const house = openHouse([specOf('bad'), specOf('good')]);
  let calls = 0;
  const bad = inside((desk) => ({
    onBook() {
      calls += 1;
      desk.submit(wish());
      if (calls === 2) throw new TypeError('no such thing');
    },
  }));
  house.start({ bad, good: eager() });
  const hand = byHand(house);
  for (let n = 0; n < 5; n += 1) house.tick();
  assert.equal(calls, 2);
  assert.equal(house.intents.filter(({ strategy }) => strategy === 'bad').length, 1);
  assert.equal(house.intents.filter(({ strategy }) => strategy === 'good').length, 5);
  assert.match(statesOf(house).at(-1) ?? '', /^bad failed by host: TypeError: no such thing/);
  assert.deepEqual(
    house.takenBack.map(({ strategy }) => strategy),
    ['bad'],
  );
  assert.equal(house.orders.get(hand.id)?.cancelRequested, false);
  assert.equal(house.slice.get('bad')?.state, 'failed');
});

for (const handler of [
  'onSignal',
  'onTimer',
  'onOrder',
  'onFill',
  'onStart',
  'onStop',
  'save',
  'load',
  'onBar',
  'onRefused',
] as const) {
  test(`host: an exception in ${handler} stops this strategy and nothing else`, () => {
    const slice = createStrategies();
    const base = {
      module: '/strategies/bad.ts',
      moduleHash: 'h1',
      reason: '',
      by: 'configuration',
    };
    slice.fold({ kind: 'strategy', name: 'bad', state: 'running', ...base }, 0);
    slice.fold({ kind: 'strategy_saved', name: 'bad', saved: 1 }, 0);
    const house = openHouse([specOf('bad'), specOf('good')], { slice });
    const bad = inside((desk) => ({
      onBook: () => desk.submit(wish()),
      [handler]: () => {
        throw new Error('broken');
      },
    }));
    house.start({ bad, good: eager() });
    house.tick();
    const own = [...house.orders.values()].find(({ strategy }) => strategy === 'bad');
    if (own !== undefined) {
      house.host.onFill(own, fillOf(9_990, 1, { orderId: own.id }), at(house.nowUs));
      house.move(own.id, 'partially_filled');
    }
    house.signal(signalOf(0.9));
    const bar = {
      lengthUs: 60e6,
      openUs: at(0),
      open: asPrice(1),
      high: asPrice(1),
      low: asPrice(1),
    };
    const rest = { close: asPrice(1), volume: asQty(0), trades: 0 };
    house.host.onBar({ instrument: BTC, ...bar, ...rest }, at(house.nowUs));
    house.clock(20_000_000);
    house.refusedBy = ['position'];
    house.tick();
    house.refusedBy = null;
    house.host.command('bad', 'stop', 'anna', 'lunch', at(house.nowUs));
    const failed = statesOf(house).filter((text) => text.includes('failed'));
    assert.deepEqual(
      failed.map((text) => text.slice(0, 34)),
      ['bad failed by host: Error: broken'],
    );
    const before = house.intents.length;
    house.clock(10_000_000);
    house.tick();
    assert.equal(house.intents.length, before + 1, 'the other one goes on');
  });
}

test('host: a flood of intents beyond the budget stops it alone', () => {
  const house = openHouse([specOf('flood'), specOf('good')], {
    intentsPerSecond: 1,
    intentsBurst: 2,
  });
  const flood = inside((desk) => ({
    onBook() {
      for (let n = 0; n < 60; n += 1) desk.submit(wish());
    },
  }));
  house.start({ flood, good: inside(() => ({ onTimer: () => undefined })) });
  for (let n = 0; n < 40; n += 1) house.tick();
  assert.equal(house.intents.length, 2, 'the budget');
  assert.match(statesOf(house).at(-1) ?? '', /^flood failed by host: floods/);
  const told = house.facts.filter((fact) => fact.kind === 'refusals');
  assert.deepEqual(told, [], 'counts wait for their time');
});

test('host: more than 64 wishes in one call are a mistake that can be caught', () => {
  const house = openHouse([specOf('many')]);
  let thrown = '';
  const many = inside((desk) => ({
    onBook() {
      try {
        for (;;) desk.submit(wish());
      } catch (error) {
        thrown = String(error);
      }
    },
  }));
  house.start({ many });
  house.tick();
  assert.match(thrown, /floods: more than 64 wishes in one call/);
  assert.equal(house.intents.length, 64);
});

test('host: nobody cancels or amends an order of somebody else, by id or by reference', () => {
  const house = openHouse([specOf('one'), specOf('two')]);
  const answers: boolean[] = [];
  const one = inside((desk) => ({
    onTimer() {
      for (const id of ['c1', 'c2', 'twos', 'c9']) {
        answers.push(desk.cancel(id, 'mine'), desk.amend(id, { qty: asQty(5) }, 'mine'));
      }
    },
  }));
  house.start({ one, two: eager({ reference: 'twos' }) });
  byHand(house);
  house.tick();
  assert.equal(house.orders.get('c2')?.strategy, 'two');
  house.clock(100_000);
  assert.deepEqual(new Set(answers), new Set([false]));
  assert.deepEqual([house.cancels, house.amends], [[], []]);
});

test('host: own orders are amended and cancelled by reference, with who asked and why', () => {
  const house = openHouse([specOf('one')]);
  let step = 0;
  const one = inside((desk) => ({
    onTimer() {
      step += 1;
      if (step === 1) desk.submit(wish({ reference: 'a' }));
      if (step === 2) assert.ok(desk.amend('a', { price: asPrice(9_980) }, 'cheaper'));
      if (step === 3) assert.ok(desk.cancel('a', 'enough') && desk.cancel('a', 'enough'));
    },
  }));
  house.start({ one });
  for (let n = 0; n < 4; n += 1) house.clock(100_000);
  assert.deepEqual(house.amends, [{ id: 'c1', by: 'one', qty: 10, price: 9_980 }]);
  assert.deepEqual(house.cancels, [{ id: 'c1', by: 'one', reason: 'enough' }]);
  assert.deepEqual(statesOf(house), ['one running by configuration: start']);
});

test('host: a reference names one living order at a time', () => {
  const house = openHouse([specOf('one')]);
  house.start({ one: eager({ reference: 'a' }) });
  house.tick();
  house.move('c1', 'filled');
  house.tick();
  assert.equal(house.intents.length, 2);
  house.tick();
  assert.match(statesOf(house).at(-1) ?? '', /'a' is the reference of a living order of its own/);
});

test('host: a halted scope is told of orders, fills and time, not of books and signals', () => {
  const calls: string[] = [];
  const house = openHouse([specOf('one')]);
  const all: Strategy = {
    onBook: () => void calls.push('book'),
    onSignal: () => void calls.push('signal'),
    onOrder: () => void calls.push('order'),
    onTimer: () => void calls.push('timer'),
  };
  house.start({ one: inside(() => all) });
  house.state = 'halted';
  house.tick();
  house.signal(signalOf(0.9));
  house.place(intentOf({ instrument: BTC, strategy: 'one' }));
  house.clock(100_000);
  assert.deepEqual(calls, ['order', 'timer']);
  house.state = 'reducing';
  house.tick();
  assert.deepEqual(calls, ['order', 'timer', 'book']);
});

test('host: an instance gets the instruments it names, by key or symbol', () => {
  const seen: string[] = [];
  const watch = (name: string): Opened =>
    inside(() => ({ onBook: ({ instrument }) => void seen.push(`${name} ${instrument.symbol}`) }));
  const house = openHouse([
    specOf('one', { instruments: ['ETHUSDT.spot'] }),
    specOf('two', { instruments: ['BTCUSDT'] }),
  ]);
  house.start({ one: watch('one'), two: watch('two') });
  house.tick(BTC);
  house.tick(ETH);
  assert.deepEqual(seen, ['two BTCUSDT', 'one ETHUSDT']);
  assert.deepEqual([house.host.readsBook(BTC), house.host.readsBook(ETH)], [true, true]);
  house.host.command('two', 'stop', 'anna', 'enough', at(house.nowUs));
  assert.equal(house.host.readsBook(BTC), false);
});

test('host: a handler that answers every change of an order with another order ends', () => {
  const house = openHouse([specOf('one')]);
  const one = inside((desk) => ({
    onTimer: () => desk.submit(wish()),
    onOrder: () => desk.submit(wish()),
    onRefused: () => desk.submit(wish()),
  }));
  house.start({ one });
  house.clock(100_000);
  assert.equal(house.intents.length, 100, 'the burst of its budget');
  house.refusedBy = ['position'];
  house.clock(1_000_000);
  assert.ok(house.intents.length < 120, `${house.intents.length} intents`);
});

test('host: a view is one object for each instrument, and always that of now', () => {
  const views: View[] = [];
  const house = openHouse([specOf('one')]);
  let desk: Desk | null = null;
  house.start({
    one: inside((own) => {
      desk = own;
      return { onBook: (view) => void views.push(view) };
    }),
  });
  house.tick(BTC);
  house.tick(ETH);
  house.books.set(BTC, [[9_980, 1]], [[9_990, 1]]);
  house.tick(BTC);
  assert.equal(views[0], views[2]);
  assert.notEqual(views[0], views[1]);
  assert.equal(views[0]?.bid, 9_980);
  assert.equal((desk as Desk | null)?.look(BTC).mid, 99.85);
});
