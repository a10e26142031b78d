// Owns the cases of signal generation: the clock, early news, spacing, what is refused.
// Promise: times and probabilities are small round numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForecastEvent, Signal } from '../../../engine/core/event.ts';
import { createSignals, type Signals } from '../../../engine/signals/generate.ts';
import { FORECAST_STALE_BOOK, FORECAST_VALID } from '../../../wasm/layout.ts';
import { at, instruments, linear, spot } from '../../trading-fixture.ts';

const SECOND = 1_000_000;
const forecast = (probability: number, parts: Partial<ForecastEvent> = {}): ForecastEvent => ({
  kind: 'forecast',
  instrument: linear,
  probability,
  horizonUs: SECOND,
  model: 'm1',
  status: FORECAST_VALID,
  bookSequence: 9,
  requestUs: at(0),
  tickNs: 0,
  ...parts,
});

const make = (firstId?: number): Signals =>
  createSignals({
    threshold: 0.2,
    intervalUs: 5 * SECOND,
    spacingUsMin: SECOND,
    instruments,
    ...(firstId === undefined ? {} : { firstId }),
  });

const ask = (signals: Signals, p: number, seconds: number): Signal | null =>
  signals.onForecast(forecast(p, { requestUs: at(seconds * SECOND) }), 100, at(seconds * SECOND));

test('signals: a forecast becomes a signal with calibrated confidence and signed strength', () => {
  const signals = make(41);
  assert.deepEqual(ask(signals, 0.3, 0), {
    id: 41,
    instrument: linear,
    direction: 'down',
    probability: 0.7,
    confidence: 0.4,
    strength: -0.4,
    horizonUs: SECOND,
    model: 'm1',
    bookSequence: 9,
    timeUs: 0,
    mid: 100,
    action: 'trade',
  });
  assert.equal(signals.nextId, 42);
});

test('signals: at the threshold a signal trades, below it holds', () => {
  assert.equal(ask(make(), 0.625, 0)?.action, 'trade'); // 0.25 > 0.2
  const exact = createSignals({ threshold: 0.25, intervalUs: 1, instruments });
  assert.equal(ask(exact, 0.625, 0)?.action, 'trade'); // exact in binary
  assert.equal(ask(exact, 0.62, 1)?.action, 'hold');
});

test('signals: the clock gives one per interval, not more', () => {
  const signals = make();
  assert.notEqual(ask(signals, 0.52, 0), null);
  assert.equal(ask(signals, 0.52, 4.999), null);
  assert.notEqual(ask(signals, 0.52, 5), null);
});

test('signals: rising to the threshold is news, staying there is not', () => {
  const signals = make();
  assert.equal(ask(signals, 0.52, 0)?.action, 'hold');
  assert.equal(ask(signals, 0.7, 0.5), null); // spacing
  assert.equal(ask(signals, 0.7, 1)?.action, 'trade');
  assert.equal(ask(signals, 0.8, 2.5), null);
  assert.equal(ask(signals, 0.3, 3)?.direction, 'down'); // flipped
});

test('signals: half is flat and never trades', () => {
  const low = createSignals({ threshold: 0, intervalUs: 1, instruments });
  const signal = ask(low, 0.5, 0);
  assert.equal(signal?.direction, 'flat');
  assert.equal(signal?.action, 'hold');
  assert.equal(signal?.strength, 0);
});

test('signals: forecasts that are not valid, not numbers or without a mid are refused', () => {
  const signals = make();
  assert.equal(
    signals.onForecast(forecast(0.9, { status: FORECAST_STALE_BOOK }), 100, at(0)),
    null,
  );
  for (const p of [Number.NaN, -0.1, 1.1]) assert.equal(ask(signals, p, 0), null);
  for (const mid of [Number.NaN, 0, -1]) {
    assert.equal(signals.onForecast(forecast(0.9), mid, at(0)), null);
  }
  assert.equal(signals.nextId, 1);
});

test('signals: instruments are due until they have a signal, asked once per spacing', () => {
  const signals = make();
  const keys = (seconds: number) => signals.due(at(seconds * SECOND)).map(({ key }) => key);
  assert.equal(keys(0).length, 3);
  assert.deepEqual(keys(0.5), []);
  ask(signals, 0.5, 0.6);
  const late = { instrument: spot, requestUs: at(0.6 * SECOND) };
  signals.onForecast(forecast(0.5, late), 100, at(0.6 * SECOND));
  assert.deepEqual(keys(1), ['BTCUSD.test']);
  assert.deepEqual(keys(5.6), ['BTCUSDT.test', 'BTCUSD.test', 'ETHUSDT.spot']);
});

test('signals: a forecast older than half its horizon is counted, and never a signal (S9)', () => {
  const signals = make();
  const late = (us: number, parts: Partial<ForecastEvent> = {}): Signal | null =>
    signals.onForecast(forecast(0.9, parts), 100, at(us));
  assert.equal(late(SECOND / 2 + 1), null);
  assert.equal(late(30 * SECOND), null);
  assert.equal(late(1, { horizonUs: Number.NaN }), null);
  assert.equal(late(1, { requestUs: at(Number.NaN) }), null);
  assert.deepEqual([signals.stale, signals.nextId], [4, 1]);
  assert.equal(late(SECOND / 2)?.action, 'trade', 'exactly half is in time');
  assert.equal(signals.stale, 4);
});

test('signals: how old a forecast may be is a share of its horizon that can be set', () => {
  const strict = createSignals({ threshold: 0.2, intervalUs: 1, instruments, ageShareMax: 0.1 });
  assert.equal(strict.onForecast(forecast(0.9), 100, at(100_001)), null);
  assert.notEqual(strict.onForecast(forecast(0.9), 100, at(100_000)), null);
});
