// Owns the tests of positions that risk closes in a running engine: whose, and how much.
// Promise: the real rooms on real kernels; a position never grows, flips, or is closed twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Checkpoint } from '../../../engine/facts/fact.ts';
import { at, BTC, createEngineDesk, type EngineDesk, fillReport } from '../../engine-fixture.ts';
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

/** What an engine holds that bought `qty` lots of 0.001 by hand. */
function holding(qty: number): Checkpoint {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(qty) }) }, 1);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, qty, 'f1', 15));
  return desk.engine.checkpoint(7);
}

type Level = 'warning' | 'halted';

/** The same position, owned by these strategies, in an engine with drawdowns at these levels. */
function openDesk(
  checkpoint: Checkpoint,
  owners: Readonly<Record<string, string>>,
  levels: Readonly<Record<string, Level>>,
  settings: readonly string[] = [],
): EngineDesk {
  const books = Object.entries(owners).map(([strategy, qty]) => ({
    ...{ account: 'main', strategy, instrument: BTC.key, qty },
  }));
  const peak = 10_000_000 / 0.965; // equity is 3.5 % below: a warning, no halt
  const drawdowns = Object.entries(levels).map(([scope, level]) => {
    const top = scope === 'system' ? peak : 250_000; // 2.5 % of equity
    return {
      scope,
      level,
      peak: top,
      day: 0,
      dayPeak: top,
    } as Required<Checkpoint>['drawdowns'][0];
  });
  const start = { ...checkpoint, books, drawdowns };
  return createEngineDesk({ checkpoint: start, settings });
}

const sells = (desk: EngineDesk) =>
  desk.out.placed
    .filter(({ intent }) => intent.side === 'sell')
    .map(({ intent }) => [intent.strategy, intent.qty]);

test('reduction: without a book nothing is sent, nothing recorded, and nothing refused', () => {
  const desk = openDesk(holding(1000), { manual: '1' }, { system: 'halted' });
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
  const desk = openDesk(holding(1000), { manual: '1' }, { system: 'halted' }, limits);
  desk.load(BID, ASK, 0);
  for (let ms = 0; ms < 2900; ms += 100) desk.tick(ms);
  assert.deepEqual(sells(desk), []);
  assert.deepEqual(desk.records('reduction'), []);
  const refused = desk.records('verdict').filter(({ approved }) => !approved);
  assert.equal(refused.length, 3 * 20, 'twenty slices of a lot, at 0, 1 and 2 s');
});

test('reduction: no owner gives more than it holds less what it already sells', () => {
  const owners = { manual: '0.6', 'buy-and-hold': '0.4' };
  const desk = openDesk(holding(1000), owners, { system: 'warning' }, [
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
  assert.deepEqual(Object.fromEntries(sold), { manual: 600, 'buy-and-hold': 400 });
});

test('reduction: a strategy and the system at once close the position once', () => {
  const levels = { system: 'halted', 'strategy:manual': 'halted' } as const;
  const desk = openDesk(holding(1000), { manual: '1' }, levels);
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
  const checkpoint = holding(1000);
  const resting = {
    ...manual({ side: 'sell', qty: asQty(1000), price: asPrice(ASK + 100_000) }),
    timeInForce: 'GTC',
    reduceOnly: true,
  } as const;
  const desk = createEngineDesk({ checkpoint });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: resting }, 1);
  const [order] = desk.out.placed;
  assert.ok(order, JSON.stringify(desk.out.answers.at(-1)));
  desk.report({ kind: 'accepted', orderId: order.id, timeUs: at(12) });
  const fall = Math.round(BID * 0.9); // equity falls by far less than a warning
  desk.load(fall, fall + 10, 20);
  const peak = desk.rooms.portfolio.equity() / 0.96;
  const warned = { scope: 'system', level: 'warning', peak, day: 0, dayPeak: peak } as const;
  const kept = { ...desk.engine.checkpoint(7), drawdowns: [warned] };
  const next = createEngineDesk({ checkpoint: kept });
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
  const desk = openDesk(holding(1000), { manual: '1' }, { 'strategy:manual': 'halted' });
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
