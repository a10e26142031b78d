// Owns the cases of the engine's half of an isolated strategy: batches, silence, answers.
// Promise: the worker is a list of batches; its answers are written by the test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  type Batch,
  NOTICES_MAX,
  NOTICES_PER_BATCH,
  WANTED_MAX,
} from '../../../engine/strategies/isolated-wire.ts';
import type { Desk, Strategy } from '../../../engine/strategies/strategy.ts';
import {
  BTC,
  ETH,
  type House,
  inside,
  openHouse,
  pair,
  signalOf,
  specOf,
  TRADED,
} from '../../strategies-fixture.ts';
import { at } from '../../trading-fixture.ts';

const MS = 1_000_000; // nanoseconds

interface Cell {
  readonly house: House;
  readonly batches: Batch[];
  /** Answers the last batch. */
  answer(parts?: object): void;
  reason(): string;
}

function open(): Cell {
  const house = openHouse([specOf('one', { isolated: true })]);
  const batches: Batch[] = [];
  const post = (batch: Batch): void => void batches.push(batch);
  const link = { post, leave: post, end: () => undefined };
  house.start({
    one: { kind: 'isolated', moduleHash: 'h', life: 1, instruments: TRADED, link },
  });
  const answer = (parts: object = {}): void => {
    house.nowNs += 2 * MS;
    const { number } = batches.at(-1) ?? { number: 0 };
    const said = { number, wanted: [], logs: [], saved: null, error: null, ...parts };
    house.host.onNews('one', { kind: 'answer', life: 1, answer: said }, at(house.nowUs));
  };
  const reason = (): string => {
    const record = house.slice.get('one');
    return record?.state === 'failed' ? record.reason : '';
  };
  return { house, batches, answer, reason };
}

test('isolated: with one batch on its way books are conflated, notices kept in order', () => {
  const { house, batches, answer } = open();
  assert.deepEqual(
    batches.map(({ notices }) => notices.map(({ kind }) => kind)),
    [['start']],
  );
  for (let n = 0; n < 100; n += 1) house.tick(n % 2 === 0 ? BTC : ETH);
  house.signal(signalOf(0.9));
  house.books.set(BTC, [[9_980, 1]], [[9_990, 2]]);
  assert.equal(batches.length, 1);
  answer();
  const [, second] = batches;
  assert.deepEqual(
    second?.notices.map(({ kind }) => kind),
    ['signal', 'book', 'book'],
  );
  const btc = second?.snapshots.find(({ instrument }) => instrument === BTC.index);
  assert.deepEqual([btc?.bids, btc?.asks, btc?.bookSequence], [[9_980, 1], [9_990, 2], 2]);
});

const wishOf = (reference: string): object => ({
  ...{ kind: 'submit', instrument: 0, side: 'buy', qty: 10, price: 9_990, timeInForce: 'GTC' },
  ...{ postOnly: false, reduceOnly: false, reference, signalId: 3, bookSequence: 7 },
});

test('isolated: all orders it asked for are told before it sees another book', () => {
  const { house, batches, answer } = open();
  house.tick();
  answer({ wanted: [wishOf('a'), wishOf('b')] });
  assert.deepEqual(
    batches[1]?.notices.map(({ kind }) => kind),
    ['order', 'order', 'book'],
  );
  assert.equal(house.intents[0]?.bookSequence, 7);
});

test('isolated: batches keep a millisecond apart, whatever the market does', () => {
  const { house, batches } = open();
  let answered = 0;
  for (let n = 0; n < 1000; n += 1) {
    house.nowNs += MS / 10;
    house.tick();
    if (batches.length > answered) {
      answered = batches.length;
      const number = answered;
      const said = { number, wanted: [], logs: [], saved: null, error: null };
      house.host.onNews('one', { kind: 'answer', life: 1, answer: said }, at(house.nowUs));
    }
  }
  assert.ok(batches.length > 50 && batches.length <= 102, `${batches.length} batches in 100 ms`);
});

test('isolated: silence beyond its time ends it; exactly its time does not', () => {
  const { house, reason } = open();
  const look = (ms: number): void => {
    house.nowNs += ms * MS;
    house.clock(0);
  };
  for (let n = 0; n < 10; n += 1) look(100);
  assert.equal(reason(), '');
  look(0.001);
  assert.match(reason(), /no answer for 1000 ms/);
});

test('isolated: a pause of the engine itself is not the silence of a strategy', () => {
  const { house, reason, answer } = open();
  house.nowNs += 3_600_000 * MS; // an hour in which nobody looked
  house.clock(0);
  assert.equal(reason(), '');
  answer();
  assert.equal(reason(), '');
});

test('isolated: one that falls too far behind is ended, its books never wait', () => {
  const { house, reason } = open();
  for (let n = 0; n < NOTICES_MAX; n += 1) house.signal(signalOf(0.9));
  for (let n = 0; n < NOTICES_MAX; n += 1) house.tick();
  assert.equal(reason(), '');
  house.signal(signalOf(0.9));
  assert.match(reason(), /fell behind: 4096 signals, orders and fills wait/);
});

const wanted = (one: unknown): object => ({ wanted: [one] });
const submit = { kind: 'submit', instrument: 0, side: 'buy', qty: 10, price: 9_990 };
for (const [what, said, text] of [
  ['another number', { number: 9 }, /an answer to batch 9, which was not asked/],
  ['no wishes', { wanted: null }, /an answer without wishes/],
  ['no logs', { logs: 7 }, /an answer without logs/],
  [
    'too many wishes',
    { wanted: new Array(WANTED_MAX + 1).fill({}) },
    /floods: 4097 wishes at once, at most 4096/,
  ],
  ['a wish that is none', wanted(null), /asked for null, which nobody can do/],
  ['a wish of no kind', wanted({ kind: 'transfer' }), /asked for .*transfer/],
  ['an instrument of nobody', wanted({ ...submit, instrument: 7 }), /7 is none of its instruments/],
  ['a slot that is none', wanted({ ...submit, instrument: '__proto__' }), /is none of its instr/],
  [
    'a length for a slot',
    wanted({ ...submit, instrument: 'length' }),
    /is none of its instruments/,
  ],
  ['a huge quantity', wanted({ ...submit, qty: 1e308 }), /qty must be .*, not 1e\+308/],
  ['a quantity beyond whole numbers', wanted({ ...submit, qty: 2 ** 53 }), /not 9007199254740992/],
  ['a quantity as an object', wanted({ ...submit, qty: { valueOf: 10 } }), /qty must be .*valueOf/],
  ['NaN', wanted({ ...submit, qty: Number.NaN }), /qty must be .*, not NaN/],
  ['a negative price', wanted({ ...submit, price: -10 }), /price must be .*, not -10/],
  ['text for a price', wanted({ ...submit, price: '9990' }), /price must be .*, not "9990"/],
  ['what no JSON is', { saved: '{' }, /save: no JSON/],
  ['too much to save', { saved: `"${'x'.repeat(16_384)}"` }, /save: more than 16384 bytes/],
  ['an exception', { error: 'Error: x (a.ts:1:2)' }, /^Error: x \(a.ts:1:2\)$/],
] as const) {
  test(`isolated: an answer with ${what} ends it, and nothing is sent`, () => {
    const { house, answer, reason } = open();
    answer(said);
    assert.match(reason(), text);
    assert.deepEqual(house.intents, []);
  });
}

test('isolated: an answer that is nothing at all ends it', () => {
  const { house, reason } = open();
  house.host.onNews('one', { kind: 'answer', life: 1, answer: null }, at(house.nowUs));
  assert.match(reason(), /its worker said null, which is no answer/);
});

test('isolated: cancels and amends of orders that are not its own are nothing', () => {
  const { house, answer, reason } = open();
  house.place({ ...house.intents[0], strategy: 'manual', instrument: BTC } as never);
  const order = 'c1';
  answer({ wanted: [{ kind: 'cancel', order, reason: 'mine' }] });
  house.tick();
  answer({ wanted: [{ kind: 'amend', order, qty: 5, price: 9_990, reason: 'mine' }] });
  assert.deepEqual([house.cancels, house.amends, reason()], [[], [], '']);
});

test('isolated: an amend that a fill has overtaken is dropped, as one of an ended order is', () => {
  const { house, answer, reason } = open();
  const order = { ...wishOf('a'), qty: 10 };
  answer(wanted(order));
  assert.equal(house.orders.size, 1);
  house.tick();
  const amend = { kind: 'amend', order: 'c1', price: 9_990, reason: 'less' };
  house.move('c1', 'partially_filled', { filledQty: asQty(6) }); // it does not know yet
  answer({
    wanted: [
      { ...amend, qty: 5 },
      { ...amend, qty: 6 },
    ],
  });
  assert.deepEqual([reason(), house.amends], ['', []]);
  answer({ wanted: [{ ...amend, qty: 7 }] });
  assert.deepEqual(house.amends, [{ id: 'c1', by: 'one', qty: 7, price: 9_990 }]);
  house.tick();
  answer({ wanted: [{ ...amend, qty: -5 }] });
  assert.match(reason(), /amend: qty must be .*, not -5/);
});

test('isolated: cancels and amends of an order that ended meanwhile are dropped', () => {
  const { house, answer, reason } = open();
  answer(wanted(wishOf('a')));
  house.move('c1', 'filled', { filledQty: asQty(10) });
  const amend = { kind: 'amend', order: 'c1', qty: 5, price: 9_990, reason: 'less' };
  answer({ wanted: [amend, { kind: 'cancel', order: 'c1', reason: 'enough' }] });
  assert.deepEqual([reason(), house.amends, house.cancels], ['', [], []]);
});

test('isolated: 64 things a call are 64 for each call of a batch, as for a trusted file', () => {
  const sent = [false, true].map((isIsolated) => {
    const house = openHouse([specOf('one')], { intentsPerSecond: 1e6, intentsBurst: 1e6 });
    const make = (desk: Desk): Strategy => ({
      onBook({ instrument }) {
        for (let n = 0; n < 40; n += 1) {
          desk.submit({ instrument, side: 'buy', qty: asQty(10), price: asPrice(9_990) });
        }
      },
    });
    const cell = isIsolated ? pair(house, 'one', make) : null;
    house.start({ one: cell?.opened ?? inside(make) });
    for (const one of [BTC, ETH]) house.tick(one);
    cell?.answer();
    assert.equal(house.slice.get('one')?.state, 'running', house.slice.get('one')?.reason);
    return house.intents.length;
  });
  assert.deepEqual(sent, [80, 80]);
});

test('isolated: a 65th thing of one call ends it there, whatever the batch has room for', () => {
  const house = openHouse([specOf('one')]);
  const cell = pair(house, 'one', (desk) => ({
    onBook({ instrument }) {
      for (let n = 0; n < 65; n += 1) {
        desk.submit({ instrument, side: 'buy', qty: asQty(10), price: asPrice(9_990) });
      }
    },
  }));
  house.start({ one: cell.opened });
  house.tick();
  cell.answer();
  assert.match(house.slice.get('one')?.reason ?? '', /floods: more than 64 wishes in one call/);
  assert.equal(house.intents.length, 0);
});

test('isolated: many notices go in several batches, in order, and books behind the last', () => {
  const { house, batches, answer } = open();
  house.tick();
  for (let n = 0; n < NOTICES_PER_BATCH + 3; n += 1) house.signal(signalOf(0.9, { id: n }));
  answer();
  answer();
  const [, first, second] = batches.map(({ notices }) => notices);
  assert.equal(first?.length, NOTICES_PER_BATCH);
  assert.deepEqual(
    second?.map((one) => (one.kind === 'signal' ? one.signal.id : one.kind)),
    [47, 48, 49, 'book'],
  );
});
