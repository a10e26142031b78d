// Owns the proof that the indicators give the golden numbers, and that flat markets stay finite.
// Promise: every value of every series is compared, warm-up included.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createEma, createSma, createWma } from '../../../engine/features/averages.ts';
import * as technical from '../../../engine/features/technical.ts';
import * as volatility from '../../../engine/features/volatility.ts';
import { sharedPath } from '../../shared-data.ts';

type Bar = technical.Bar;
type Values = (bar: Bar) => Record<string, number>;

const closes = (name: string, series: { push(value: number): number }): Values => {
  return (bar) => ({ [name]: series.push(bar.close) });
};
const bars = (name: string, series: technical.BarSeries): Values => {
  return (bar) => ({ [name]: series.push(bar) });
};

const single = (): Values[] => [
  closes('sma20', createSma(20)),
  closes('wma20', createWma(20)),
  closes('ema20_sma_seed', createEma(20)),
  closes('rsi14', technical.createRsi(14)),
  closes('roc12_percent', technical.createRoc(12)),
  closes('close_to_close_std30', volatility.createCloseToClose(30)),
  closes('realised_vol60', volatility.createRealised(60)),
  bars('true_range', technical.createTrueRange()),
  bars('atr14_from_bar1', technical.createAtr(14)),
  bars('cci20', technical.createCci(20)),
  bars('obv_start0', technical.createObv()),
  bars('mfi14', technical.createMfi(14)),
  bars('williams_r14', technical.createWilliamsR(14)),
  bars('vwap_session_utc_day', technical.createSessionVwap()),
  bars('parkinson30', volatility.createParkinson(30)),
  bars('garman_klass30', volatility.createGarmanKlass(30)),
  bars('rogers_satchell30', volatility.createRogersSatchell(30)),
  bars('yang_zhang30', volatility.createYangZhang(30)),
];

function createMomentum(): Values {
  const macd = technical.createMacd(12, 26, 9);
  const directional = technical.createDirectional(14);
  const stochastic = technical.createStochastic(14, 3, 3);
  return (bar) => {
    macd.push(bar.close);
    directional.push(bar);
    stochastic.push(bar);
    return {
      macd_line_sma_seed: macd.line,
      macd_signal_sma_seed: macd.signal,
      macd_hist_sma_seed: macd.histogram,
      plus_di14: directional.plus,
      minus_di14: directional.minus,
      dx14: directional.dx,
      adx14: directional.adx,
      stoch_fast_k14: stochastic.fastK,
      stoch_slow_k14_3: stochastic.slowK,
      stoch_d14_3_3: stochastic.d,
    };
  };
}

function createBandValues(): Values {
  const bollinger = technical.createBollinger(20, 2);
  const donchian = technical.createExtremes(20);
  const keltner = technical.createKeltner(20, 10, 2);
  return (bar) => {
    bollinger.push(bar.close);
    donchian.push(bar);
    keltner.push(bar);
    return {
      bollinger_middle: bollinger.middle,
      bollinger_upper: bollinger.upper,
      bollinger_lower: bollinger.lower,
      bollinger_percent_b: bollinger.percentB,
      bollinger_bandwidth: bollinger.bandwidth,
      donchian20_upper: donchian.upper,
      donchian20_lower: donchian.lower,
      donchian20_middle: donchian.middle,
      keltner_middle_sma_seed: keltner.middle,
      keltner_upper_sma_seed: keltner.upper,
      keltner_lower_sma_seed: keltner.lower,
    };
  };
}

const createAll = (): Values[] => [...single(), createMomentum(), createBandValues()];

function compute(all: readonly Bar[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const series = createAll();
  for (const bar of all) {
    for (const push of series) {
      for (const [name, value] of Object.entries(push(bar))) {
        const list = found.get(name) ?? [];
        list.push(value);
        found.set(name, list);
      }
    }
  }
  return found;
}

const golden = sharedPath('golden/indicators.json');
const candles = sharedPath('market-data/candles/binance-usdm/BTCUSDT-1m-2025.csv.gz');

interface Golden {
  readonly first_ts_ms: number;
  readonly rows: number;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

function readBars(path: string, firstMs: number, count: number): Bar[] {
  const [head = '', ...lines] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  const names = head.split(',');
  const column = (cells: string[], name: string): number => Number(cells[names.indexOf(name)]);
  return lines
    .map((line) => line.split(','))
    .filter((cells) => column(cells, 'ts_ms') >= firstMs)
    .slice(0, count)
    .map((cells) => ({
      openUs: column(cells, 'ts_ms') * 1000,
      open: column(cells, 'open'),
      high: column(cells, 'high'),
      low: column(cells, 'low'),
      close: column(cells, 'close'),
      volume: column(cells, 'volume'),
    }));
}

/** Largest error relative to max(1, largest value of the series); Infinity on a null mismatch. */
function worstError(mine: readonly number[], theirs: readonly (number | null)[]): number {
  const scale = Math.max(1, ...theirs.map((value) => Math.abs(value ?? 0)));
  let worst = 0;
  for (const [row, expected] of theirs.entries()) {
    const value = mine[row] ?? Number.NaN;
    if (Number.isNaN(value) !== (expected === null)) return Number.POSITIVE_INFINITY;
    if (expected !== null) worst = Math.max(worst, Math.abs(value - expected) / scale);
  }
  return worst;
}

test('technical: all 1500 values of every indicator match the golden series to 1e-9', (t) => {
  if (golden === null || candles === null) return t.skip('golden/indicators.json is not here');
  const expected = JSON.parse(readFileSync(golden, 'utf8')) as Golden;
  const found = compute(readBars(candles, expected.first_ts_ms, expected.rows));
  assert.equal(found.size, 39);
  for (const [name, values] of found) {
    const theirs = expected.series[name];
    assert.ok(theirs !== undefined, `${name} is not a golden series`);
    assert.equal(values.length, theirs.length);
    const worst = worstError(values, theirs);
    assert.ok(worst <= 1e-9, `${name} is off by ${worst}`);
  }
});

test('technical: a market that never moves gives neutral finite values, never Infinity', () => {
  const still = Array.from({ length: 120 }, (_, minute) => ({
    openUs: minute * 60e6,
    open: 100,
    high: 100,
    low: 100,
    close: 100,
    volume: 0,
  }));
  const found = compute(still);
  for (const [name, values] of found) {
    assert.ok(Number.isFinite(values.at(-1)), `${name} ends as ${values.at(-1)}`);
  }
  assert.equal(found.get('rsi14')?.at(-1), 50);
  assert.equal(found.get('bollinger_percent_b')?.at(-1), 0.5);
  assert.equal(found.get('williams_r14')?.at(-1), -50);
});
