// Owns the tests of the orders slice: what facts make of it, its bounds, what it refuses, its size.
// Promise: a saved slice goes through JSON text before it is loaded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Breach } from '../../../engine/core/decision.ts';
import { asQty } from '../../../engine/core/units.ts';
import {
  clientKeyProblems,
  decideClient,
  metadataProblems,
} from '../../../engine/orders/client-keys.ts';
import { toOrderRecord } from '../../../engine/orders/order-record.ts';
import { ordersSizeMax } from '../../../engine/orders/orders-slice.ts';
import {
  createOrdersDesk,
  createSlice,
  fillFact,
  openNet,
  restart,
  verdictOf,
} from '../../orders-fixture.ts';
import { at, fillOf, intentOf, linear, orderOf } from '../../trading-fixture.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const client = { key: 'anna/abc-1', bodyHash: HASH };
const accepted = (orderId: string) => ({ kind: 'accepted', orderId, timeUs: at(1) }) as const;

// S3: key abc-1 -> c0001x00000005; kill -9; the same key and body -> a second order.
test('client keys: the same key after a crash is answered with the first order', () => {
  const desk = createOrdersDesk();
  assert.deepEqual(decideClient(desk.slice, client), { kind: 'new' });
  desk.submit({ client, metadata: { desk: 'rates' } }, 'c0001x00000005');
  const [afterVerdict] = desk.journal;
  for (const journal of [desk.journal, [afterVerdict!]]) {
    const next = restart(desk, journal);
    const answer = { kind: 'accepted', orderId: 'c0001x00000005', isReplay: true };
    assert.deepEqual(decideClient(next.slice, client), { kind: 'same', answer });
    const conflict = { kind: 'conflict', orderId: 'c0001x00000005' };
    assert.deepEqual(decideClient(next.slice, { ...client, bodyHash: OTHER }), conflict);
    assert.deepEqual(next.slice.metadataOf('c0001x00000005'), { desk: 'rates' });
    assert.equal(next.slice.get('c0001x00000005')?.state, 'unknown');
  }
  assert.deepEqual(decideClient(desk.slice, null), { kind: 'new' });
});

test('client keys: a refusal is told again, with every breach', () => {
  const desk = createOrdersDesk();
  const breach: Breach = { limit: 'balance', scope: 'system', asked: 2, allowed: 1 };
  const parts = { approved: false, by: 'risk', breaches: [breach] } as const;
  desk.commit(verdictOf(intentOf({ client, qty: asQty(Number.NaN) }), 'c1', parts));
  const next = restart(desk);
  const answer = {
    kind: 'rejected',
    orderId: 'c1',
    by: 'risk',
    breaches: [breach],
    isReplay: true,
  };
  assert.deepEqual(decideClient(next.slice, client), { kind: 'same', answer });
  assert.equal(next.slice.get('c1'), null);
});

test('client keys: a journal of an engine with less room is folded, the latest counts', () => {
  const desk = createOrdersDesk();
  const breach: Breach = { limit: 'balance', scope: 'system', asked: 2, allowed: 1 };
  const refused = { approved: false, by: 'risk', breaches: [breach] } as const;
  desk.commit(verdictOf(intentOf({ client }), 'c1', refused));
  desk.commit(verdictOf(intentOf({ client }), 'c2'));
  const decision = decideClient(desk.slice, client);
  assert.ok(decision.kind === 'same' && decision.answer.kind === 'accepted');
  assert.equal(decision.answer.orderId, 'c2');
});

test('orders: a slice with less room takes over no more than it may ever save', () => {
  const large = createSlice(64, 256);
  for (let k = 0; k < 60; k += 1) {
    const intent = intentOf({ client: { key: `anna/${k}`, bodyHash: HASH }, metadata: { k } });
    large.fold(verdictOf(intent, `c${k}`), 1);
    large.fold(
      { kind: 'order', order: toOrderRecord({ ...large.get(`c${k}`)!, state: 'expired' }) },
      1,
    );
  }
  const small = createSlice(16, 16);
  small.load(JSON.parse(JSON.stringify(large.save())));
  const { orders, ended, clients, metadata } = small.save();
  assert.deepEqual([orders.length, ended.length, orders[0]?.id], [16, 16, 'c44']);
  assert.ok(clients.length <= 32 && clients.at(-1)?.[0] === 'anna/59');
  assert.ok(metadata.length <= 8 && metadata.every(([id]) => small.get(id) !== null));
  const same = createSlice(64, 256);
  same.load(JSON.parse(JSON.stringify(large.save())));
  assert.equal(same.hash(), large.hash());
});

test('client keys: the oldest is forgotten at the bound, a living order’s beyond twice it', () => {
  const slice = createSlice(64, 16);
  const key = (k: number) => ({ key: `anna/${k}`, bodyHash: HASH });
  for (let k = 0; k < 33; k += 1) slice.fold(verdictOf(intentOf({ client: key(k) }), `c${k}`), 1);
  const known = (k: number): boolean => slice.clientOrder(key(k).key) !== null;
  assert.ok(!known(0) && known(1) && known(32), 'thirty-two live, the oldest went');
  for (let k = 1; k < 32; k += 1) {
    slice.fold(
      { kind: 'order', order: toOrderRecord({ ...slice.get(`c${k}`)!, state: 'expired' }) },
      2,
    );
  }
  slice.fold(verdictOf(intentOf({ client: key(40) }), 'c40'), 3);
  assert.ok(known(32) && known(40), 'living');
  assert.equal(slice.save().clients.length, 16);
});

test('client keys: what is not bounded is refused by name', () => {
  assert.deepEqual(clientKeyProblems(client), []);
  const paths = (key: string, bodyHash = HASH) =>
    clientKeyProblems({ key, bodyHash }).map(({ path }) => path);
  assert.deepEqual(paths('k'.repeat(160)), []);
  for (const key of ['', 'k'.repeat(161), 'a b', 'ü', 'a\n']) {
    assert.deepEqual(paths(key), ['Idempotency-Key']);
  }
  assert.deepEqual(paths('k', 'A'.repeat(64)), ['bodyHash']);
});

test('metadata: sixteen keys of 64 characters, any JSON, 1,024 bytes pass, one more not', () => {
  const problems = (entries: readonly (readonly [string, unknown])[]): string[] =>
    metadataProblems(Object.fromEntries(entries) as Record<string, string>).map(({ path }) => path);
  const many = (count: number) => Array.from({ length: count }, (_, k) => [`k${k}`, 'v'] as const);
  assert.deepEqual(problems(many(16)), []);
  assert.deepEqual(problems(many(17)), ['metadata']);
  assert.deepEqual(problems([['k'.repeat(64), 'v']]), []);
  assert.deepEqual(problems([['k'.repeat(65), 'v']]), [`metadata.${'k'.repeat(64)}`]);
  assert.deepEqual(problems([['', 'v']]), ['metadata.']);
  for (const value of [1, null, true, [1], { tag: 'a' }]) {
    assert.deepEqual(problems([['k', value]]), []);
  }
  const one = 1024 - '{"k":""}'.length;
  assert.deepEqual(problems([['k', 'v'.repeat(one)]]), []);
  assert.deepEqual(problems([['k', 'v'.repeat(one + 1)]]), ['metadata']);
  assert.deepEqual(problems([['k', 'ü'.repeat(one / 2 + 1)]]), ['metadata'], 'bytes, not letters');
  const wide = (chars: number) =>
    [0, 1, 2, 3].map((k) => [`k${k}`, 'v'.repeat(k === 3 ? chars : 256)] as const);
  assert.deepEqual(problems(wide(223)), []); // 1,024 bytes: 33 of them punctuation and keys
  assert.deepEqual(problems(wide(224)), ['metadata']);
});

test('orders slice: an approved order exists from its verdict on', () => {
  const slice = createSlice();
  slice.fold(verdictOf(intentOf({ parentId: 'p1' }), 'c1'), 7);
  const order = slice.get('c1');
  assert.deepEqual([order?.state, order?.qty, order?.limitPrice], ['created', 10, 10_000]);
  assert.deepEqual([order?.parentId, order?.createdUs], ['p1', 7]);
  assert.equal(openNet(slice, linear), 10);
});

test('orders slice: facts that contradict it are refused', () => {
  const desk = createOrdersDesk();
  const order = desk.submit({}, 'c1');
  const record = (parts: object) => ({ ...toOrderRecord(order), ...parts });
  const commit = (parts: object) => () => desk.commit({ kind: 'order', order: record(parts) });
  assert.throws(commit({ filledQty: '0.004', filledValue: '0.4' }), /without the fills/);
  assert.throws(commit({ instrument: 'ETHUSDT.spot' }), /another instrument/);
  assert.throws(commit({ instrument: 'XRP.none' }), /not configured/);
  desk.commit(fillFact(order, fillOf(10_000, 4)));
  const twice = fillFact(order, fillOf(10_000, 4));
  assert.throws(() => desk.commit(twice), /booked before/);
  assert.throws(
    () => desk.commit(fillFact(order, fillOf(10_000, 9, { fillId: 'f2' }))),
    /overfill/,
  );
  const stranger = fillFact({ ...order, id: 'zz' }, fillOf(10_000, 1, { fillId: 'f3' }));
  assert.throws(() => desk.commit(stranger), /nobody knows order zz/);
  const filled = { filledQty: '0.004', filledValue: '0.4' };
  commit({ ...filled, state: 'cancelled' })();
  assert.throws(commit({ ...filled, state: 'open' }), /cancelled is final/);
  assert.throws(() => desk.commit(verdictOf(intentOf(), 'c1')), /approved before/);
});

test('orders slice: what is loaded is what was saved, and goes on alike', () => {
  const desk = createOrdersDesk();
  for (const id of ['c1', 'c2', 'c3']) desk.submit({ metadata: { id } }, id);
  desk.hear(accepted('c1'));
  desk.hear(fillOf(10_000, 4));
  desk.amend('c1', 20, 9_000);
  desk.cancel('c2');
  desk.hear({ kind: 'ended', orderId: 'c3', state: 'expired', reason: 'x', timeUs: at(2) });
  const copy = createSlice();
  copy.load(JSON.parse(JSON.stringify(desk.slice.save())));
  assert.equal(copy.hash(), desk.slice.hash());
  assert.deepEqual(copy.list(9), desk.slice.list(9));
  assert.deepEqual(copy.requestsOf('c1'), desk.slice.requestsOf('c1'));
  assert.deepEqual([...copy.unknownIds()], [...desk.slice.unknownIds()]);
  assert.equal(openNet(copy, linear), openNet(desk.slice, linear));
});

test('orders slice: fill ids are forgotten oldest first, those of living orders last', () => {
  const slice = createSlice(2); // eight ids
  slice.fold(verdictOf(intentOf({ qty: asQty(1000) }), 'c1'), 1);
  slice.fold(verdictOf(intentOf({ qty: asQty(1000) }), 'c2'), 1);
  const fill = (orderId: string, fillId: string): void =>
    slice.fold(fillFact(slice.get(orderId)!, fillOf(10_000, 1, { fillId })), 2);
  for (let k = 0; k < 4; k += 1) fill('c1', `a${k}`);
  for (let k = 0; k < 8; k += 1) fill('c2', `b${k}`);
  assert.equal(slice.save().fills.length, 12, 'both live');
  slice.fold(
    { kind: 'order', order: toOrderRecord({ ...slice.get('c1')!, state: 'cancelled' }) },
    3,
  );
  fill('c2', 'b8');
  assert.ok(!slice.hasFill(linear, 'a0') && slice.hasFill(linear, 'b0'));
});

test('orders slice: it never grows beyond its largest size, every text at its bound', () => {
  const capacity = { orders: 4, clientKeys: 16 };
  const key = `${'I'.repeat(35)}.${'v'.repeat(12)}`;
  const instrument = { ...linear, key, priceScale: 8, qtyScale: 8 };
  const slice = createSlice(capacity.orders, capacity.clientKeys);
  const wide = 'w'.repeat(64);
  const long = 'r'.repeat(160);
  const order = orderOf({ account: wide, strategy: wide, parentId: wide });
  const steps = 9_007_199_254_740_991;
  const record = {
    ...toOrderRecord({ ...order, instrument, qty: asQty(steps), filledQty: asQty(steps - 1) }),
    id: wide,
    price: '90071992.54740991',
    limitPrice: '90071992.54740991',
    filledValue: '8112963841460666.1234567812345678',
    averagePrice: '90071992.547409911234',
    origin: { kind: 'strategy', reference: long },
    reason: long,
  };
  assert.ok(JSON.stringify(record).length <= 1536, String(JSON.stringify(record).length));
  const amount = '90071992.54740991';
  const change = { qty: amount, price: amount };
  const request = { orderId: wide, request: 'cancel', state: 'timed_out', attempt: 5, by: wide };
  const whole = JSON.stringify({ ...request, reason: long, change, sentUs: steps });
  assert.ok(whole.length <= 512, String(whole.length));
  assert.ok(JSON.stringify([`${key} ${wide}`, wide]).length + 1 <= 200);
  const one = { kind: 'accepted', orderId: wide, bodyHash: HASH };
  assert.ok(JSON.stringify(['k'.repeat(160), one]).length + 1 <= 420);
  const breach = {
    limit: 'instrument_not_tradable',
    scope: `instrument:${key}`,
    asked: Math.PI * 1e-7,
  };
  const breaches = Array.from({ length: 70 }, () => ({ ...breach, allowed: -Math.PI * 1e-7 }));
  const refusal = ['k'.repeat(160), { ...one, kind: 'rejected', by: 'compliance', breaches }];
  assert.ok(JSON.stringify(refusal).length <= 12_288, String(JSON.stringify(refusal).length));
  assert.ok(JSON.stringify(slice.save()).length <= 1024);
  assert.ok(ordersSizeMax({ orders: 4096, clientKeys: 4096 }) < 32 * 2 ** 20);
});
