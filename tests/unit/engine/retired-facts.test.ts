// Owns what a venue still says of an instrument that is not traded any more.
// Promise: another one has its slot, and holds something; nothing there may move.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OrderReport } from '../../../engine/core/event.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createState } from '../../../engine/state.ts';
import {
  add,
  at,
  heldOf,
  type ListingDesk,
  openListing,
  pass,
  quote,
  rest,
  retire,
  specOf,
  trade,
} from '../../listing-fixture.ts';

const SOL = specOf('SOLUSDT');
const VENUE = `venue:${SOL.venue}` as const;

interface Scene {
  readonly desk: ListingDesk;
  readonly orderId: string; // of SOL, cancelled before it was retired
  readonly sol: Instrument;
  readonly xrp: Instrument; // in its slot
}

async function play(t: TestContext): Promise<Scene> {
  const desk = await openListing(t, { settings: ['capacity.instruments=3'] });
  for (const instrument of desk.system.rooms.listed.traded()) quote(desk, instrument);
  for (let k = 0; k < 3; k += 1) pass(desk, 100);
  const sol = add(desk, SOL);
  quote(desk, sol);
  rest(desk, sol, desk.system.ground.books.bidPrice(sol, 0) - sol.tick);
  const orderId = desk.system.rooms.state.orders.open()[0]?.id ?? '';
  const cancel = { kind: 'cancel', orderId, by: 'ann', reason: 'test' } as const;
  desk.system.apply({ kind: 'command', command: cancel, correlation: 0 });
  pass(desk);
  retire(desk, sol.key);
  const xrp = add(desk, specOf('XRPUSDT'));
  assert.equal(xrp.index, sol.index);
  quote(desk, xrp);
  trade(desk, xrp, 100);
  return { desk, orderId, sol, xrp };
}

function tell({ desk }: Scene, report: OrderReport): void {
  desk.system.apply({ kind: 'report', report, receiveUs: at(desk.nowMs) });
}

const fillOf = ({ desk, sol }: Scene, orderId: string, fillId: string) =>
  ({
    kind: 'fill',
    orderId,
    fillId,
    price: asPrice(1_400_000),
    qty: sol.lot,
    liquidity: 'maker',
    fee: null,
    timeUs: at(desk.nowMs),
  }) as const;

const exposureOf = ({ desk: { system } }: Scene) => ({
  gross: system.rooms.exposure.gross(),
  net: system.rooms.exposure.net(),
});

test('retired: a late fill is booked, moves no other row, and stops its venue', async (t) => {
  const scene = await play(t);
  const before = exposureOf(scene);
  assert.ok(before.gross > 0);
  tell(scene, fillOf(scene, scene.orderId, 'late-1'));
  const { rooms } = scene.desk.system;
  assert.deepEqual(exposureOf(scene), before);
  assert.equal(heldOf(scene.desk, SOL.key) > 0n, true, 'the ledger has it');
  assert.equal(rooms.guard.stateOf(VENUE), 'reducing');
  const [word] = rooms.state.standings.wordsOn(VENUE);
  assert.match(word?.reason ?? '', /^fill late-1 of .* in no limit/);
  pass(scene.desk, 200);
  assert.equal(rooms.exposure.openOrders(), 0);
});

test('retired: somebody else’s order moves no other row, and stops its venue', async (t) => {
  const scene = await play(t);
  const before = exposureOf(scene);
  const { sol, desk } = scene;
  const order = {
    orderId: 'web-1',
    account: 'main',
    instrument: sol,
    side: 'buy',
    type: 'limit',
    qty: asQty(5 * sol.lot),
    filledQty: asQty(0),
    price: asPrice(1_400_000),
    timeUs: at(desk.nowMs),
  } as const;
  tell(scene, { ...fillOf(scene, 'web-1', 'web-f1'), order });
  const { rooms } = desk.system;
  assert.equal(rooms.state.orders.get('web-1')?.origin.kind, 'external');
  assert.deepEqual(exposureOf(scene), before);
  assert.equal(rooms.guard.stateOf(VENUE), 'reducing');
});

test('retired: a replica takes an order whose instrument was told anew', async (t) => {
  const { desk, orderId } = await play(t);
  const { state } = desk.system.rooms;
  const replica = createState({ capacity: { orders: 64, clientKeys: 64 } });
  for (const { slice, state: saved } of state.save()) replica.load(slice, saved);
  const record = replica.instruments.recordOf(SOL.key);
  assert.ok(record !== null);
  const told = { kind: 'instrument', change: 'added', instrument: record, by: 'ann' } as const;
  replica.fold({ ...told, reason: '' }, at(desk.nowMs));
  const order = state.orders.save().orders.find(({ id }) => id === orderId);
  assert.ok(order !== undefined);
  replica.fold({ kind: 'order', order }, at(desk.nowMs));
  assert.equal(replica.orders.get(orderId)?.instrument.index, -1);
});
