// Owns the cases of when the conductor looks at risk, and of what it makes of its own sleep.
// Promise: time is what events say; ETH stands in for whatever else moves it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEpochUs, asPrice, asQty } from '../../../engine/core/units.ts';
import { LOOK_US, SLEEP_US } from '../../../engine/execution/watch.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  ETH,
  fillReport,
} from '../../engine-fixture.ts';
import { snapshotText, usdmDepth } from '../../market-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const SETTINGS = [
  'execution.deposits={"USDT":"1000000"}',
  'risk.breakers.volatilityMove=1',
  'risk.breakers.lossFraction=1',
  'risk.strategyDrawdownWarning=0.9',
  'risk.strategyDrawdownHard=0.95',
  'risk.marks.jumpMax=100',
];

/** Holds 1.000 BTC of 1,000,000 USDT: 10,000 off its price are 1 % of equity. */
function holdingDesk(): EngineDesk {
  const desk = createEngineDesk({ settings: SETTINGS });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const intent = intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(ASK),
    qty: asQty(1000),
    timeInForce: 'IOC',
  });
  desk.command({ kind: 'submit', intent }, 1);
  const [placement] = desk.out.placed;
  assert.ok(placement, JSON.stringify(desk.out.answers));
  desk.report(fillReport(placement.id, ASK, 1000, 'f1', 15));
  return desk;
}

const lookMs = LOOK_US / 1000;
const sleepMs = SLEEP_US / 1000;

// F12: the guard looked with the clock alone, and the clock waited for the event loop.
test('watch: without any clock a frame that moves time by 100 ms makes the guard look', () => {
  const desk = holdingDesk(); // the clock came at 10 ms for the last time
  desk.move(900_000, 900_010, 10 + lookMs - 1); // 51,000 less: 5.1 %
  assert.equal(desk.engine.tradingState(), 'active');
  desk.move(900_000, 900_020, 10 + lookMs);
  assert.equal(desk.engine.tradingState(), 'halted');
  assert.equal(desk.records('reduction').length, 1, 'and what is held is sold at once');
});

test('watch: it does not matter whose frame it is that moves time', () => {
  const desk = holdingDesk();
  desk.move(900_000, 900_010, 50);
  desk.frame(snapshotText(7, [['2500.00', '1']], [['2500.10', '1']]), ETH, 10 + lookMs);
  assert.equal(desk.engine.tradingState(), 'halted');
});

test('watch: the first frame after a sleep is not looked at, the next or the clock is', () => {
  for (const isClock of [false, true]) {
    const desk = holdingDesk();
    desk.tick(20);
    const awake = 20 + sleepMs + 1;
    desk.move(900_000, 900_010, awake);
    assert.equal(desk.engine.tradingState(), 'active', 'others wait to be read');
    if (isClock) desk.tick(awake);
    else desk.move(900_000, 900_020, awake + lookMs);
    assert.equal(desk.engine.tradingState(), 'halted');
  }
});

test('watch: a sleep of the engine is no silence of a venue; a silence is', () => {
  const trips = (desk: EngineDesk) => desk.records('breaker').map(({ breaker }) => breaker);
  const slept = holdingDesk();
  slept.tick(6000); // staleMs is 5000
  assert.deepEqual(trips(slept), []);
  const silent = holdingDesk();
  for (let ms = 20; ms <= 6000; ms += 100) silent.tick(ms);
  assert.deepEqual(trips(silent), ['stale_data']);
});

test('watch: an order of the very first tick is held to equity and margin as they are', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0); // and no clock yet
  const price = asPrice(BID - 1000);
  const intent = intentOf({ instrument: BTC, strategy: 'manual', price, qty: asQty(1) });
  desk.command({ kind: 'submit', intent }, 1);
  assert.equal(desk.out.placed.length, 1, JSON.stringify(desk.out.answers));
});

test('watch: a mark in doubt ages until no order that adds passes, and comes back fresh', () => {
  const desk = createEngineDesk({ settings: ['risk.breakers.volatilityMove=1'] });
  desk.load(BID, ASK, 0);
  const ask = () => {
    const price = asPrice(BID - 1000);
    const intent = intentOf({ instrument: BTC, strategy: 'manual', price, qty: asQty(1) });
    desk.command({ kind: 'preview', intent }, 1);
    const answer = desk.out.answers.at(-1)?.answer;
    assert.ok(answer?.kind === 'preview');
    return answer.preview.breaches.map(({ limit }) => limit);
  };
  desk.move(BID, 7_000_000, 100); // wide
  for (let ms = 200; ms <= 400; ms += 100) desk.tick(ms);
  assert.equal(desk.rooms.marks.doubt(BTC), 'wide');
  assert.deepEqual(ask(), []);
  for (let ms = 500; ms <= 5100; ms += 100) desk.tick(ms);
  assert.ok(ask().includes('reference_price_stale'));
  desk.move(BID, ASK, 5200);
  assert.ok(!ask().includes('reference_price_stale'));
});

test('watch: a quote that contradicts the book twice loses it, and a snapshot is asked for', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  const quote = (updateId: number, bid: number) =>
    desk.engine.apply({
      kind: 'quote',
      instrument: BTC,
      updateId,
      bid: asPrice(bid),
      bidQty: asQty(1000),
      ask: asPrice(ASK),
      askQty: asQty(1000),
      receiveUs: at(1),
    });
  desk.move(BID, ASK, 10);
  quote(102, BID - 10);
  assert.deepEqual([desk.out.snapshots, desk.rooms.marks.doubt(BTC)], [[], null]);
  desk.move(BID, ASK, 20);
  quote(103, BID - 10);
  assert.deepEqual([desk.out.snapshots, desk.rooms.marks.doubt(BTC)], [['BTCUSDT'], 'lost']);
  const told = desk.records('book').map(({ state, reason }) => `${state} ${reason}`);
  assert.equal(told.at(-1), 'stale mismatch');
});

test('watch: what a venue says of the time moves no clock beyond where it was heard', () => {
  for (const told of [Number.NaN, at(10_000 + 600_000), Number.POSITIVE_INFINITY]) {
    const desk = holdingDesk();
    desk.tick(9_900);
    const report = { ...fillReport('nobody', ASK, 1, 'x1', 0), timeUs: asEpochUs(told) };
    desk.report(report, at(10_000));
    assert.equal(desk.engine.nowUs(), at(10_000));
    desk.report(
      { kind: 'open_orders', venue: BTC.venue, orders: [], timeUs: report.timeUs },
      at(1),
    );
    assert.equal(desk.engine.nowUs(), at(10_000), 'and none back');
    for (const { timeUs } of desk.journal) assert.ok(Number.isFinite(timeUs));
    desk.tick(10_100);
    assert.equal(desk.engine.nowUs(), at(10_100));
  }
});

test('watch: a fill of no time is booked at the time it was heard', () => {
  const desk = holdingDesk();
  const intent = intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(ASK),
    qty: asQty(1),
  });
  desk.command({ kind: 'submit', intent }, 2);
  const id = desk.out.placed.at(-1)?.id ?? '';
  const fill = { ...fillReport(id, ASK, 1, 'f2', 0), timeUs: asEpochUs(Number.NaN) };
  desk.report(fill, at(40));
  assert.equal(desk.state.orders.get(id)?.updatedUs, at(40));
  assert.equal(desk.rooms.telemetry.read('fills'), 2);
});

/** 1 BTC long and 20 ETH short of 100,000 USDT, a hedge; then the feed of BTC breaks. */
function hedgedDesk(): EngineDesk {
  const settings = ['maxPortfolioExposure=3', 'maxConcentration=3', 'varLimit95OneDay=1'];
  const others = ['historicalVarLimit95OneDay=1', 'stressLossLimit=5', 'marks.jumpMax=100'];
  const calm = ['breakers.volatilityMove=1', 'breakers.lossFraction=1', 'breakers.staleShare=1'];
  const risk = [...settings, ...others, ...calm, 'strategyDrawdownWarning=0.9'];
  const desk = createEngineDesk({
    settings: [
      'execution.deposits={"USDT":"100000"}',
      'risk.strategyDrawdownHard=0.95',
      ...risk.map((one) => `risk.${one}`),
    ],
  });
  desk.load(BID, ASK, 0);
  eth(desk, 3000, 5);
  desk.tick(10);
  const intent = intentOf({ strategy: 'manual', timeInForce: 'IOC', account: 'main' });
  const legs = [
    { instrument: BTC, side: 'buy', price: asPrice(ASK), qty: asQty(1000) },
    { instrument: ETH, side: 'sell', price: asPrice(300_000), qty: asQty(20_000) },
  ] as const;
  for (const [at, leg] of legs.entries()) {
    desk.command({ kind: 'submit', intent: { ...intent, ...leg } }, 1);
    const placed = desk.out.placed[at];
    assert.ok(placed, JSON.stringify(desk.out.answers));
    desk.report(fillReport(placed.id, leg.price, leg.qty, `f${at}`, 20));
  }
  desk.tick(100);
  desk.frame(usdmDepth(900, 901, 899, [['60000.00', '1']], []), BTC, 150);
  assert.equal(desk.rooms.marks.doubt(BTC), 'lost');
  desk.tick(200);
  return desk;
}

let ethId = 500;
function eth(desk: EngineDesk, price: number, ms: number): void {
  ethId += 1;
  const [bid, ask] = [price.toFixed(2), (price + 0.01).toFixed(2)];
  desk.frame(snapshotText(ethId, [[bid, '100']], [[ask, '100']]), ETH, ms);
}

test('watch: a hedge of which one leg stands still is not sold to a naked half', () => {
  const desk = hedgedDesk();
  const sold = () => desk.records('reduction').length;
  for (let ms = 300; ms <= 60_000; ms += 100) {
    eth(desk, 3000 + (300 * ms) / 60_000, ms); // 10 %: 6,000 of 100,000
    desk.tick(ms);
  }
  assert.equal(desk.rooms.guard.stateOf('system'), 'reducing');
  assert.deepEqual([sold(), desk.records('drawdown').length], [0, 0]);
  desk.frame(snapshotText(950, [['66000.00', '1']], [['66000.10', '1']]), BTC, 60_050);
  for (let ms = 60_100; ms <= 61_500; ms += 100) desk.tick(ms);
  assert.equal(desk.rooms.guard.stateOf('system'), 'active', 'it was no loss');
  assert.equal(sold(), 0);
});

test('watch: a loss beside a leg that stays lost is sold in the end', () => {
  const desk = hedgedDesk();
  const boundMs = desk.rooms.config.risk.drawdownDoubtMs;
  for (let ms = 300; ms <= 2000 + boundMs; ms += 100) {
    eth(desk, 3300, ms);
    desk.tick(ms);
    if (ms === boundMs) assert.equal(desk.records('reduction').length, 0);
  }
  assert.equal(desk.engine.tradingState(), 'halted');
  const [step] = desk.records('reduction');
  assert.equal(step?.orders, 1, 'the leg that has a book');
});
