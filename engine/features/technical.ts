// Owns the technical indicators over closed bars, one value in and one out per bar.
// Promise: NaN until warm, a neutral value where a formula would divide by zero, never Infinity.
import { createEma, createSma, createWilder } from './averages.ts';
import { createWindow, type Series } from './window.ts';

/** A closed bar; prices and volume in any one unit, time in microseconds since the epoch. */
export interface Bar {
  openUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface BarSeries {
  push(bar: Bar): number;
}

/** `numerator / denominator`, or `neutral` where the denominator is 0: the market stood still. */
const ratio = (numerator: number, denominator: number, neutral: number): number =>
  denominator === 0 ? neutral : numerator / denominator;

const typicalOf = (bar: Bar): number => (bar.high + bar.low + bar.close) / 3;

/** Relative strength (Wilder 1978), 0..100; first value after n differences; 50 when flat. */
export function createRsi(n: number): Series {
  const gain = createWilder(n);
  const loss = createWilder(n);
  let previous = Number.NaN;
  return {
    push(close) {
      const change = close - previous;
      previous = close;
      if (Number.isNaN(change)) return Number.NaN;
      const up = gain.push(Math.max(0, change));
      const down = loss.push(Math.max(0, -change));
      return ratio(100 * up, up + down, 50);
    },
  };
}

export interface Macd {
  line: number;
  signal: number;
  histogram: number;
  push(close: number): void;
}

/** Moving average convergence divergence: 12, 26, 9; every average seeded with its own SMA. */
export function createMacd(fast: number, slow: number, smooth: number): Macd {
  const fastEma = createEma(fast);
  const slowEma = createEma(slow);
  const signalEma = createEma(smooth);
  return {
    line: Number.NaN,
    signal: Number.NaN,
    histogram: Number.NaN,
    push(close) {
      this.line = fastEma.push(close) - slowEma.push(close);
      if (!Number.isNaN(this.line)) this.signal = signalEma.push(this.line);
      this.histogram = this.line - this.signal;
    },
  };
}

/** True range (Wilder 1978); of the first bar: high - low. */
export function createTrueRange(): BarSeries {
  let previous = Number.NaN;
  return {
    push({ high, low, close }) {
      const before = Number.isNaN(previous) ? close : previous;
      const top = Number.isNaN(previous) ? high : Math.max(high, before);
      const bottom = Number.isNaN(previous) ? low : Math.min(low, before);
      previous = close;
      return top - bottom;
    },
  };
}

/** Average true range (Wilder 1978, TA-Lib): seed = mean of the true ranges of bars 1..n. */
export function createAtr(n: number): BarSeries {
  const range = createTrueRange();
  const smooth = createWilder(n);
  let isFirst = true;
  return {
    push(bar) {
      const value = range.push(bar);
      if (isFirst) {
        isFirst = false;
        return Number.NaN;
      }
      return smooth.push(value);
    },
  };
}

export interface Bands {
  upper: number;
  middle: number;
  lower: number;
}

export interface Bollinger extends Bands {
  percentB: number; // (close - lower) / (upper - lower); 0.5 when the band has no width
  bandwidth: number; // (upper - lower) / middle
  push(close: number): void;
}

/** Bollinger bands: mean of `n` closes +/- `width` POPULATION standard deviations. */
export function createBollinger(n: number, width: number): Bollinger {
  const window = createWindow(n);
  return {
    ...emptyBands(),
    percentB: Number.NaN,
    bandwidth: Number.NaN,
    push(close) {
      window.push(close);
      if (!window.isFull) return;
      const spread = width * Math.sqrt(window.squaredDeviations() / n);
      this.middle = window.mean();
      this.upper = this.middle + spread;
      this.lower = this.middle - spread;
      this.percentB = ratio(close - this.lower, this.upper - this.lower, 0.5);
      this.bandwidth = ratio(this.upper - this.lower, this.middle, 0);
    },
  };
}

const emptyBands = (): Bands => ({
  upper: Number.NaN,
  middle: Number.NaN,
  lower: Number.NaN,
});

export interface Directional {
  plus: number; // +DI, 0..100
  minus: number;
  dx: number;
  adx: number;
  push(bar: Bar): void;
}

/** Directional movement (Wilder 1978) from bar 1 on; equal moves count on neither side. */
export function createDirectional(n: number): Directional {
  const range = createTrueRange();
  const [trueRange, up, down, average] = [0, 0, 0, 0].map(() => createWilder(n));
  let high = Number.NaN;
  let low = Number.NaN;
  const smooth = (series: Series | undefined, value: number): number =>
    series === undefined ? Number.NaN : series.push(value);
  return {
    plus: Number.NaN,
    minus: Number.NaN,
    dx: Number.NaN,
    adx: Number.NaN,
    push(bar) {
      const rise = bar.high - high;
      const fall = low - bar.low;
      high = bar.high;
      low = bar.low;
      const value = range.push(bar);
      if (Number.isNaN(rise)) return;
      const width = smooth(trueRange, value);
      const plus = smooth(up, rise > fall && rise > 0 ? rise : 0);
      const minus = smooth(down, fall > rise && fall > 0 ? fall : 0);
      if (Number.isNaN(width)) return;
      this.plus = ratio(100 * plus, width, 0);
      this.minus = ratio(100 * minus, width, 0);
      this.dx = ratio(100 * Math.abs(this.plus - this.minus), this.plus + this.minus, 0);
      this.adx = smooth(average, this.dx);
    },
  };
}

export interface Stochastic {
  fastK: number;
  slowK: number;
  d: number;
  push(bar: Bar): void;
}

/** Stochastic oscillator, 0..100: fast %K over `n` bars, slow %K and %D by SMA; 50 when flat. */
export function createStochastic(n: number, slow: number, signal: number): Stochastic {
  const extremes = createExtremes(n);
  const slowSma = createSma(slow);
  const signalSma = createSma(signal);
  return {
    fastK: Number.NaN,
    slowK: Number.NaN,
    d: Number.NaN,
    push(bar) {
      extremes.push(bar);
      if (Number.isNaN(extremes.upper)) return;
      const { upper, lower } = extremes;
      this.fastK = ratio(100 * (bar.close - lower), upper - lower, 50);
      this.slowK = slowSma.push(this.fastK);
      if (!Number.isNaN(this.slowK)) this.d = signalSma.push(this.slowK);
    },
  };
}

export interface Extremes extends Bands {
  push(bar: Bar): void;
}

/** Donchian channel: highest high and lowest low of `n` bars, the current one included. */
export function createExtremes(n: number): Extremes {
  const highs = createWindow(n);
  const lows = createWindow(n);
  return {
    ...emptyBands(),
    push({ high, low }) {
      highs.push(high);
      lows.push(low);
      if (!highs.isFull) return;
      this.upper = highs.max();
      this.lower = lows.min();
      this.middle = (this.upper + this.lower) / 2;
    },
  };
}

/** Williams %R, -100..0; -50 when the market stood still. */
export function createWilliamsR(n: number): BarSeries {
  const extremes = createExtremes(n);
  return {
    push(bar) {
      extremes.push(bar);
      const { upper, lower } = extremes;
      return Number.isNaN(upper)
        ? Number.NaN
        : ratio(-100 * (upper - bar.close), upper - lower, -50);
    },
  };
}

/** Keltner channel: EMA of the close +/- `width` average true ranges (ATR from bar 1). */
export function createKeltner(n: number, atrLength: number, width: number): Extremes {
  const middle = createEma(n);
  const atr = createAtr(atrLength);
  return {
    ...emptyBands(),
    push(bar) {
      const spread = width * atr.push(bar);
      this.middle = middle.push(bar.close);
      this.upper = this.middle + spread;
      this.lower = this.middle - spread;
    },
  };
}

/** Commodity channel index (Lambert 1980): mean absolute deviation, factor 0.015; 0 when flat. */
export function createCci(n: number): BarSeries {
  const window = createWindow(n);
  return {
    push(bar) {
      const typical = typicalOf(bar);
      window.push(typical);
      if (!window.isFull) return Number.NaN;
      const mean = window.mean();
      let deviation = 0;
      for (let age = 0; age < n; age += 1) deviation += Math.abs(window.ago(age) - mean);
      return ratio(typical - mean, (0.015 * deviation) / n, 0);
    },
  };
}

/** On-balance volume, 0 at the first bar. */
export function createObv(): BarSeries {
  let total = 0;
  let previous = Number.NaN;
  return {
    push({ close, volume }) {
      if (!Number.isNaN(previous)) total += Math.sign(close - previous) * volume;
      previous = close;
      return total;
    },
  };
}

/** Change of the on-balance volume over `n` bars per volume of those bars, -1..1; 0 untraded. */
export function createObvSlope(n: number): BarSeries {
  const signed = createWindow(n);
  const traded = createWindow(n);
  let previous = Number.NaN;
  return {
    push({ close, volume }) {
      const direction = Math.sign(close - previous);
      previous = close;
      if (Number.isNaN(direction)) return Number.NaN;
      signed.push(direction * volume);
      traded.push(volume);
      return signed.isFull ? ratio(signed.sum(), traded.sum(), 0) : Number.NaN;
    },
  };
}

/** Money flow index, 0..100, over `n` flows; equal typical prices count on neither side. */
export function createMfi(n: number): BarSeries {
  const rises = createWindow(n);
  const falls = createWindow(n);
  let previous = Number.NaN;
  return {
    push(bar) {
      const typical = typicalOf(bar);
      const change = typical - previous;
      previous = typical;
      if (Number.isNaN(change)) return Number.NaN;
      rises.push(change > 0 ? typical * bar.volume : 0);
      falls.push(change < 0 ? typical * bar.volume : 0);
      if (!rises.isFull) return Number.NaN;
      return ratio(100 * rises.sum(), rises.sum() + falls.sum(), 50);
    },
  };
}

/** Rate of change in percent against `n` bars before. */
export function createRoc(n: number): Series {
  const window = createWindow(n + 1);
  return {
    push(close) {
      window.push(close);
      return window.isFull ? 100 * (close / window.ago(n) - 1) : Number.NaN;
    },
  };
}

const DAY_US = 86_400e6;

/** Volume-weighted typical price since UTC midnight; the typical price before any trade. */
export function createSessionVwap(): BarSeries {
  let day = Number.NaN;
  let value = 0;
  let volume = 0;
  return {
    push(bar) {
      const today = Math.floor(bar.openUs / DAY_US);
      if (today !== day) {
        day = today;
        value = 0;
        volume = 0;
      }
      value += typicalOf(bar) * bar.volume;
      volume += bar.volume;
      return ratio(value, volume, typicalOf(bar));
    },
  };
}
