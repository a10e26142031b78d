// Owns the tests of positions that risk closes in a running engine: whose, and how much.
// Promise: the real rooms on real kernels; a position never grows, flips, or is closed twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import type { LimitScope } from '../../../engine/core/limit.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { State } from '../../../engine/state.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  fillReport,
  heldOf,
  listed,
  recovered,
} from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(ASK),
    timeInForce: 'IOC',
    ...parts,
  });

/** What the journal of an engine says in which these strategies bought so many steps of BTC. */
function holding(owners: Readonly<Record<string, number>>): State {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  for (const [strategy, qty] of Object.entries(owners)) {
    desk.command({ kind: 'submit', intent: manual({ strategy, qty: asQty(qty) }) }, 1);
    const order = desk.out.placed.at(-1);
    desk.report(fillReport(order?.id ?? '', ASK, qty, strategy, 15));
    assert.equal(heldOf(desk, strategy), qty);
  }
  return recovered(desk);
}

type Level = 'warning' | 'halted';

/** An engine that goes on from there, with drawdowns at these levels. */
function openDesk(
  state: State,
  levels: Readonly<Record<string, Level>>,
  settings: readonly string[] = [],
): EngineDesk {
  const { value: capital } = state.accounts.capital();
  const drawdowns = Object.entries(levels).map(([name, level]) => {
    const scope = name as LimitScope;
    // Equity is 3.5 % below: a warning, no halt; of a strategy 2.5 % of equity.
    const peak = scope === 'system' ? 10_000_000 / 0.965 : 250_000;
    return { scope, level, peak, day: 0, dayPeak: peak, capital };
  });
  state.fold({ kind: 'peaks', drawdowns }, at(0));
  return createEngineDesk({ state, settings });
}

const sells = (desk: EngineDesk) =>
  desk.out.placed
    .filter(({ intent }) => intent.side === 'sell')
    .map(({ intent }) => [intent.strategy, intent.qty]);

test('reduction: without a book nothing is sent, nothing recorded, and nothing refused', () => {
  const desk = openDesk(holding({ manual: 1000 }), { system: 'halted' });
  for (let ms = 100; ms <= 3000; ms += 100) desk.tick(ms);
  assert.deepEqual(desk.records('reduction'), []);
  assert.deepEqual(desk.records('verdict'), []);
  desk.load(BID, ASK, 3010);
  desk.tick(3020);
  assert.deepEqual(sells(desk), [['manual', 1000]]);
  assert.equal(desk.records('reduction')[0]?.orders, 1);
});

test('reduction: a step that is refused records no orders and is tried once a second', () => {
  const limits = ['risk.maxOrderQuantity=0.0005']; // below one lot
  const desk = openDesk(holding({ manual: 1000 }), { system: 'halted' }, limits);
  desk.load(BID, ASK, 0);
  for (let ms = 0; ms < 2900; ms += 100) desk.tick(ms);
  assert.deepEqual(sells(desk), []);
  assert.deepEqual(desk.records('reduction'), []);
  const refused = desk.records('verdict').filter(({ approved }) => !approved);
  assert.equal(refused.length, 3 * 20, 'twenty slices of a lot, at 0, 1 and 2 s');
});

test('reduction: no owner gives more than it holds less what it already sells', () => {
  const owners = { manual: 600, 'signal-follower': 400 };
  const desk = openDesk(holding(owners), { system: 'warning' }, [
    'risk.reductionIntervalMs=300',
    'risk.reductionSteps=2',
  ]);
  desk.load(BID, ASK, 0);
  desk.tick(1);
  assert.deepEqual(sells(desk), [['manual', 500]], 'step 1: half of all, from the largest');
  for (let ms = 100; ms <= 700; ms += 100) {
    desk.load(BID, ASK, ms);
    desk.tick(ms);
  }
  const sold = new Map<string, number>();
  for (const [strategy, qty] of sells(desk)) {
    sold.set(String(strategy), (sold.get(String(strategy)) ?? 0) + Number(qty));
  }
  assert.deepEqual(Object.fromEntries(sold), owners);
});

test('reduction: a strategy and the system at once close the position once', () => {
  const levels = { system: 'halted', 'strategy:manual': 'halted' } as const;
  const desk = openDesk(holding({ manual: 1000 }), levels);
  desk.load(BID, ASK, 0);
  for (let ms = 1; ms <= 2000; ms += 100) {
    desk.load(BID, ASK, ms);
    desk.tick(ms);
  }
  assert.deepEqual(sells(desk), [['manual', 1000]], 'unanswered, it counts as on its way');
  const [sell] = desk.out.placed;
  desk.report(fillReport(sell?.id ?? '', BID, 400, 'f2', 2010));
  const ended = { kind: 'ended', state: 'expired', reason: 'the rest' } as const;
  desk.report({ ...ended, orderId: sell?.id ?? '', timeUs: at(2020) });
  desk.load(BID, ASK, 2300);
  desk.tick(2400);
  assert.deepEqual(sells(desk).slice(1), [['manual', 600]], 'what is left, once');
});

test('reduction: a resting order that would close the position one day is taken back', () => {
  const resting = {
    ...manual({ side: 'sell', qty: asQty(1000), price: asPrice(ASK + 100_000) }),
    timeInForce: 'GTC',
    reduceOnly: true,
  } as const;
  const desk = createEngineDesk({ state: holding({ manual: 1000 }) });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: resting }, 1);
  const [order] = desk.out.placed;
  assert.ok(order, JSON.stringify(desk.out.answers.at(-1)));
  desk.report({ kind: 'accepted', orderId: order.id, timeUs: at(12) });
  const fall = Math.round(BID * 0.9); // equity falls by far less than a warning
  desk.load(fall, fall + 10, 20);
  const peak = equityOf(desk.rooms.worths) / 0.96;
  const state = recovered(desk);
  const { value: capital } = state.accounts.capital();
  const peaks = { peak, day: 0, dayPeak: peak, capital };
  const warned = { scope: 'system', level: 'warning', ...peaks } as const;
  state.fold({ kind: 'peaks', drawdowns: [warned] }, at(30));
  const next = createEngineDesk({ state, openAtVenue: [listed(desk, order.id)] });
  next.load(fall, fall + 10, 0);
  next.tick(10);
  assert.deepEqual(
    next.out.cancelled.map(({ id }) => id),
    [order.id],
  );
  const reason = 'requested';
  next.report({ kind: 'ended', orderId: order.id, state: 'cancelled', reason, timeUs: at(20) });
  next.tick(30);
  assert.deepEqual(sells(next), [['manual', 250]], 'a quarter, the first of four steps');
});

test('reduction: a liquidation passes a halt of every scope, and nothing else does', () => {
  const desk = openDesk(holding({ manual: 1000 }), { 'strategy:manual': 'halted' });
  const word = { kind: 'trading_state', state: 'halted', reason: 'r', by: 'anna' } as const;
  for (const scope of [
    'system',
    'portfolio:main',
    `venue:${BTC.venue}`,
    `instrument:${BTC.key}`,
  ] as const) {
    desk.command({ ...word, scope }, 1);
  }
  desk.load(BID, ASK, 0);
  const close = manual({ side: 'sell', qty: asQty(1000), price: asPrice(BID), reduceOnly: true });
  desk.command({ kind: 'submit', intent: close }, 9);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'rejected', 'a person does not pass');
  desk.tick(20);
  assert.deepEqual(sells(desk), [['manual', 1000]]);
});
