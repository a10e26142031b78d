// Owns the cases of what a user's code may do to its caller: promises, and whatever can be thrown.
// Promise: each fails its own instance by a clear word; nothing is left to reject on the thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../../engine/core/json.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { readOpening } from '../../../engine/strategies/isolated-wire.ts';
import { describeThrown } from '../../../engine/strategies/module.ts';
import { createStrategies } from '../../../engine/strategies/strategies-slice.ts';
import type { Desk, Strategy } from '../../../engine/strategies/strategy.ts';
import {
  BTC,
  type House,
  inside,
  openHouse,
  pair,
  signalOf,
  specOf,
} from '../../strategies-fixture.ts';
import { at, fillOf } from '../../trading-fixture.ts';

const HANDLERS = [
  ...(['onStart', 'onStop', 'onBook', 'onSignal', 'onFill', 'onOrder'] as const),
  ...(['onRefused', 'onBar', 'onTimer', 'save', 'load'] as const),
];

const BAR = { instrument: BTC, lengthUs: 60e6, openUs: at(0), volume: asQty(0), trades: 0 };
const PRICES = { open: asPrice(1), high: asPrice(1), low: asPrice(1), close: asPrice(1) };

/** A house that has an instance 'bad', which saved something while it ran before. */
function openBad(): House {
  const slice = createStrategies();
  const base = { module: '/strategies/bad.ts', moduleHash: 'h1', reason: '' };
  const fact = { kind: 'strategy', name: 'bad', state: 'running', by: 'anna', ...base } as const;
  slice.fold(fact, 0);
  slice.fold({ kind: 'strategy_saved', name: 'bad', saved: 1 }, 0);
  return openHouse([specOf('bad')], { slice });
}

/** Everything a strategy can be told, its end included. */
function tellAll(house: House, answer: () => void): void {
  const step = (tell: () => void): void => {
    house.nowNs += 2_000_000;
    tell();
    answer();
  };
  step(() => house.tick());
  const own = [...house.orders.values()].at(0);
  if (own !== undefined) {
    step(() => house.host.onFill(own, fillOf(9_990, 1, { orderId: own.id }), at(house.nowUs)));
    step(() => house.move(own.id, 'partially_filled'));
  }
  step(() => house.signal(signalOf(0.9)));
  step(() => house.host.onBar({ ...BAR, ...PRICES }, at(house.nowUs)));
  house.refusedBy = ['position'];
  step(() => house.tick());
  step(() => house.clock(100_000));
  step(() => house.clock(20_000_000));
  house.host.command('bad', 'stop', 'anna', 'lunch', at(house.nowUs));
}

const failures = (house: House): readonly string[] =>
  house.facts.flatMap((fact) =>
    fact.kind === 'strategy' && fact.state === 'failed' ? [fact.reason] : [],
  );

const strategyOf =
  (handler: string, answer: () => unknown) =>
  (desk: Desk): Strategy => {
    const [instrument = BTC] = desk.instruments;
    const order = { instrument, side: 'buy', qty: asQty(10), price: asPrice(9_990) } as const;
    const all = { save: (): Json => 1, onBook: () => desk.submit(order), [handler]: answer };
    return all as Strategy;
  };

for (const handler of HANDLERS) {
  const reason = new RegExp(`^(StrategyError: )?${handler}\\(\\) gave a promise; it ends when`);
  const fails = (): unknown => Promise.reject(new Error('later'));

  test(`guard: a promise of ${handler} fails its strategy, and rejects nowhere`, async () => {
    const house = openBad();
    house.start({ bad: inside(strategyOf(handler, fails)) });
    tellAll(house, () => undefined);
    await new Promise((resolve) => setImmediate(resolve)); // what rejects unseen ends this test
    assert.equal(failures(house).length, 1);
    assert.match(failures(house)[0] ?? '', reason);
  });

  if (handler === 'onStop') continue; // it has stopped by then: farewell.test.ts
  test(`guard: a promise of ${handler} fails an isolated strategy by the same word`, async () => {
    const house = openBad();
    const cell = pair(house, 'bad', strategyOf(handler, fails));
    house.start({ bad: cell.opened });
    cell.answer();
    tellAll(house, cell.answer);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(failures(house).length, 1);
    assert.match(failures(house)[0] ?? '', reason);
  });
}

test('guard: a promise of create() is no strategy, and rejects nowhere', async () => {
  const house = openBad();
  const bad = inside(() => Promise.reject(new Error('later')) as unknown as Strategy);
  house.start({ bad });
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(failures(house)[0] ?? '', /create\(\) gave a promise/);
});

const broken = (parts: object): Error => Object.assign(new Error('mine'), parts);
const throws = (): never => {
  throw new Error('from within');
};
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
const THROWN: readonly (readonly [string, unknown, RegExp])[] = [
  ['an object without a prototype', Object.create(null), /^threw \{\}$/],
  ['nothing', undefined, /^threw undefined$/],
  ['null', null, /^threw null$/],
  ['a symbol', Symbol('s'), /^threw Symbol\(s\)$/],
  ['text', 'text', /^threw text$/],
  ['what holds itself', cyclic, /^threw what has no text \(object\)$/],
  ['a toString that throws', { toString: throws, toJSON: throws }, /^threw what has no text/],
  ['a stack that is no text', broken({ stack: { split: 1 } }), /^Error: mine$/],
  ['a stack of null', broken({ stack: null }), /^Error: mine$/],
  ['a message that is no text', broken({ message: { a: 7 } }), /^Error: \{"a":7\}/],
  [
    'a name that throws',
    broken({ name: { toJSON: throws } }),
    /^what has no text \(object\): mine/,
  ],
  [
    'a stack that throws',
    Object.defineProperty(new Error('mine'), 'stack', { get: throws }),
    /^threw what cannot be shown$/,
  ],
  ['a proxy', new Proxy({}, { getPrototypeOf: throws }), /^threw what cannot be shown$/],
];

for (const [what, thrown, text] of THROWN) {
  test(`guard: ${what} can be thrown, and fails its strategy alone`, () => {
    assert.match(describeThrown(thrown, 'file:///a.ts'), text);
    const house = openBad();
    const bad = strategyOf('onBook', () => {
      throw thrown;
    });
    house.start({ bad: inside(bad) });
    house.tick();
    assert.match(failures(house)[0] ?? '', text);
  });
}

for (const said of [null, undefined, 7, 'ready', {}, { kind: 'problem' }, cyclic]) {
  test(`guard: ${typeof said} ${said} is no first word of a worker`, () => {
    const opening = readOpening(said);
    assert.equal(opening.kind, 'problem');
    assert.match('reason' in opening ? opening.reason : '', /^its worker said .*no opening$/);
  });
}
