// Owns the tests of an engine that does not know something: equity, margin, a price, the day.
// Promise: what adds risk is refused while it is unknown, what takes it away passes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  ETH,
  fillReport,
  recovered,
} from '../../engine-fixture.ts';
import { snapshotText } from '../../market-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID - 1000),
    ...parts,
  });

let qty = 10;
/** Limits that refuse the next order, or 'accepted'; each order has a size of its own. */
function ask(desk: EngineDesk, parts: Parameters<typeof intentOf>[0] = {}): string[] {
  qty += 1;
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(qty), ...parts }) }, 1);
  const answer = desk.out.answers.at(-1)?.answer;
  return answer?.kind === 'rejected' ? answer.breaches.map(({ limit }) => limit) : ['accepted'];
}

/** Holds 1 BTC; 10 ETH come from an earlier run, and have no price. */
function holdingDesk(): EngineDesk {
  const first = createEngineDesk();
  first.load(BID, ASK, 0);
  first.tick(10);
  const intent = manual({ qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' });
  first.command({ kind: 'submit', intent }, 1);
  first.report(fillReport(first.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  priceEth(first, 20);
  const eth = { instrument: ETH, qty: asQty(10_000), price: asPrice(300_001) } as const;
  first.command({ kind: 'submit', intent: manual({ ...eth, timeInForce: 'IOC' }) }, 2);
  first.report(fillReport(first.out.placed[1]?.id ?? '', 300_001, 10_000, 'f2', 25));
  const desk = createEngineDesk({ state: recovered(first) });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  return desk;
}

const priceEth = (desk: EngineDesk, ms: number): void =>
  desk.frame(snapshotText(500, [['3000.00', '1.000']], [['3000.01', '1.000']]), ETH, ms);

test('unknown equity: what adds is refused, what closes passes, and a price ends it', () => {
  const desk = holdingDesk();
  assert.ok(Number.isNaN(equityOf(desk.rooms.worths)));
  const refused = ask(desk);
  assert.ok(refused.length > 0 && !refused.includes('accepted'), refused.join());
  const options = { flatten: true, drill: true, reason: 'test', by: 'anna' };
  desk.command({ kind: 'kill', options }, 9);
  desk.tick(20);
  desk.report({ kind: 'open_orders', venue: BTC.venue, orders: [], timeUs: at(30) });
  desk.tick(40);
  assert.deepEqual(
    desk.out.placed.map(({ intent }) => [intent.instrument.symbol, intent.side, intent.qty]),
    [['BTCUSDT', 'sell', 1000]],
    'the one that has a price',
  );
});

test('unknown equity: no drawdown is told of it, and trading goes on where it was', () => {
  const desk = holdingDesk();
  desk.tick(1000);
  assert.equal(desk.engine.tradingState(), 'active');
  priceEth(desk, 1010);
  desk.load(BID, ASK, 1015);
  desk.tick(1020);
  assert.ok(equityOf(desk.rooms.worths) > 9e6);
  assert.deepEqual(desk.records('drawdown'), []);
  const sell = { side: 'sell', reduceOnly: true, price: asPrice(ASK + 1000) } as const;
  assert.deepEqual(ask(desk, sell), ['accepted']);
});

test('unknown margin: what adds is refused at that venue, what closes passes', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const margin = (balance: number): void => {
    desk.engine.apply({ kind: 'margin', venue: BTC.venue, balance, timeUs: at(10) });
    desk.tick(10);
  };
  margin(Number.NaN);
  assert.deepEqual(ask(desk), ['margin']);
  margin(1e7);
  assert.deepEqual(ask(desk, { price: asPrice(ASK), timeInForce: 'IOC' }), ['accepted']);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, qty, 'f1', 15));
  margin(Number.NaN);
  const close = { side: 'sell', reduceOnly: true, price: asPrice(BID), qty: asQty(qty) } as const;
  desk.command({ kind: 'submit', intent: manual(close) }, 1);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'accepted');
});

test('stale margin: refused once it is older than its age, and taken again with a new word', () => {
  const desk = createEngineDesk({ settings: ['risk.marginAgeMsMax=1000'] });
  const margin = (ms: number): void =>
    desk.engine.apply({ kind: 'margin', venue: BTC.venue, balance: 1e7, timeUs: at(ms) });
  margin(0);
  desk.load(BID, ASK, 1000);
  desk.tick(1000);
  assert.deepEqual(ask(desk), ['accepted']);
  desk.load(BID, ASK, 1001);
  desk.tick(1001);
  assert.deepEqual(ask(desk), ['margin']);
  margin(1001);
  desk.tick(1001);
  assert.deepEqual(ask(desk), ['accepted']);
});

const MIDNIGHT_MS = 344_000; // the fixture begins at 23:54:16 UTC

test('midnight: messages count from zero again, in the middle of a run', () => {
  const desk = createEngineDesk({
    settings: ['risk.maxOrderToTrade=1', 'risk.orderToTradeFloor=2', 'risk.marginAgeMsMax=900000'],
  });
  desk.load(BID, ASK, MIDNIGHT_MS - 10);
  desk.tick(MIDNIGHT_MS - 10);
  assert.deepEqual([ask(desk), ask(desk)], [['accepted'], ['accepted']]);
  assert.deepEqual(ask(desk), ['order_to_trade']);
  desk.tick(MIDNIGHT_MS);
  assert.deepEqual(ask(desk), ['accepted']);
});

test('time: an event from the past moves no clock back and refills no bucket', () => {
  const desk = createEngineDesk({ settings: ['risk.ordersBurst=2', 'risk.ordersPerSecond=1'] });
  desk.load(BID, ASK, 1000);
  desk.tick(1000);
  assert.deepEqual([ask(desk), ask(desk)], [['accepted'], ['accepted']]);
  desk.tick(10);
  assert.equal(desk.engine.nowUs(), at(1000));
  assert.deepEqual(ask(desk), ['message_rate']);
});

const TIGHT = { hard: 50_000, soft: 40_000 } as const;

/** Two people change one limit. */
function change(desk: EngineDesk, scope: 'system' | 'strategy:manual', limit: 'gross'): void {
  const { version } = desk.rooms.limits.tree();
  const changes = [{ scope, limit, ...TIGHT }] as const;
  desk.command({ kind: 'propose_limits', changes, version, reason: 'r', by: 'anna' }, 1);
  const [waiting] = desk.state.limits.proposals();
  const decision = { proposal: waiting?.proposal ?? 0, approve: true, reason: 'r' } as const;
  desk.command({ kind: 'decide_limits', ...decision, by: 'bert' }, 2);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'limits');
  desk.command({ kind: 'decide_limits', ...decision, by: 'bert' }, 3);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'not_found', 'decided once');
}

test('limits: tightened below what is in use, nothing is added, and what closes passes', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const bought = { qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' } as const;
  assert.deepEqual(ask(desk, bought), ['accepted']);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  assert.deepEqual(ask(desk), ['accepted'], 'an order that rests while the limit moves');
  change(desk, 'strategy:manual', 'gross');
  assert.deepEqual(ask(desk), ['gross']);
  const close = { side: 'sell', price: asPrice(ASK + 1000), reduceOnly: true } as const;
  assert.deepEqual(ask(desk, close), ['accepted']);
  assert.equal(desk.state.orders.openCount, 2, 'a limit takes no order back');
});
