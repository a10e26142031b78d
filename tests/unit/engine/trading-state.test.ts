// Owns the tests of when the conductor trades, only reduces, or stops, and of its answers.
// Promise: every state is reached by events; nobody reaches into the engine.
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
  recovered,
} from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const MILLION = ['execution.deposits={"USDT":"1000000"}'];
// Prices jump by halves here to move equity by percents; that is not what these tests are about.
const NO_BREAKERS = ['volatilityMove', 'lossFraction'].map((name) => `risk.breakers.${name}=1`);
const TRUSTING = ['risk.marks.jumpMax=100'];
const PATIENT = ['risk.strategyDrawdownWarning=0.9', 'risk.strategyDrawdownHard=0.95'];

const ANNA = { by: 'anna', reason: 'test' };

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID),
    ...parts,
  });

/** 1.000 BTC bought at 60,000.1 with 1,000,000 USDT: 1 % of equity is 10,000 a coin. */
function holdingDesk(): EngineDesk {
  const desk = createEngineDesk({
    settings: [...MILLION, ...NO_BREAKERS, ...TRUSTING, ...PATIENT],
  });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const intent = manual({ qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 1);
  const [placement] = desk.out.placed;
  assert.ok(placement, JSON.stringify(desk.out.answers));
  desk.report(fillReport(placement.id, ASK, 1000, 'f1', 15));
  return desk;
}

/** The mid goes to a whole number of dollars, and a clock event sees the equity. */
function priceTo(desk: EngineDesk, dollars: number, ms: number): void {
  desk.move(dollars * 100 - 10, dollars * 100 + 10, ms);
  desk.tick(ms);
}

/** Limits that refused the last command, [] when it was accepted. */
function refusals(desk: EngineDesk): readonly string[] {
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer);
  return answer.kind === 'rejected' ? answer.breaches.map(({ limit }) => limit) : [];
}

const systemDrawdown = ({ rooms }: EngineDesk) =>
  rooms.guard.view().drawdowns.find(({ scope }) => scope === 'system');

test('engine: halting cancels what is open and refuses what comes', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: manual() }, 1);
  desk.setState('halted');
  assert.deepEqual(
    desk.out.cancelled.map(({ id }) => id),
    [desk.out.placed[0]?.id],
  );
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(3) }) }, 2);
  assert.ok(refusals(desk).includes('trading_halted'));
  desk.forecast(0.9);
  assert.equal(desk.out.placed.length, 1);
  assert.equal(desk.records('verdict').at(-1)?.breaches[0]?.limit, 'trading_halted');
});

test('engine: a drawdown at the warning reduces only, and ends when equity is back', () => {
  const desk = holdingDesk();
  priceTo(desk, 30_100, 20); // 29,900 below: 2.99 % and the fee of 30 USDT
  assert.equal(desk.engine.tradingState(), 'active');
  priceTo(desk, 29_900, 30);
  assert.equal(desk.engine.tradingState(), 'reducing');
  desk.command({ kind: 'submit', intent: manual({ price: asPrice(2_990_000) }) }, 2);
  assert.notDeepEqual(refusals(desk), [], 'an order that adds');
  const exit = manual({ side: 'sell', reduceOnly: true, price: asPrice(2_990_000) });
  desk.command({ kind: 'submit', intent: exit }, 3);
  assert.deepEqual(refusals(desk), [], 'an order that reduces');
  priceTo(desk, 39_900, 40); // 2.01 %: not below two thirds of the warning yet
  assert.equal(desk.engine.tradingState(), 'reducing');
  priceTo(desk, 40_200, 50);
  assert.equal(desk.engine.tradingState(), 'active');
  assert.deepEqual(
    desk.records('trading_state').map(({ state, by }) => `${state} ${by}`),
    ['reducing drawdown', 'active drawdown'],
  );
});

test('engine: a drawdown at the hard limit halts, and recovery does not undo it', () => {
  const desk = holdingDesk();
  priceTo(desk, 9_900, 20);
  assert.equal(desk.engine.tradingState(), 'halted');
  assert.match(desk.records('trading_state')[0]?.reason ?? '', /^drawdown 5\.0\d % of the peak/);
  priceTo(desk, 60_000, 30);
  desk.tick(60_000);
  assert.equal(desk.engine.tradingState(), 'halted');
});

const RESUME = { kind: 'trading_state', scope: 'system', state: 'active', reason: 'seen' } as const;

test('engine: two people resume after a drawdown, and the next one counts from there', () => {
  const desk = holdingDesk();
  priceTo(desk, 9_900, 20);
  desk.command({ ...RESUME, by: 'anna' }, 1);
  assert.equal(desk.engine.tradingState(), 'halted', 'one alone has to wait');
  desk.command({ ...RESUME, by: 'bert' }, 2);
  assert.equal(desk.engine.tradingState(), 'active');
  desk.tick(30);
  assert.equal(desk.engine.tradingState(), 'active', 'the peak was taken anew');
  assert.equal(systemDrawdown(desk)?.drawdown, 0);
});

test('engine: one person resumes after a drawdown once the cool-off is over', () => {
  const desk = holdingDesk();
  priceTo(desk, 9_900, 20);
  desk.command({ ...RESUME, by: 'anna' }, 1);
  const coolOffMs = desk.rooms.config.risk.drawdownCoolOffMs;
  desk.tick(19 + coolOffMs);
  desk.command({ ...RESUME, by: 'anna' }, 2);
  assert.equal(desk.engine.tradingState(), 'halted');
  desk.tick(20 + coolOffMs);
  desk.command({ ...RESUME, by: 'anna' }, 3);
  assert.equal(desk.engine.tradingState(), 'active');
});

test('engine: the end of a warning does not lift what a person decided', () => {
  for (const state of ['reducing', 'halted'] as const) {
    const desk = holdingDesk();
    desk.setState(state);
    priceTo(desk, 29_900, 20);
    priceTo(desk, 60_000, 30);
    assert.equal(systemDrawdown(desk)?.level, 'normal');
    assert.equal(desk.engine.tradingState(), state);
  }
});

test('engine: a person who confirms reducing during a warning keeps it after the warning', () => {
  const desk = holdingDesk();
  priceTo(desk, 29_900, 20);
  desk.setState('reducing');
  priceTo(desk, 60_000, 30);
  assert.equal(desk.engine.tradingState(), 'reducing');
});

test('engine: a state that is set already is answered and not recorded twice', () => {
  const desk = createEngineDesk();
  const command = {
    kind: 'trading_state',
    scope: 'system',
    state: 'halted',
    reason: 'r',
    by: 'b',
  } as const;
  desk.command(command, 1);
  desk.command(command, 2);
  assert.equal(desk.records('trading_state').length, 1);
  assert.deepEqual(desk.out.answers.at(-1), {
    correlation: 2,
    answer: { kind: 'state', scope: 'system', state: 'halted', reasons: ['b: r'] },
  });
});

test('engine: a halt outlives the engine', () => {
  const desk = createEngineDesk();
  desk.setState('halted');
  const next = createEngineDesk({ state: recovered(desk) });
  assert.equal(next.engine.tradingState(), 'halted');
  next.load(BID, ASK, 0);
  next.tick(10);
  next.command({ kind: 'submit', intent: manual() }, 1);
  assert.ok(refusals(next).includes('trading_halted'));
});

test('engine: a submit is answered with the id of its order', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: manual() }, 41);
  const [placement] = desk.out.placed;
  assert.deepEqual(desk.out.answers, [
    { correlation: 41, answer: { kind: 'accepted', orderId: placement?.id, isReplay: false } },
  ]);
});

test('engine: a refused submit is answered with every breach at once', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const intent = manual({ qty: asQty(2_000_000), price: asPrice(7_000_000) });
  desk.command({ kind: 'submit', intent }, 1);
  const limits = refusals(desk);
  for (const limit of ['price_collar', 'order_notional', 'position', 'exposure', 'leverage']) {
    assert.ok(limits.includes(limit), `${limit} in ${limits.join(', ')}`);
  }
});

test('engine: what compliance refuses never reaches risk', () => {
  const desk = createEngineDesk({ settings: ['compliance.restricted=["BTC"]'] });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: manual() }, 1);
  assert.deepEqual(refusals(desk), ['restricted']);
  const answer = desk.out.answers[0]?.answer;
  assert.equal(answer?.kind === 'rejected' && answer.by, 'compliance');
  assert.equal(desk.ground.telemetry.stages.riskCheck.count, 0);
});

test('engine: a cancel is answered done for a living order, not_found for any other', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.command({ kind: 'submit', intent: manual() }, 1);
  const id = desk.out.placed[0]?.id ?? '';
  desk.command({ kind: 'cancel', orderId: id, ...ANNA }, 2);
  const ended = { kind: 'ended', orderId: id, state: 'cancelled', reason: 'r' } as const;
  desk.report({ ...ended, timeUs: at(20) });
  desk.command({ kind: 'cancel', orderId: id, ...ANNA }, 3);
  desk.command({ kind: 'cancel', orderId: 'nobody', ...ANNA }, 4);
  assert.deepEqual(desk.out.answers.slice(1), [
    { correlation: 2, answer: { kind: 'done', count: 1 } },
    { correlation: 3, answer: { kind: 'not_found', what: id } },
    { correlation: 4, answer: { kind: 'not_found', what: 'nobody' } },
  ]);
  assert.equal(desk.out.cancelled.length, 1);
});

test('engine: asked for signals, it asks for a forecast of each instrument', () => {
  const desk = createEngineDesk();
  desk.command({ kind: 'generate_signals', instruments: [BTC, ETH] }, 5);
  assert.deepEqual(desk.out.forecasts, ['BTCUSDT', 'ETHUSDT']);
  assert.deepEqual(desk.out.answers, [{ correlation: 5, answer: { kind: 'done', count: 2 } }]);
});

test('engine: a forecast that is not valid is counted and makes no signal', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.forecast(Number.NaN);
  const { telemetry } = desk.ground;
  assert.deepEqual([telemetry.read('forecasts'), desk.records('signal').length], [1, 0]);
  desk.forecast(0.55); // confidence 0.1: below the threshold of 0.2
  assert.deepEqual(desk.records('signal')[0]?.action, 'hold');
  assert.deepEqual(desk.out.placed, []);
});
