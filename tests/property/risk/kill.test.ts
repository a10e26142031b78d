// Owns the law of the kill switch, against a venue that loses, delays and surprises.
// Promise: the truth lies beside the kill, which hears only what the wire lets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../../engine/core/assert.ts';
import { isTerminal, type Order, type OrderState } from '../../../engine/core/order.ts';
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import type { KillReport } from '../../../engine/core/risk.ts';
import { createKill, type KillAction } from '../../../engine/risk/kill.ts';
import { at, linear, orderOf, spot } from '../../trading-fixture.ts';

const VENUES = ['test', 'spot'];
const STEP_US = 50_000;

interface Venue {
  readonly open: Set<string>;
  told: number; // what it last said, NaN: nothing
}

interface World {
  readonly random: Random;
  readonly orders: Map<string, Order>; // as the engine knows them
  readonly venues: ReadonlyMap<string, Venue>;
  readonly wire: (() => readonly KillAction[])[]; // messages on their way, in any order
  readonly loss: number; // share of messages that never arrive
  positions: number;
  nowUs: number;
  report: KillReport | null;
  names: number;
}

type Kill = ReturnType<typeof createKill>;

const settle = (world: World, kill: Kill, id: string, state: OrderState): readonly KillAction[] => {
  const order = world.orders.get(id);
  if (order === undefined || isTerminal(order)) return [];
  const next = { ...order, state };
  world.orders.set(id, next);
  return kill.onOrder(next, at(world.nowUs));
};

// What arrives at a venue ends the order there; the answer travels, or is lost.
function cancelAt(world: World, kill: Kill, id: string, name: string): void {
  if (world.random.uniform() < world.loss) return;
  const venue = world.venues.get(name)!;
  const isFilled = world.random.uniform() < 0.2;
  venue.open.delete(id);
  if (isFilled && world.random.uniform() < 0.5) world.positions += 1; // the cancel came too late
  if (world.random.uniform() < world.loss) return;
  world.wire.push(() => settle(world, kill, id, isFilled ? 'filled' : 'cancelled'));
}

function carryOut(world: World, kill: Kill, actions: readonly KillAction[]): void {
  for (const action of actions) {
    switch (action.kind) {
      case 'block':
        break;
      case 'cancel':
      case 'cancel_unknown':
        cancelAt(world, kill, action.orderId, action.venue);
        break;
      case 'ask':
        ask(world, kill, action.venue);
        break;
      case 'flatten':
        flatten(world, kill, action.venues);
        break;
      case 'report':
        assert.equal(world.report, null, 'one report');
        world.report = action.report;
        break;
      default:
        assertNever(action);
    }
  }
}

function ask(world: World, kill: Kill, name: string): void {
  if (world.random.uniform() < world.loss) return;
  const venue = world.venues.get(name)!;
  const ids = [...venue.open];
  if (world.random.uniform() < world.loss) return;
  world.wire.push(() => {
    venue.told = ids.length;
    return kill.onOpenOrders(name, ids, at(world.nowUs));
  });
}

function flatten(world: World, kill: Kill, venues: readonly string[]): void {
  const name = venues[world.random.integer(venues.length)]!;
  const order = place(world, name, true);
  carryOut(world, kill, kill.onOrder(order, at(world.nowUs)));
  world.wire.push(() => {
    world.venues.get(name)!.open.delete(order.id);
    world.positions = Math.max(0, world.positions - 1);
    const actions = [...settle(world, kill, order.id, 'filled')];
    return [...actions, ...kill.onPositions(world.positions, at(world.nowUs))];
  });
}

function place(world: World, venue: string, isLiquidation = false): Order {
  world.names += 1;
  const id = `o${world.names}`;
  const instrument = venue === 'spot' ? spot : linear;
  const origin = isLiquidation
    ? ({ kind: 'risk', reason: 'kill' } as const)
    : ({ kind: 'signal', signalId: 1 } as const);
  const order: Order = { ...orderOf({ instrument, origin }, id), state: 'sent' };
  world.orders.set(id, order);
  world.venues.get(venue)!.open.add(id);
  return order;
}

function openWorld(seed: string, loss: number): World {
  const random = createRandom(seed);
  const world: World = {
    random,
    orders: new Map(),
    venues: new Map(VENUES.map((name) => [name, { open: new Set(), told: Number.NaN }])),
    wire: [],
    loss,
    positions: random.integer(3),
    nowUs: 1_000_000,
    report: null,
    names: 0,
  };
  for (let n = random.integer(12); n > 0; n -= 1) place(world, VENUES[random.integer(2)]!);
  for (let n = random.integer(3); n > 0; n -= 1) {
    world.venues.get(VENUES[random.integer(2)]!)!.open.add(`stranger${n}`);
  }
  return world;
}

function live(world: World, isFlatten: boolean): KillReport {
  const kill = createKill({ venues: VENUES });
  const { random } = world;
  const open = [...world.orders.values()];
  const options = { flatten: isFlatten, drill: false, reason: 'fire', by: 'anna' };
  carryOut(world, kill, kill.start(options, open, world.positions, at(world.nowUs)));
  while (world.report === null) {
    world.nowUs += random.integer(STEP_US);
    const message = world.wire.splice(random.integer(world.wire.length + 1), 1)[0];
    if (message !== undefined) carryOut(world, kill, message());
    const luck = random.uniform();
    if (world.report !== null) break;
    if (luck < 0.02) carryOut(world, kill, kill.onOrder(place(world, 'test'), at(world.nowUs)));
    if (luck > 0.98) unclear(world, kill);
    if (luck > 0.3) carryOut(world, kill, kill.advance(at(world.nowUs)));
    assert.ok(world.nowUs < 12_000_000, 'a kill ends');
  }
  return world.report;
}

function unclear(world: World, kill: Kill): void {
  const [order] = [...world.orders.values()].filter((one) => !isTerminal(one));
  if (order !== undefined) carryOut(world, kill, settle(world, kill, order.id, 'unknown'));
}

test('kill: never confirmed while an order lives or a venue last said more than zero', () => {
  const ends = { confirmed: 0, unconfirmed: 0 };
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(0, 0.05, 0.3, 0.9),
      fc.boolean(),
      (seed, loss, isFlatten) => {
        const world = openWorld(`kill/${seed}`, loss);
        const report = live(world, isFlatten);
        const living = [...world.orders.values()].filter((order) => !isTerminal(order));
        if (!report.isConfirmed) {
          ends.unconfirmed += 1;
          assert.notEqual(report.problem, '');
          assert.ok(world.nowUs - report.startedUs >= 10_000_000, 'not before its time');
          return;
        }
        ends.confirmed += 1;
        assert.deepEqual(living, []);
        for (const [name, { told }] of world.venues) {
          assert.equal(told, 0, `${name} last said ${told}`);
          assert.equal(report.openAtVenues[name], 0);
        }
        for (const { orderId, endedUs } of report.orders) assert.notEqual(endedUs, null, orderId);
        assert.ok(report.cancelledUs !== null && report.confirmedUs !== null);
        assert.ok(report.cancelledUs <= report.confirmedUs);
        if (isFlatten) assert.equal(report.positionsLeft, 0);
      },
    ),
    { seed: 11, numRuns: 400 },
  );
  assert.ok(ends.confirmed > 100 && ends.unconfirmed > 30, JSON.stringify(ends));
});

test('kill: what it confirms is true at the venues when nothing gets lost', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = openWorld(`true/${seed}`, 0);
      const report = live(world, false);
      if (!report.isConfirmed) return;
      for (const { open } of world.venues.values()) assert.deepEqual([...open], []);
    }),
    { seed: 12, numRuns: 200 },
  );
});
