// Owns the cases of the breakers of a desk: thresholds from both sides, scopes, probing, the view.
// Promise: what is told is what the journal would hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Breakers, type BreakerTurn, createBreakers } from '../../../engine/risk/breakers.ts';
import { NAMES, orderAt, type RiskConfig, riskConfig } from '../../guard-fixture.ts';
import { at, instruments, linear, spot } from '../../trading-fixture.ts';

interface Rig {
  readonly breakers: Breakers;
  readonly turns: BreakerTurn[];
  /** 'volatility instrument:BTCUSDT.test closed>open' since the last call. */
  told(): string[];
}

function rig(settings: Partial<RiskConfig['breakers']> = {}): Rig {
  const turns: BreakerTurn[] = [];
  const breakers = createBreakers({
    slots: 3,
    config: riskConfig({}, settings).breakers,
    names: NAMES,
    onTurn: (turn) => turns.push(turn),
  });
  const told = (): string[] =>
    turns.splice(0).map(({ breaker, scope, from, to }) => `${breaker} ${scope} ${from}>${to}`);
  return { breakers, turns, told };
}

const MINUTE_US = 60_000_000;
const COOL_US = 30_000_000; // the first cool-down, and the time it probes

test('breakers: an instrument trips at its move, not below it', () => {
  const { breakers, turns } = rig({ volatilityMove: 0.25 });
  breakers.onMark(linear, 100, at(1));
  breakers.onMark(linear, 124.99, at(2));
  assert.equal(turns.length, 0);
  breakers.onMark(linear, 125, at(3));
  assert.deepEqual(turns, [
    {
      kind: 'breaker',
      scope: 'instrument:BTCUSDT.test',
      breaker: 'volatility',
      from: 'closed',
      to: 'open',
      measured: 0.25,
      threshold: 0.25,
      reason: 'moved 25.00 % within 60 s',
    },
  ]);
  breakers.onMark(linear, 150, at(4)); // open: it cannot trip again
  assert.equal(turns.length, 1);
  assert.deepEqual(breakers.troubled('instrument:BTCUSDT.test'), [
    { kind: 'volatility', state: 'open' },
  ]);
  assert.deepEqual(breakers.troubled('instrument:BTCUSD.test'), []);
  assert.deepEqual(breakers.troubled('portfolio:main'), []);
});

test('breakers: an instrument that goes while its market is volatile is counted no more', () => {
  const { breakers } = rig({ volatilityMove: 0.25 });
  breakers.onMark(linear, 100, at(1));
  breakers.onMark(linear, 125, at(2));
  assert.equal(breakers.volatile, 1);
  breakers.take(linear);
  assert.equal(breakers.volatile, 0);
  breakers.take(linear);
  assert.equal(breakers.volatile, 0);
});

test('breakers: a mid that is not a price is not seen', () => {
  const { breakers, turns } = rig();
  breakers.onMark(linear, 100, at(1));
  for (const bad of [Number.NaN, 0, -0, -5, Infinity, Number.MAX_VALUE]) {
    breakers.onMark(linear, bad, at(2));
  }
  breakers.onMark(linear, 101.9, at(3));
  assert.equal(turns.length, 0);
});

test('breakers: the system trips at its loss, and each strategy at its own', () => {
  const { breakers, told } = rig({ lossFraction: 0.125 });
  breakers.onEquity(1024, at(1));
  breakers.onEquity(896.1, at(2));
  assert.deepEqual(told(), []);
  breakers.onEquity(896, at(3));
  assert.deepEqual(told(), ['loss_rate system closed>open']);
  breakers.onStrategyProfits(Float64Array.of(0, 0), 1024, at(4));
  breakers.onStrategyProfits(Float64Array.of(-127.9, 5), 1024, at(5));
  assert.deepEqual(told(), []);
  breakers.onStrategyProfits(Float64Array.of(-127.9, -123), 1024, at(6));
  assert.deepEqual(told(), ['loss_rate strategy:manual closed>open']);
  breakers.onStrategyProfits(Float64Array.of(-128), 1024, at(7)); // the other's is not known
  assert.deepEqual(told(), ['loss_rate strategy:test closed>open']);
});

test('breakers: a venue trips when enough of its orders are refused', () => {
  const { breakers, told } = rig({ rejectShare: 0.5, rejectOrdersMin: 4 });
  for (let n = 0; n < 4; n += 1) breakers.onSent(orderAt(linear, 0), at(1));
  breakers.onAnswered(orderAt(linear, 0), at(1), true);
  breakers.onAnswered(orderAt(linear, 0), at(1), false);
  assert.deepEqual(told(), []);
  breakers.onAnswered(orderAt(linear, 0), at(2), true);
  assert.deepEqual(told(), ['reject_rate venue:test closed>open']);
});

test('breakers: a venue trips when its acknowledgements are slow', () => {
  const { breakers, told, turns } = rig({ latencyMs: 10, latencyOrdersMin: 2 });
  breakers.onAnswered(orderAt(spot, 0), at(9999), false);
  breakers.onAnswered(orderAt(spot, 0), at(9999), false);
  assert.deepEqual(told(), []);
  breakers.onAnswered(orderAt(spot, 1000), at(11_000), true); // a refusal is an answer too
  assert.equal(turns[0]?.measured, 10);
  assert.deepEqual(told(), ['latency venue:spot closed>open']);
});

test('breakers: a venue trips at its faults: broken connections and unclear orders', () => {
  const { breakers, told } = rig();
  breakers.onDisconnect('test', at(1));
  breakers.onUnclear(orderAt(linear, 0), at(2));
  breakers.onUnclear(orderAt(spot, 0), at(2)); // another venue's
  breakers.onDisconnect('nowhere', at(2)); // no venue of ours
  assert.deepEqual(told(), []);
  breakers.onDisconnect('test', at(3));
  assert.deepEqual(told(), ['venue venue:test closed>open']);
});

test('breakers: a venue trips when enough of its books are stale, by the clock', () => {
  const { breakers, told } = rig();
  for (const instrument of instruments) breakers.onBook(instrument, true, at(0));
  breakers.onMark(linear, 100, at(1_000_000));
  breakers.advance(at(4_999_999));
  assert.deepEqual(told(), []);
  breakers.advance(at(5_000_000)); // one of two, and the only one
  assert.deepEqual(told(), [
    'stale_data venue:test closed>open',
    'stale_data venue:spot closed>open',
  ]);
});

test('breakers: one that has cooled down probes, and closes when it stayed quiet', () => {
  const { breakers, turns, told } = rig({ volatilityMove: 0.25, volatilityWindowMs: 1000 });
  breakers.onMark(linear, 100, at(0));
  breakers.onMark(linear, 125, at(1));
  told();
  breakers.advance(at(COOL_US));
  assert.deepEqual(told(), []);
  breakers.advance(at(COOL_US + 1));
  assert.equal(turns[0]?.reason, 'cooled down, it probes now');
  assert.deepEqual(told(), ['volatility instrument:BTCUSDT.test open>half_open']);
  assert.deepEqual(breakers.troubled('instrument:BTCUSDT.test'), [
    { kind: 'volatility', state: 'half_open' },
  ]);
  breakers.advance(at(2 * COOL_US));
  assert.deepEqual(told(), []);
  breakers.advance(at(2 * COOL_US + 1));
  assert.equal(turns[0]?.reason, 'quiet while it probed');
  assert.deepEqual(told(), ['volatility instrument:BTCUSDT.test half_open>closed']);
  assert.deepEqual(breakers.troubled('instrument:BTCUSDT.test'), []);
});

test('breakers: one that still measures its threshold stays open beyond its cool-down', () => {
  const { breakers, told } = rig({ volatilityMove: 0.25 });
  breakers.onMark(linear, 100, at(1));
  breakers.onMark(linear, 125, at(2));
  told();
  breakers.advance(at(MINUTE_US - 1));
  assert.deepEqual(told(), []);
  breakers.advance(at(MINUTE_US));
  assert.deepEqual(told(), ['volatility instrument:BTCUSDT.test open>half_open']);
});

test('breakers: a trip while it probes says so and cools down twice as long', () => {
  const { breakers, turns, told } = rig({ volatilityMove: 0.25, volatilityWindowMs: 1000 });
  breakers.onMark(linear, 100, at(0));
  breakers.onMark(linear, 125, at(0));
  breakers.advance(at(COOL_US));
  told();
  breakers.onMark(linear, 100, at(COOL_US + 1));
  breakers.onMark(linear, 75, at(COOL_US + 1));
  assert.equal(turns[0]?.reason, 'moved 25.00 % within 60 s, while it probed'.replace('60', '1'));
  assert.deepEqual(told(), ['volatility instrument:BTCUSDT.test half_open>open']);
  const [view] = breakers.view(at(COOL_US + 1));
  assert.deepEqual([view?.trips, view?.retryUs], [2, 3 * COOL_US + 1]);
});

test('breakers: one fault is enough while the venue probes', () => {
  const { breakers, told } = rig();
  for (let n = 0; n < 3; n += 1) breakers.onDisconnect('test', at(n));
  breakers.advance(at(MINUTE_US));
  assert.deepEqual(told(), ['venue venue:test closed>open', 'venue venue:test open>half_open']);
  breakers.onUnclear(orderAt(linear, 0), at(MINUTE_US + 1));
  assert.deepEqual(told(), ['venue venue:test half_open>open']);
});

test('breakers: a refused probe counts by itself, what was refused before does not', () => {
  const { breakers, told } = rig({ rejectOrdersMin: 4, probeOrders: 2, rejectWindowMs: 100 });
  for (let n = 0; n < 4; n += 1) breakers.onSent(orderAt(linear, 0), at(1));
  for (let n = 0; n < 4; n += 1) breakers.onAnswered(orderAt(linear, 0), at(1), true);
  breakers.advance(at(COOL_US + 1));
  told();
  const nowUs = COOL_US + 2;
  for (let n = 0; n < 2; n += 1) breakers.onSent(orderAt(linear, nowUs), at(nowUs));
  breakers.onAnswered(orderAt(linear, nowUs), at(nowUs), false);
  assert.deepEqual(told(), []);
  breakers.onAnswered(orderAt(linear, nowUs), at(nowUs), true);
  assert.deepEqual(told(), ['reject_rate venue:test half_open>open']);
});

test('breakers: a slow venue may probe although nothing was sent since', () => {
  const { breakers, told } = rig({ latencyOrdersMin: 1 });
  breakers.onAnswered(orderAt(linear, 0), at(1_000_000), false);
  breakers.advance(at(1_000_000 + COOL_US));
  assert.deepEqual(told(), ['latency venue:test closed>open', 'latency venue:test open>half_open']);
});

test('breakers: of several at one scope the open ones are told first', () => {
  const { breakers } = rig({ latencyOrdersMin: 1 });
  breakers.onAnswered(orderAt(linear, 0), at(1_000_000), false);
  breakers.advance(at(1_000_000 + COOL_US));
  for (let n = 0; n < 3; n += 1) breakers.onDisconnect('test', at(1_000_001 + COOL_US));
  assert.deepEqual(breakers.troubled('venue:test'), [
    { kind: 'venue', state: 'open' },
    { kind: 'latency', state: 'half_open' },
  ]);
});

test('breakers: the view has those that tripped or measure half the threshold, worst first', () => {
  const { breakers } = rig({ volatilityMove: 0.5, lossFraction: 0.5 });
  assert.deepEqual(breakers.view(at(1)), []);
  breakers.onMark(linear, 100, at(1));
  breakers.onMark(linear, 124.9, at(2));
  breakers.onEquity(1000, at(2));
  breakers.onEquity(700, at(2));
  breakers.onMark(spot, 100, at(2));
  breakers.onMark(spot, 40, at(3));
  const views = breakers.view(at(4));
  assert.deepEqual(
    views.map(({ scope, state, trips }) => [scope, state, trips]),
    [
      ['instrument:ETHUSDT.spot', 'open', 1],
      ['system', 'closed', 0],
    ],
  );
  assert.deepEqual(views[0], {
    scope: 'instrument:ETHUSDT.spot',
    breaker: 'volatility',
    state: 'open',
    measured: 0.6,
    threshold: 0.5,
    trips: 1,
    changedUs: 3,
    retryUs: 3 + COOL_US,
  });
  assert.equal(views[1]?.retryUs, null);
  breakers.onMark(linear, 125, at(4));
  assert.deepEqual(
    breakers.view(at(4)).map(({ scope }) => scope),
    ['instrument:ETHUSDT.spot', 'system', 'instrument:BTCUSDT.test'],
  );
});

test('breakers: an instrument of a venue without a name is a fault of composition', () => {
  const names = { ...NAMES, venues: ['test'] };
  const config = riskConfig().breakers;
  assert.throws(
    () =>
      createBreakers({
        slots: 3,
        config,
        names,
        onTurn: () => undefined,
      }),
    /no name/,
  );
});

test('breakers: what passes while this engine sleeps makes no book stale', () => {
  const { breakers, told } = rig();
  for (const one of instruments) breakers.onBook(one, true, at(0));
  breakers.onSleep(60_000_000, at(60_000_000));
  breakers.advance(at(60_000_000));
  assert.deepEqual(told(), []);
  breakers.advance(at(64_999_999));
  assert.deepEqual(told(), []);
  breakers.advance(at(65_000_000));
  assert.deepEqual(told().sort(), [
    'stale_data venue:spot closed>open',
    'stale_data venue:test closed>open',
  ]);
});

test('breakers: an answer that waited while this engine slept is not late', () => {
  const settings = { latencyOrdersMin: 1, latencyMs: 1000 };
  const slept = rig(settings);
  slept.breakers.onSleep(5_000_000, at(6_000_000)); // from 1 s on
  slept.breakers.onAnswered(orderAt(linear, 900_000), at(6_000_100), false);
  assert.deepEqual(slept.told(), []);
  slept.breakers.onAnswered(orderAt(linear, 6_000_000), at(7_000_000), false);
  assert.deepEqual(slept.told(), ['latency venue:test closed>open'], 'sent when awake');
});

test('breakers: how many volatility breakers are open is counted as they turn', () => {
  const { breakers } = rig();
  assert.equal(breakers.volatile, 0);
  for (const one of [linear, spot]) {
    breakers.onMark(one, 100, at(1));
    breakers.onMark(one, 103, at(2));
  }
  assert.deepEqual([breakers.volatile, breakers.isVolatile(linear)], [2, true]);
  breakers.advance(at(MINUTE_US + COOL_US));
  assert.deepEqual([breakers.volatile, breakers.isVolatile(linear)], [0, false]);
});
