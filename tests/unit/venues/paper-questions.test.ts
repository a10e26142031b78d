// Owns the tests of what the paper venue answers, of its faults, and of going on after a save.
// Promise: whatever was lost on the way, asking finds it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenOrdersReport } from '../../../engine/core/event.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { PaperSaved } from '../../../engine/venues/paper/saved.ts';
import {
  at,
  limit,
  openVenue,
  perpetual,
  sell,
  spot,
  type Terms,
  type VenueDesk,
} from '../../venue-fixture.ts';

const ask = (desk: VenueDesk, id: string): string[] => {
  const before = desk.words().length;
  desk.venue.query(id, at(1e6));
  desk.pass(1e6);
  return desk.words().slice(before);
};

test('paper questions: fills are told again under their own ids, then what stands', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10), 'open');
  desk.send(limit(10_000, 10), 'filled');
  desk.send({ ...limit(10_000, 90), timeInForce: 'IOC' }, 'expired');
  desk.send(limit(9_980, 10), 'cancelled');
  desk.cancel('cancelled');
  desk.send(limit(9_985, 10), 'rejected');
  const ids = desk.heard.flatMap((one) => (one.kind === 'fill' ? [one.fillId] : []));
  assert.deepEqual(ask(desk, 'open'), ['amended 10@9990']);
  assert.deepEqual(ask(desk, 'filled'), ['fill 10@10000 taker', 'amended 10@10000']);
  assert.deepEqual(ask(desk, 'expired'), [
    'fill 20@10000 taker',
    'expired: what could not be filled at once',
  ]);
  assert.deepEqual(ask(desk, 'cancelled'), ['cancelled: requested']);
  assert.deepEqual(ask(desk, 'rejected'), ['rejected: Price not increased by tick size. (-4014)']);
  assert.deepEqual(ask(desk, 'never'), ['rejected: Order does not exist. (-2013)']);
  const again = desk.heard.flatMap((one) => (one.kind === 'fill' ? [one.fillId] : []));
  assert.deepEqual(new Set(again), new Set(ids));
});

test('paper questions: a cancel that comes too late is told what became of the order', () => {
  const desk = openVenue();
  desk.send(limit(10_000, 10), 'a');
  desk.cancel('a');
  assert.deepEqual(desk.words().slice(2), ['fill 10@10000 taker', 'amended 10@10000']);
});

test('paper questions: open orders are told whole, of one venue', () => {
  const desk = openVenue();
  desk.send(limit(10_000, 40), 'a', 7); // 30 of it are filled
  desk.venue.askOpenOrders('perps', at(8));
  desk.venue.askOpenOrders('spot', at(8));
  desk.pass(8);
  const told = desk.heard.filter((one): one is OpenOrdersReport => one.kind === 'open_orders');
  assert.deepEqual(told[0]?.orders, [
    {
      orderId: 'a',
      account: 'main',
      instrument: perpetual,
      side: 'buy',
      type: 'limit',
      qty: 40,
      filledQty: 30,
      price: 10_000,
      timeUs: 7,
    },
  ]);
  assert.deepEqual([told[1]?.venue, told[1]?.orders], ['spot', []]);
});

test('paper questions: history since a time is told again, of one venue', () => {
  const desk = openVenue();
  desk.send({ ...limit(10_000, 10), timeInForce: 'IOC' }, 'a', 1);
  desk.send({ ...limit(10_000, 11), timeInForce: 'IOC' }, 'b', 2);
  const before = desk.words().length;
  desk.venue.askHistory('perps', at(2), at(3));
  desk.venue.askHistory('spot', at(0), at(3));
  desk.pass(3);
  assert.deepEqual(desk.words().slice(before), ['fill 11@10000 taker']);
});

test('paper questions: what was forgotten is unclear, never rejected', () => {
  const desk = openVenue({ historyMax: 4 });
  for (let k = 0; k < 8; k += 1) desk.send({ ...limit(9_980, 1), timeInForce: 'IOC' }, `c${k}`);
  assert.match(ask(desk, 'c0')[0] ?? '', /^unclear: Order does not exist.*kept for a while/);
  assert.match(ask(desk, 'c7').at(-1) ?? '', /^expired/);
});

test('paper faults: a lost request never arrives, a lost answer can be asked for', () => {
  const lost = openVenue({ faults: { seed: 's', loseRequest: 1 } });
  lost.send(limit(10_000, 10), 'a');
  assert.deepEqual([lost.heard, lost.venue.position('main', perpetual)], [[], 0]);
  const mute = openVenue({ faults: { seed: 's', loseAnswer: 1 } });
  mute.send(limit(10_000, 10), 'a');
  assert.deepEqual([mute.heard, mute.venue.position('main', perpetual)], [[], 10]);
  const heard = openVenue({ saved: JSON.parse(JSON.stringify(mute.venue.save())) as PaperSaved });
  assert.deepEqual(ask(heard, 'a'), ['fill 10@10000 taker', 'amended 10@10000']);
});

test('paper faults: a doubled fill is one fill told twice', () => {
  const desk = openVenue({ faults: { seed: 's', duplicateFill: 1 } });
  desk.send(limit(10_000, 10), 'a');
  const fills = desk.heard.filter(({ kind }) => kind === 'fill');
  assert.equal(fills.length, 2);
  assert.deepEqual(fills[0], fills[1]);
  assert.equal(desk.venue.position('main', perpetual), 10);
});

test('paper faults: an order rejected at random is one that never traded', () => {
  const desk = openVenue({ faults: { seed: 's', reject: 1 } });
  desk.send(limit(10_000, 10), 'a');
  assert.deepEqual(desk.words(), [
    'rejected: Server is currently overloaded with other requests. (-1008)',
  ]);
  assert.equal(desk.venue.position('main', perpetual), 0);
});

test('paper faults: a delay holds up what is behind it, nothing passes', () => {
  const desk = openVenue({ latencyUs: 1_000, faults: { seed: 's', delay: 0.5, delayUs: 90_000 } });
  for (let k = 0; k < 30; k += 1) desk.send(limit(9_980, 1), `c${k}`, k);
  desk.pass(2_000);
  assert.ok(desk.words().length < 30);
  desk.pass(10_000_000);
  assert.deepEqual(
    desk.tales(),
    Array.from({ length: 30 }, (_, k) => `c${k} accepted`),
  );
});

test('paper faults: one seed gives one story, another gives another', () => {
  const story = (seed: string): string[] => {
    const faults = { seed, loseRequest: 0.2, loseAnswer: 0.2, duplicateFill: 0.3, reject: 0.2 };
    const desk = openVenue({ faults });
    for (let k = 0; k < 60; k += 1) desk.send({ ...limit(10_020, 2) }, `c${k}`, k);
    return desk.tales();
  };
  assert.deepEqual(story('a'), story('a'));
  assert.notDeepEqual(story('a'), story('b'));
});

function busy(terms: Terms = {}): VenueDesk {
  const desk = openVenue({ instruments: [perpetual, spot], latencyUs: 1_000, ...terms });
  desk.pass(0);
  desk.send(limit(9_990, 10), 'rests'); // 50 ahead
  desk.send({ ...limit(10_000, 20), timeInForce: 'IOC' }, 'took');
  desk.pass(10_000);
  desk.trade(9_990, 45, true, 20_000);
  desk.send(sell(10_020, 5), 'on its way', 30_000);
  return desk;
}

test('paper save: a venue that goes on answers as the first would have', () => {
  const first = busy();
  const text = JSON.stringify(first.venue.save());
  const told = first.heard.length;
  const second = openVenue({
    instruments: [perpetual, spot],
    latencyUs: 1_000,
    books: first.books,
    saved: JSON.parse(text) as PaperSaved,
    fillIds: () => `q${second?.heard.length ?? 0}`,
  });
  for (const desk of [first, second]) {
    desk.pass(50_000);
    desk.trade(9_990, 8, true, 60_000, 60_000, 2); // 5 stood ahead
    desk.send({ ...limit(10_000, 20), timeInForce: 'IOC' }, 'more', 70_000); // 10 of 30 are left
    desk.venue.amend('rests', 9, asPrice(9_990), at(80_000));
    desk.venue.query('took', at(90_000));
    desk.pass(200_000);
  }
  const ids = (one: object): object => ({ ...one, fillId: '', timeUs: 0 });
  assert.deepEqual(second.heard.map(ids), first.heard.slice(told).map(ids));
  assert.ok(second.words().includes('fill 3@9990 maker'));
  assert.ok(second.words().includes('fill 10@10000 taker'));
  assert.equal(second.venue.balance('main', 'perps', 'USDT'), first.balance('USDT'));
});

test('paper save: what orders keep back, and margin, follow from what was saved', () => {
  const first = openVenue({ instruments: [spot], isPoor: true });
  first.deposit('2', 'USDT');
  first.send(limit(9_980, 10), 'a');
  const second = openVenue({ instruments: [spot], saved: first.venue.save(), books: first.books });
  second.send(limit(9_980, 20), 'b');
  assert.match(second.words()[0] ?? '', /insufficient balance/);
  second.cancel('a');
  second.send(limit(9_980, 20), 'c');
  assert.equal(second.tales().at(-1), 'c accepted');
});

test('paper save: another format and an instrument that is not listed are refused', () => {
  const saved = busy().venue.save();
  assert.throws(() => openVenue({ saved: { ...saved, format: 1 } }), /format 1; this is format 2/);
  assert.throws(
    () => openVenue({ instruments: [spot], saved }),
    /knows BTCUSDT.perps, which is not/,
  );
});

test('paper opening: a position told from outside is one, an impossible one is refused', () => {
  const desk = openVenue({ instruments: [perpetual, spot] });
  const told = { account: 'main', instrument: 'BTCUSDT.perps', qty: -20, cost: '-2' };
  desk.venue.openPosition(told);
  desk.send({ ...limit(10_000, 20), reduceOnly: true, timeInForce: 'IOC' }, 'a');
  assert.equal(desk.words().at(-1), 'fill 20@10000 taker');
  assert.equal(desk.balance('USDT'), '999999.999'); // bought for what it was sold, but the fee
  const open = (parts: object) => () => desk.venue.openPosition({ ...told, ...parts });
  assert.throws(open({ instrument: 'X' }), /position in X: it is not listed/);
  assert.throws(open({ instrument: 'ETHUSDT.spot' }), /spot has balances only/);
  assert.throws(open({ qty: Number.NaN }), /NaN is no whole number/);
  assert.throws(open({ cost: 'x' }), /cost 'x' is no plain decimal/);
  assert.throws(open({ qty: 0 }), /0 steps cannot have cost -2/);
  assert.equal(asQty(desk.venue.position('main', perpetual)), 0);
});
