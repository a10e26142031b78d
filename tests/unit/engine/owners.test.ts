// Owns the cases of whose an order, a position and a mistake is, in the whole engine.
// Promise: the default strategy and a person on one instrument; each finding failed before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  ETH,
  fillReport,
  heldOf,
} from '../../engine-fixture.ts';
import { snapshotText } from '../../market-fixture.ts';
import { inside } from '../../strategies-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

function openDesk(options: Parameters<typeof createEngineDesk>[0] = {}): EngineDesk {
  const desk = createEngineDesk(options);
  desk.load(BID, ASK, 0);
  desk.tick(10);
  return desk;
}

function submit(desk: EngineDesk, parts: Parameters<typeof intentOf>[0]): string {
  const origin = { kind: 'api', key: 'anna' } as const;
  const asked = { instrument: BTC, strategy: 'manual', origin, price: asPrice(BID - 1000) };
  desk.command({ kind: 'submit', intent: intentOf({ ...asked, ...parts }) }, 1);
  const answer = desk.out.answers.at(-1)?.answer;
  return answer?.kind === 'accepted' ? answer.orderId : '';
}

/** Time passes with a book that moves a little, 100 ms at a time. */
function pass(desk: EngineDesk, fromMs: number, toMs: number): void {
  for (let ms = fromMs; ms <= toMs; ms += 100) {
    desk.move(BID, ASK + (ms % 200 === 0 ? 10 : 0), ms);
    desk.tick(ms);
  }
}

const followerOrders = (desk: EngineDesk) =>
  desk.out.placed.filter(({ intent }) => intent.strategy === 'signal-follower');

// S1, F6: the default strategy cancelled them after three seconds.
test('owners: a person’s order rests for as long as the person wants', () => {
  const desk = openDesk();
  const orderId = submit(desk, {});
  desk.report({ kind: 'accepted', orderId, timeUs: at(11) });
  pass(desk, 100, 30_000);
  assert.equal(desk.state.orders.get(orderId)?.state, 'open');
  assert.deepEqual(desk.out.cancelled, []);
});

// S2: 0.5 BTC bought by hand was sold by the strategy as if it were its own.
test('owners: a strategy sells its own and not what a person holds', () => {
  const desk = openDesk();
  const orderId = submit(desk, { qty: asQty(500), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.report(fillReport(orderId, ASK, 500, 'f1', 15));
  desk.forecast(0.02);
  const [sell] = followerOrders(desk);
  assert.deepEqual([sell?.intent.side, sell?.intent.reduceOnly], ['sell', false]);
  desk.report(fillReport(sell?.id ?? '', BID, 300, 'f2', 20));
  assert.deepEqual([heldOf(desk, 'manual'), heldOf(desk, 'signal-follower')], [500, -300]);
  assert.equal(heldOf(desk), 200, 'the venue nets them');
  const profits = ['manual', 'signal-follower'].map((name) =>
    desk.rooms.strategies.ports.profit('main', name),
  );
  const [byHand = 0, own = 0] = profits;
  const fees = (ASK * 500 + BID * 300) * 1e-5 * 0.0005;
  const marked = 0.5 * -0.05 + 0.3 * -0.05; // against a mid of 60,000.05
  assert.ok(Math.abs(byHand + own - (marked - fees)) < 1e-6, `${byHand} + ${own}`);
});

// S2, the other half: one resting order by hand kept the strategy silent.
test('owners: an order that rests by hand silences no strategy', () => {
  const desk = openDesk();
  desk.report({ kind: 'accepted', orderId: submit(desk, {}), timeUs: at(11) });
  desk.forecast(0.98);
  assert.equal(followerOrders(desk).length, 1);
});

// S5: a cancel that got lost was lost for ever.
test('owners: a cancel nobody answers is sent again, given up, and its order asked about', () => {
  const desk = openDesk();
  const orderId = submit(desk, {});
  desk.report({ kind: 'accepted', orderId, timeUs: at(11) });
  desk.command({ kind: 'cancel', orderId, by: 'anna', reason: 'r' }, 2);
  pass(desk, 100, 20_000);
  assert.equal(desk.out.cancelled.length, 5);
  assert.equal(desk.state.orders.get(orderId)?.state, 'unknown');
  assert.ok(desk.out.queried.some(({ id }) => id === orderId));
  assert.equal(desk.rooms.exposure.openOrders(), 1, 'it still counts');
});

// S6: equity was as young as the last clock, whatever its marks were.
test('owners: with a mark of what is held gone stale, equity is, and nothing is added', () => {
  const desk = openDesk({ settings: ['risk.breakers.staleShare=1'] });
  const orderId = submit(desk, { qty: asQty(1500), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.report(fillReport(orderId, ASK, 1500, 'f1', 15));
  const eth = (ms: number): void => {
    desk.frame(snapshotText(ms, [['3000.00', '9']], [['3000.01', '9']]), ETH, ms);
    desk.tick(ms);
  };
  const ask = (qty: number): readonly string[] => {
    submit(desk, { instrument: ETH, qty: asQty(qty), price: asPrice(299_900) });
    const answer = desk.out.answers.at(-1)?.answer;
    return answer?.kind === 'rejected' ? answer.breaches.map(({ limit }) => limit) : [];
  };
  for (let ms = 100; ms <= 4900; ms += 100) eth(ms);
  assert.deepEqual(ask(11), []);
  for (let ms = 5000; ms <= 5400; ms += 100) eth(ms);
  assert.deepEqual(ask(12), ['equity_stale']);
});

// S9: a forecast of thirty seconds ago was traded.
test('owners: a forecast older than half its horizon is counted, and no signal', () => {
  const desk = openDesk();
  desk.load(BID, ASK, 30_000);
  desk.tick(30_000);
  const forecast = {
    kind: 'forecast',
    instrument: BTC,
    probability: 0.98,
    horizonUs: 1_000_000,
    model: 'test/1',
    status: 0,
    bookSequence: 1,
    tickNs: 0,
  } as const;
  desk.engine.apply({ ...forecast, requestUs: at(29_499) });
  assert.deepEqual([desk.records('signal').length, desk.out.placed.length], [0, 0]);
  assert.equal(desk.ground.telemetry.read('forecastsStale'), 1);
  desk.engine.apply({ ...forecast, requestUs: at(29_501) });
  assert.equal(desk.out.placed.length, 1);
});

// S8: each refused intent of a strategy was a record, 9.7 GB a day.
test('owners: a strategy that is halted floods no journal', () => {
  const settings = ['execution.strategy=imbalance-taker', 'execution.parameters.threshold=0'];
  const desk = openDesk({ settings });
  desk.setState('halted');
  const before = desk.out.records.length;
  pass(desk, 100, 60_000);
  assert.ok(desk.out.records.length - before < 30, `${desk.out.records.length - before} records`);
});

// S14: one exception of a strategy ended all trading.
test('owners: a strategy that throws stops alone, and its orders are taken back', () => {
  const file = { strategies: [{ name: 'mine', module: '/strategies/mine.ts', isolated: false }] };
  let calls = 0;
  const mine = inside((desk) => ({
    onBook(view) {
      calls += 1;
      if (calls > 1) throw new Error('boom');
      const { instrument, bid: price } = view;
      desk.submit({ instrument, side: 'buy', qty: asQty(1), price, timeInForce: 'GTC' });
    },
  }));
  const desk = openDesk({ file, opened: new Map([['mine', mine]]) });
  desk.move(BID, ASK + 10, 200);
  desk.tick(300);
  const [own] = desk.out.placed;
  assert.equal(own?.intent.strategy, 'mine');
  const failed = desk.records('strategy').find(({ state }) => state === 'failed');
  assert.match(failed?.reason ?? '', /boom/);
  assert.deepEqual(
    desk.out.cancelled.map(({ id }) => id),
    [own?.id],
  );
  assert.equal(desk.engine.tradingState(), 'active');
  assert.notEqual(submit(desk, {}), '', 'a person trades on');
});
