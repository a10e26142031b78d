// Owns the cases of what is no number, no word and no plain object, in a worker and trusted alike.
// Promise: each is refused by name, nothing of it reaches the checks, and the other one goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Desk, Strategy } from '../../../engine/strategies/strategy.ts';
import { type House, inside, openHouse, pair, specOf } from '../../strategies-fixture.ts';

const NUMBERS: readonly (readonly [string, unknown])[] = [
  ...[Number.NaN, Infinity, -Infinity, -10, -0, 0, 0.5, 1e308, 2 ** 53, 2 ** 53 + 2].map(
    (number) => [Object.is(number, -0) ? '-0' : String(number), number] as const,
  ),
  ...[5e-324, '10', true, [10], {}, 10n, Symbol('s'), () => 10].map(
    (value) => [`${typeof value} ${String(value)}`, value] as const,
  ),
  ['undefined', undefined],
  ['a number object', Object(10)],
];

/** Answers one thing the first time it is read, and another from then on. */
const changing = (name: string, first: unknown, then: unknown): object => {
  let reads = 0;
  return {
    get [name]() {
      reads += 1;
      return reads === 1 ? first : then;
    },
  };
};

const throwing = (name: string): object => ({
  get [name]() {
    throw new RangeError(`no ${name} for you`);
  },
});

type Ask = (desk: Desk) => void;

const base = (desk: Desk) => ({
  instrument: desk.instruments[0],
  ...{ side: 'buy' as const, qty: asQty(10), price: asPrice(9_990) },
});

/** `parts` over a sound wish, getters kept. */
const submit =
  (parts: object): Ask =>
  (desk) => {
    const descriptors = Object.getOwnPropertyDescriptors(parts);
    desk.submit(Object.defineProperties(base(desk), descriptors) as never);
  };
const amend =
  (parts: object): Ask =>
  (desk) =>
    void desk.amend('resting', parts as never, 'other');

interface Case {
  readonly what: string;
  readonly ask: Ask;
  readonly reason: RegExp;
}

const CASES: Case[] = [];
const add = (what: string, ask: Ask, reason: RegExp): void =>
  void CASES.push({ what, ask, reason });
for (const [what, value] of NUMBERS) {
  add(`a quantity ${what}`, submit({ qty: value }), /submit: qty must be steps above 0/);
  add(
    `a market quantity ${what}`,
    submit({ qty: value, price: null }),
    /submit: qty must be steps/,
  );
  add(`a price ${what}`, submit({ price: value }), /submit: price must be steps above 0/);
  if (value === undefined) continue; // of an amend: as it was
  add(`an amended quantity ${what}`, amend({ qty: value }), /amend: qty must be steps above 0/);
  add(`an amended price ${what}`, amend({ price: value }), /amend: price must be steps above 0/);
}
for (const word of ['', 'BUY', 'long', '__proto__', 'constructor', null, undefined, 1, ['buy']]) {
  const shown = `${typeof word} ${String(word)}`;
  add(`a side ${shown}`, submit({ side: word }), /submit: side must be 'buy' or 'sell', not/);
  if (word === undefined || word === null) continue; // the default
  add(`a time in force ${shown}`, submit({ timeInForce: word }), /timeInForce must be GTC, IOC/);
  add(`post-only ${shown}`, submit({ postOnly: word }), /postOnly and reduceOnly must be true/);
  add(`reduce-only ${shown}`, submit({ reduceOnly: word }), /postOnly and reduceOnly must be true/);
}
for (const reference of [1, {}, ['a'], 'x'.repeat(65), Symbol('s'), 10n]) {
  const what = `a reference ${String(reference).slice(0, 20)}`;
  add(what, submit({ reference }), /submit: a reference is text of at most 64 characters/);
}
const INSTRUMENTS: readonly unknown[] = [
  ...[null, undefined, 0, 'BTCUSDT.test', [], {}, Array.prototype, Object.create(null)],
  ...['__proto__', 'length', 'constructor'].map((index) => ({ index, key: 'X', lot: 1, tick: 1 })),
];
for (const [at, instrument] of INSTRUMENTS.entries()) {
  add(
    `instrument ${at} of nobody`,
    submit({ instrument }),
    /submit: .* is none of its instruments/,
  );
}
add(
  'an instrument that inherits from its own',
  (desk) => desk.submit({ ...base(desk), instrument: Object.create(desk.instruments[0] ?? null) }),
  /submit: .* is none of its instruments/,
);
for (const wish of [null, undefined, 0, 'buy', [], Object.create(null)]) {
  add(`${String(wish === null ? wish : typeof wish)} for a wish`, (desk) => desk.submit(wish), /./);
}
for (const name of ['instrument', 'side', 'qty', 'price', 'timeInForce', 'postOnly', 'reference']) {
  add(
    `a ${name} that throws`,
    submit(throwing(name)),
    new RegExp(`RangeError: no ${name} for you`),
  );
}
add('an amended quantity that throws', amend(throwing('qty')), /RangeError: no qty for you/);
add('an amended price that throws', amend(throwing('price')), /RangeError: no price for you/);

const good = (desk: Desk): Strategy => ({ onBook: () => submit({})(desk) });

/** A house where 'bad' has a resting order and asks for something on its timer. */
function run(ask: Ask, isIsolated: boolean): House {
  const house = openHouse([specOf('bad'), specOf('good')]);
  const bad = (desk: Desk): Strategy => ({
    onStart: () => submit({ reference: 'resting' })(desk),
    onTimer: () => ask(desk),
  });
  const cell = isIsolated ? pair(house, 'bad', bad) : null;
  house.start({ bad: cell?.opened ?? inside(bad), good: inside(good) });
  cell?.answer();
  house.nowNs += 2_000_000;
  house.clock(100_000);
  cell?.answer();
  return house;
}

const sentBy = ({ intents }: House, name: string) =>
  intents.filter(({ strategy }) => strategy === name);

const CHANGES: readonly (readonly [string, unknown, unknown])[] = [
  ['qty', 10, Number.NaN],
  ['price', 9_990, -1],
  ['side', 'buy', 'long'],
  ['postOnly', false, 'yes'],
  ['reference', 'a', 'x'.repeat(999)],
  ['timeInForce', 'GTC', 'now'],
  ['instrument', 'own', { index: 7 }],
];

for (const isIsolated of [false, true]) {
  const where = isIsolated ? 'isolated' : 'trusted';
  for (const { what, ask, reason } of CASES) {
    test(`malformed: ${what} is refused by name, ${where}`, () => {
      const house = run(ask, isIsolated);
      const record = house.slice.get('bad');
      assert.equal(record?.state, 'failed');
      assert.match(record?.reason ?? '', reason);
      assert.deepEqual([sentBy(house, 'bad').length, house.amends], [1, []], 'the resting one');
      house.tick();
      assert.equal(sentBy(house, 'good').length, 1);
      assert.equal(house.slice.get('good')?.state, 'running');
    });
  }

  for (const [name, first, then] of CHANGES) {
    test(`malformed: a ${name} that changes when it is read again is read once, ${where}`, () => {
      const ask: Ask = (desk) =>
        submit(changing(name, first === 'own' ? desk.instruments[0] : first, then))(desk);
      const house = run(ask, isIsolated);
      const [, intent] = sentBy(house, 'bad');
      assert.equal(house.slice.get('bad')?.state, 'running', house.slice.get('bad')?.reason);
      const { qty, price, side, postOnly, timeInForce, instrument, origin } = intent ?? {};
      assert.deepEqual(
        [qty, price, side, postOnly, timeInForce, instrument?.key],
        [10, 9_990, 'buy', false, 'GTC', 'BTCUSDT.test'],
      );
      const reference = origin?.kind === 'strategy' ? origin.reference : undefined;
      if (name === 'reference') assert.equal(reference, 'a');
    });
  }

  test(`malformed: an amendment that changes when it is read again is read once, ${where}`, () => {
    const change = Object.defineProperties(
      {},
      {
        ...Object.getOwnPropertyDescriptors(changing('qty', 20, Number.NaN)),
        ...Object.getOwnPropertyDescriptors(changing('price', 9_980, -1)),
      },
    );
    const house = run(amend(change), isIsolated);
    assert.deepEqual(house.amends, [{ id: 'c1', by: 'bad', qty: 20, price: 9_980 }]);
  });

  test(`malformed: __proto__ in a parsed wish is inherited, and no more, ${where}`, () => {
    const house = run((desk) => {
      const wish = Object.assign(JSON.parse('{"__proto__": {"qty": 1e308}}'), base(desk));
      desk.submit(wish);
    }, isIsolated);
    assert.equal(sentBy(house, 'bad').length, 2);
    assert.equal(sentBy(house, 'bad')[1]?.qty, asQty(10));
    assert.equal(sentBy(house, 'bad')[1]?.price, asPrice(9_990));
    assert.equal(({} as { qty?: number }).qty, undefined);
  });
}
