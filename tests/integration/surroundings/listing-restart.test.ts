// Owns the tests of what a restart makes of instruments that people added while an engine ran.
// Promise: the configuration's list counts, and nobody's position is left without its instrument.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import {
  add,
  added,
  cutPower,
  heldOf,
  type ListingDesk,
  openListing,
  pass,
  quote,
  refusalOf,
  rest,
  retire,
  specOf,
  trade,
  traded,
} from '../../listing-fixture.ts';

const SOL = specOf('SOLUSDT');
const SCOPE = `instrument:${SOL.key}` as const;

async function openDesk(t: TestContext, from?: ListingDesk): Promise<ListingDesk> {
  const { disk = undefined, nowMs = 0 } = from ?? {};
  const desk = await openListing(t, disk === undefined ? {} : { disk, fromMs: nowMs });
  for (const instrument of desk.system.rooms.listed.traded()) quote(desk, instrument);
  for (let k = 0; k < 3; k += 1) pass(desk, 100);
  return desk;
}

/** Everything is on the disk, and the next engine finds it. */
async function restart(t: TestContext, desk: ListingDesk): Promise<ListingDesk> {
  await desk.system.stop('a restart');
  return openDesk(t, desk);
}

test('restart: one that was added and that nobody holds is retired', async (t) => {
  const desk = await openDesk(t);
  add(desk, SOL);
  const next = await restart(t, desk);
  const { listed, state } = next.system.rooms;
  assert.equal(listed.byKey(SOL.key), null);
  assert.equal(state.instruments.isTraded(SOL.key), false);
  assert.equal(SCOPE in state.limits.tree().scopes, false);
  assert.match(refusalOf(next, added({ ...SOL, multiplier: 2 })), /was traded here with/);
  add(next, SOL);
});

test('restart: one that was added and is held is traded on, with its limits', async (t) => {
  const desk = await openDesk(t);
  const sol = add(desk, SOL);
  quote(desk, sol);
  trade(desk, sol, 4);
  const held = heldOf(desk, SOL.key);
  assert.ok(held > 0n);
  const next = await restart(t, desk);
  const { rooms } = next.system;
  assert.equal(traded(next, SOL.key).index, 2);
  assert.equal(heldOf(next, SOL.key), held);
  assert.equal(rooms.limits.hardOf(SCOPE, 'position'), 100_000);
  quote(next, traded(next, SOL.key));
  assert.ok(rooms.exposure.gross() > 0 && Number.isFinite(equityOf(rooms.worths)));
  trade(next, traded(next, SOL.key), -4);
  assert.equal(heldOf(next, SOL.key), 0n);
  const last = await restart(t, next);
  assert.equal(last.system.rooms.listed.byKey(SOL.key), null, 'flat, and gone with the run');
});

test('restart: an order that lives keeps what was added, in its own slot', async (t) => {
  const desk = await openDesk(t);
  const sol = add(desk, SOL);
  quote(desk, sol);
  rest(desk, sol, desk.system.ground.books.bidPrice(sol, 0) - sol.tick);
  const next = await openListing(t, { disk: cutPower(desk), fromMs: desk.nowMs });
  const { rooms } = next.system;
  const [order] = rooms.state.orders.open();
  assert.equal(order?.instrument, traded(next, SOL.key));
  assert.equal(rooms.exposure.openOrders(), 1, 'until its venue has said that it is gone');
});

test('restart: limits that people changed live on; those of what is gone do not', async (t) => {
  const desk = await openDesk(t);
  add(desk, SOL);
  const { scopes } = desk.system.rooms.limits.tree();
  const own = { ...scopes[SCOPE], position: { hard: 500, soft: 400 } };
  const venue = { gross: { hard: 5e6, soft: 4e6 } };
  const tree = { version: 2, scopes: { ...scopes, [SCOPE]: own, 'venue:binance-usdm': venue } };
  desk.system.engine.commit({ kind: 'limits_configured', tree });
  const next = await restart(t, desk);
  const { limits } = next.system.rooms;
  assert.equal(limits.tree().version, 2);
  assert.equal(limits.hardOf('venue:binance-usdm', 'gross'), 5e6);
  add(next, SOL);
  assert.equal(limits.hardOf(SCOPE, 'position'), 100_000, 'as the configuration has them');
  retire(next, SOL.key);
});
