// Owns the laws of orders under any interleaving: losses, repeats, delays, strangers, crashes.
// Promise: the venue below is a model of its own; it shares no code with the rooms it tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createOrdersDesk, createSlice, type OrdersDesk, restart } from '../../orders-fixture.ts';
import { instruments } from '../../trading-fixture.ts';
import { createVenue, type TestVenue } from './venue.ts';

const RUNS = { seed: 20240808, numRuns: 100 };

interface Step {
  readonly what: string;
  readonly which: number; // of orders or of waiting messages
  readonly size: number;
  readonly luck: number; // 0..9: what the network does with it
}

const step = fc.record({
  what: fc.constantFrom(
    ...['submit', 'submit', 'cancel', 'amend', 'fill', 'fill', 'deliver', 'deliver', 'deliver'],
    ...['repeat', 'time', 'long time', 'link', 'stranger', 'list', 'load', 'crash'],
  ),
  which: fc.nat(1000),
  size: fc.integer({ min: 1, max: 40 }),
  luck: fc.nat(9),
});

interface World {
  desk: OrdersDesk;
  readonly venue: TestVenue;
  seen: number; // requests of the desk the venue has been told of
  ids: number;
  replica: ReturnType<typeof createSlice>;
  copied: number; // facts the replica has folded
}

const openWorld = (): World => ({
  desk: createOrdersDesk(),
  venue: createVenue(),
  seen: 0,
  ids: 0,
  replica: createSlice(),
  copied: 0,
});

/** What has left reaches the venue, or is lost on the way, or its answer is. */
function carry(world: World, luck: number): void {
  const { desk, venue } = world;
  for (; world.seen < desk.sent.length; world.seen += 1) {
    const [kind = '', id = ''] = desk.sent[world.seen]!.split(' ');
    if (luck < 2) continue;
    const order = desk.slice.get(id)!;
    const change = desk.slice.requestsOf(id).amend?.change ?? null;
    venue.take(kind, order, change, luck > 3);
  }
}

function act(world: World, { what, which, size, luck }: Step): void {
  const { desk, venue } = world;
  const open = desk.slice.open();
  const order = open[which % Math.max(1, open.length)];
  if (what === 'submit' && desk.slice.hasRoom()) {
    world.ids += 1;
    const instrument = instruments[which % 2]!;
    desk.submit(
      { instrument, qty: size as never, price: (10 * (900 + which)) as never },
      `c${world.ids}`,
    );
  } else if (what === 'cancel' && order !== undefined) {
    desk.cancel(order.id, { by: luck > 4 ? 'anna' : 'kill', reason: 'test' });
  } else if (what === 'amend' && order !== undefined) {
    const change = { qty: (order.filledQty + size) as never, price: (10 * (900 + which)) as never };
    const decision = desk.requests.amend(order, change, { by: 'anna', reason: 'test' });
    if (decision.kind === 'errand') desk.carryOut([decision.errand]);
  } else if (what === 'fill') venue.trade(which, size);
  else if (what === 'deliver' || what === 'repeat') {
    const message = venue.message(which, what === 'repeat');
    if (message !== null && desk.isUp) desk.hear(message);
  } else if (what === 'time') desk.advance(size * 20_000);
  else if (what === 'long time') desk.advance(size * 400_000);
  else if (what === 'link') desk.isUp = luck > 2;
  else if (what === 'stranger') venue.place(`web-${which}`, size);
  else if (what === 'list' && luck > 4) desk.reconcile(venue.list('test', desk.nowUs));
  else if (what === 'load' || what === 'crash') world.desk = start(world, what === 'load', size);
  carry(world, luck);
}

/** From a checkpoint, or from a journal whose last facts were not written yet. */
function start(world: World, isLoad: boolean, lost: number): OrdersDesk {
  const { desk, venue } = world;
  const kept = desk.journal.slice(0, isLoad ? undefined : -(lost % 8) || undefined);
  const next = restart(desk, kept);
  next.isUp = true;
  venue.tellTrades();
  world.seen = 0;
  world.replica = createSlice();
  world.copied = 0;
  return next;
}

/** The replica is saved and loaded at every step, and still says what the desk says. */
function checkLaws(world: World): void {
  const { desk } = world;
  const replica = createSlice();
  replica.load(JSON.parse(JSON.stringify(world.replica.save())));
  world.replica = replica;
  for (; world.copied < desk.journal.length; world.copied += 1) {
    const { body, timeUs } = desk.journal[world.copied]!;
    replica.fold(body, timeUs);
  }
  assert.equal(replica.hash(), desk.slice.hash(), 'replica = live');
  for (const order of desk.slice.list(1000)) {
    assert.ok(order.filledQty <= order.qty && order.filledQty >= 0, `${order.id} is overfilled`);
  }
  const fills = desk.facts('fill').map(({ fill }) => `${fill.instrument} ${fill.id}`);
  assert.equal(new Set(fills).size, fills.length, 'a fill was booked twice');
}

/** The network heals: everything that was ever asked or traded becomes known. */
function settle(world: World): void {
  const { desk, venue } = world;
  desk.isUp = true;
  venue.tellTrades();
  for (let round = 0; round < 60; round += 1) {
    desk.advance(1_000_000);
    carry(world, 9);
    for (let next = venue.message(0, false); next !== null; next = venue.message(0, false)) {
      desk.hear(next);
      carry(world, 9);
    }
    if (round % 10 === 5) desk.reconcile(venue.list('test', desk.nowUs));
    checkLaws(world);
  }
}

test('orders: whatever is lost, repeated, late or crashes, facts are the state', () => {
  let booked = 0;
  let crashes = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 200, size: 'max' }), (steps) => {
      const world = openWorld();
      for (const one of steps) {
        act(world, one);
        checkLaws(world);
        if (one.what === 'crash') crashes += 1;
      }
      settle(world);
      const { desk, venue } = world;
      assert.deepEqual([...desk.slice.requests()], [], 'every request ends');
      assert.deepEqual([...desk.slice.unknownIds()], [], 'every order becomes clear');
      for (const { id, filled, isOpen } of venue.orders()) {
        const order = desk.slice.get(id);
        if (order === null && filled === 0 && !isOpen) continue; // its whole life was lost
        assert.equal(order?.filledQty, filled, `${id}: a fill was passed over`);
        const isLiving = desk.slice.open().some((one) => one.id === id);
        assert.equal(isLiving, isOpen, `${id}: ${order?.state}`);
      }
      assert.equal(desk.slice.openCount, venue.orders().filter(({ isOpen }) => isOpen).length);
      booked += desk.facts('fill').length;
    }),
    RUNS,
  );
  assert.ok(booked > 500 && crashes > 300, `${booked} fills, ${crashes} crashes`);
});
