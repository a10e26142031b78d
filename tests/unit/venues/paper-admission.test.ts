// Owns the tests of what the paper venue refuses, and in which words.
// Promise: each filter below, at and above its bound; a refused order changes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  ASKS,
  BIDS,
  limit,
  openVenue,
  perpetual,
  sell,
  spot,
  type Terms,
  withRules,
} from '../../venue-fixture.ts';

/** What becomes of one order at a fresh venue of one instrument. */
function fate(instrument: Instrument, parts: Partial<OrderIntent>, terms: Terms = {}): string {
  const desk = openVenue({ instruments: [instrument], ...terms });
  desk.send(parts);
  return desk.words()[0] ?? 'nothing';
}

// The mid of the book is 99.95: a band of 0.95 .. 1.05 is 94.9525 .. 104.9475.
const strict = withRules(perpetual, {
  minNotional: 1,
  minQty: asQty(2),
  maxQty: asQty(1000),
  maxMarketQty: asQty(100),
  marketLot: asQty(5),
  priceBand: { low: 0.95, high: 1.05 },
});
const market = (qty: number): Partial<OrderIntent> => ({
  type: 'market',
  price: asPrice(10_490),
  qty: asQty(qty),
  timeInForce: 'IOC',
});

for (const [name, parts, says] of [
  ['a quantity of nothing', limit(9_990, 0), /-4003/],
  ['a negative quantity', limit(9_990, -1), /-4003/],
  ['no number as quantity', limit(9_990, Number.NaN), /-4003/],
  ['part of a lot', limit(9_990, 20.5), /-4023/],
  ['less than the least quantity', limit(10_490, 1), /-4004/],
  ['the largest limit quantity', limit(9_990, 1000), /^accepted/],
  ['a lot more than it', limit(9_990, 1001), /-4005/],
  ['the largest market quantity', market(100), /^accepted/],
  ['a market lot more than it', market(105), /-4005/],
  ['a market order off its own lot', market(52), /-4023/],
  ['a price off the tick', limit(9_995, 20), /-4014/],
  ['a price of nothing', limit(0, 20), /-4001/],
  ['no number as price', limit(Number.NaN, 20), /-4001/],
  ['a bid at the top of the band', limit(10_490, 20), /^accepted/],
  ['a bid a tick above it', limit(10_500, 20), /-4016/],
  ['an ask at the bottom of the band', sell(9_500, 20), /^accepted/],
  ['an ask a tick below it', sell(9_490, 20), /-4016/],
  ['a tick less than the least notional', limit(9_990, 10), /-4164/],
  ['the least notional', limit(10_000, 10), /^accepted/],
] as const) {
  test(`paper admission: ${name} is ${says.source}`, () => {
    assert.match(fate(strict, parts), says);
  });
}

test('paper admission: spot names its filters, its least notional holds for all', () => {
  const rules = { minNotional: 5, maxQty: asQty(100), priceBand: { low: 0.2, high: 5 } };
  const coin = withRules(spot, rules);
  assert.match(fate(coin, limit(9_990, 55)), /LOT_SIZE \(-1013\)/);
  assert.match(fate(coin, limit(9_990, 110)), /LOT_SIZE \(-1013\)/);
  assert.match(fate(coin, limit(9_995, 60)), /PRICE_FILTER/);
  assert.match(fate(coin, limit(50_000, 60)), /PERCENT_PRICE_BY_SIDE/);
  assert.match(fate(coin, limit(9_990, 50)), /NOTIONAL/); // 4.995
  assert.match(fate(coin, { ...sell(9_990, 50), reduceOnly: true }), /NOTIONAL/);
  assert.match(fate(coin, limit(10_000, 50)), /^accepted/);
  assert.match(fate(coin, { ...limit(10_000, 50), postOnly: true }), /immediately match.*-2010/);
});

test('paper admission: an unknown symbol and a market without a book are refused', () => {
  const desk = openVenue({ instruments: [perpetual, spot] });
  const nowhere = { ...perpetual, key: 'X.y', symbol: 'X' };
  desk.send({ instrument: nowhere }, 'a');
  desk.send({ instrument: spot }, 'b'); // no book yet
  assert.deepEqual(desk.words(), [
    'rejected: Invalid symbol. (-1121)',
    'rejected: Market is closed. (-1013)',
  ]);
});

const INSUFFICIENT = 'rejected: Account has insufficient balance for requested action. (-2010)';

test('paper admission: spot buys with what is there, orders that rest keep theirs back', () => {
  const desk = openVenue({ instruments: [spot], isPoor: true });
  desk.send(limit(9_980, 10), 'a');
  assert.deepEqual(desk.words(), [INSUFFICIENT]);
  desk.deposit('1.9960', 'USDT'); // two orders of 0.010 at 99.80
  desk.send(limit(9_980, 10), 'b');
  desk.send(limit(9_980, 20), 'c');
  desk.send(limit(9_980, 10), 'd');
  desk.send(limit(9_970, 10), 'e'); // nothing is left
  assert.deepEqual(desk.tales().slice(1), [
    'b accepted',
    `c ${INSUFFICIENT}`,
    'd accepted',
    `e ${INSUFFICIENT}`,
  ]);
  desk.cancel('b');
  desk.send(limit(9_980, 10), 'f');
  assert.equal(desk.tales().at(-1), 'f accepted');
});

test('paper admission: spot sells what is there, to the lot, and money of one venue only', () => {
  const desk = openVenue({ instruments: [spot, perpetual], isPoor: true });
  desk.deposit('0.029', 'ETH', spot);
  desk.deposit('1000', 'USDT', perpetual);
  desk.send(sell(10_020, 30), 'a');
  desk.send(sell(10_020, 20), 'b');
  desk.send(sell(10_020, 10), 'c');
  desk.send(limit(9_980, 10), 'd'); // the dollars lie at the other venue
  const words = ['a', 'c', 'd'].map((id) => `${id} ${INSUFFICIENT}`);
  assert.deepEqual(desk.tales(), [words[0], 'b accepted', words[1], words[2]]);
});

test('paper admission: a market order needs what it may cost at its limit', () => {
  const desk = openVenue({ instruments: [spot], isPoor: true });
  desk.deposit('6.05', 'USDT');
  const order = { type: 'market', price: null, timeInForce: 'IOC' } as const; // at 101.00
  desk.send({ ...order, qty: asQty(60) }, 'a');
  desk.send({ ...order, qty: asQty(50) }, 'b');
  assert.deepEqual(desk.tales().slice(0, 2), [`a ${INSUFFICIENT}`, 'b accepted']);
});

test('paper admission: contracts need initial margin and the fee, to the cent', () => {
  // 0.100 at a mark of 99.95 at 20 x: 0.49975, and 5 bp of 9.995 for the fee: 0.0049975.
  for (const [amount, word] of [
    ['0.504747', 'rejected: Margin is insufficient. (-2019)'],
    ['0.504748', 'accepted'],
  ] as const) {
    const desk = openVenue({ instruments: [perpetual], isPoor: true });
    desk.deposit(amount);
    desk.send(limit(9_990, 100));
    assert.deepEqual(desk.words(), [word], amount);
  }
});

test('paper admission: open orders and positions share the margin, closing needs none', () => {
  const desk = openVenue({ instruments: [perpetual], isPoor: true, leverage: () => 1 });
  desk.deposit('10.1');
  desk.send(limit(9_990, 60), 'a'); // 6 of 10.1
  desk.send(limit(9_990, 60), 'b');
  desk.send(sell(10_000, 60), 'c'); // the other side: the worse of the two counts
  assert.deepEqual(desk.tales(), [
    'a accepted',
    'b rejected: Margin is insufficient. (-2019)',
    'c accepted',
  ]);
  desk.cancel('c');
  desk.trade(9_980, 60, true); // a is filled: 0.060 held
  desk.send(sell(10_020, 60), 'd'); // closes
  desk.send(sell(10_020, 110), 'e'); // with d: short 0.110
  assert.deepEqual(desk.tales().slice(-2), [
    'd accepted',
    'e rejected: Margin is insufficient. (-2019)',
  ]);
});

test('paper admission: accounts do not lend each other margin', () => {
  const desk = openVenue({ instruments: [perpetual] });
  desk.send({ ...limit(9_990, 100), account: 'other' });
  assert.match(desk.words()[0] ?? '', /-2019/);
});

test('paper admission: reduce-only never adds, alone or together', () => {
  const desk = openVenue({ instruments: [withRules(perpetual, { minNotional: 0.9 })] });
  const reduce = (qty: number): Partial<OrderIntent> => ({
    ...sell(10_020, qty),
    reduceOnly: true,
  });
  desk.send(reduce(30), 'flat');
  desk.send({ ...limit(10_000, 30), timeInForce: 'IOC' }, 'buy');
  desk.send({ ...limit(9_980, 30), reduceOnly: true }, 'adds');
  desk.send(reduce(31), 'more');
  desk.send(reduce(20), 'a');
  desk.send(reduce(11), 'together');
  desk.send(reduce(5), 'b'); // below the least notional, which reduce-only may be
  const refused = 'rejected: ReduceOnly Order is rejected. (-2022)';
  assert.deepEqual(desk.tales(), [
    `flat ${refused}`,
    'buy accepted',
    'buy fill 30@10000 taker',
    `adds ${refused}`,
    `more ${refused}`,
    'a accepted',
    `together ${refused}`,
    'b accepted',
  ]);
  desk.send({ ...sell(9_990, 10), timeInForce: 'IOC' }, 'sale'); // 20 left: b, the newest, goes
  assert.deepEqual(desk.tales().slice(-3), [
    'sale accepted',
    'sale fill 10@9990 taker',
    'b expired: reduce only: the position is smaller now',
  ]);
  desk.trade(10_020, 1_000, false);
  assert.equal(desk.venue.position('main', perpetual), 0);
});

test('paper admission: a refused order leaves money and book as they were', () => {
  const desk = openVenue({ instruments: [spot], isPoor: true });
  desk.deposit('1', 'USDT');
  desk.send({ ...limit(10_000, 10_000), timeInForce: 'IOC' }, 'a');
  assert.equal(desk.balance('USDT'), '1');
  desk.send({ ...limit(10_000, 10), timeInForce: 'IOC' }, 'b');
  assert.equal(desk.words().at(-1), 'fill 10@10000 taker');
});

test('paper admission: a hole in one side of the book does not move the band', () => {
  const desk = openVenue({ instruments: [strict] });
  desk.book(BIDS, ASKS, 0);
  desk.book(BIDS, [[14_000, 50]], 1);
  desk.send(limit(10_490, 20), 'a', 1);
  desk.send(limit(10_500, 20), 'b', 1);
  assert.deepEqual(
    desk.words().map((word) => word.slice(0, 8)),
    ['accepted', 'rejected'],
  );
});

test('paper admission: what the venue is made with is checked', () => {
  const open = (terms: Terms) => () => openVenue(terms);
  assert.throws(open({ latencyUs: -1 }), /latency -1 us is below 0/);
  assert.throws(open({ latencyUs: Number.NaN }), /latency NaN/);
  assert.throws(open({ restingMax: 0 }), /restingMax 0/);
  assert.throws(open({ historyMax: 1.5 }), /historyMax 1.5/);
  assert.throws(open({ leverage: () => 0.5 }), /BTCUSDT.perps: leverage 0.5/);
  assert.throws(open({ leverage: () => Number.NaN }), /leverage NaN/);
  assert.throws(open({ fundingRate: () => 0.06 }), /funding 0.06/);
  assert.throws(open({ faults: { seed: 'x', loseAnswer: 1.1 } }), /faults.loseAnswer 1.1/);
  assert.throws(open({ faults: { seed: 'x', delay: 1, delayUs: 0 } }), /faults.delayUs 0/);
});
