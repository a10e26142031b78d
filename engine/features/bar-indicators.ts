// Owns the technical features: every indicator over closed 1-minute bars, a few over longer ones.
// Promise: no unit of price is left; NaN until an indicator is warm; updated once per closed bar.
import { type MemoryPlan, TIME_FRAME_NAMES } from '../memory/plan.ts';
import { createEma, createSma, createWma } from './averages.ts';
import { type BarRing, copyBar, oldestOf, openBarRing } from './bar-ring.ts';
import * as technical from './technical.ts';
import * as volatility from './volatility.ts';

type Bar = technical.Bar;

const MINUTE_FEATURES = [
  'sma20_distance_1m', // bps of the close above the average
  'wma20_distance_1m',
  'macd_line_1m', // bps of the close
  'macd_signal_1m',
  'macd_histogram_1m',
  'bollinger_percent_b_1m',
  'bollinger_bandwidth_1m', // bps
  'adx14_1m',
  'di_difference_1m', // +DI - -DI
  'stochastic_k_1m',
  'stochastic_d_1m',
  'cci20_1m',
  'mfi14_1m',
  'williams_r14_1m',
  'roc12_1m', // percent
  'vwap_distance_1m', // bps of the close above the session's VWAP (UTC day)
  'donchian_position_1m', // 0 at the low, 1 at the high of 20 bars
  'keltner_position_1m', // 0 at the lower, 1 at the upper band
  'obv_slope_1m', // change over 10 bars / volume of those bars
  'parkinson30_1m', // bps per bar, like the next five
  'garman_klass30_1m',
  'rogers_satchell30_1m',
  'yang_zhang30_1m',
  'close_to_close30_1m',
  'realised60_1m',
] as const;

/** Every time frame has these: relative strength, distance from its EMA, average true range. */
const frameFeatures = (frame: string): string[] => [
  `rsi14_${frame}`,
  `ema20_distance_${frame}`, // bps
  `atr14_${frame}`, // bps of the close
];

export const TECHNICAL_FEATURES: readonly string[] = [
  ...TIME_FRAME_NAMES.flatMap(frameFeatures),
  ...MINUTE_FEATURES,
];
const FRAME_COLUMNS = 3;
const MINUTE_AT = FRAME_COLUMNS * TIME_FRAME_NAMES.length;

export interface BarIndicators {
  /** Reads bars closed since the last call and updates the features of `instrument`. */
  refresh(instrument: number): void;
  /** Another has the slot: its bars are read from the first one on. */
  forget(instrument: number): void;
  /** Copies TECHNICAL_FEATURES of `instrument` to `out[at]`. */
  write(instrument: number, out: Float32Array, at: number): void;
}

type Push = (bar: Bar, out: Float32Array, at: number) => void;

interface Frame {
  readonly ring: BarRing;
  readonly pushes: readonly { readonly push: Push; readonly at: number }[];
  seen: number;
}

/** Indicators of the instruments of one thread, created when an instrument is first seen. */
export function createBarIndicators(buffer: SharedArrayBuffer, plan: MemoryPlan): BarIndicators {
  const frames = new Map<number, readonly Frame[]>();
  const rows = new Map<number, Float32Array>();
  const bar: Bar = { openUs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };
  const framesOf = (instrument: number): readonly Frame[] => {
    const found = frames.get(instrument);
    if (found !== undefined) return found;
    const made = TIME_FRAME_NAMES.map((_, frame) => createFrame(buffer, plan, instrument, frame));
    frames.set(instrument, made);
    rows.set(instrument, new Float32Array(TECHNICAL_FEATURES.length).fill(Number.NaN));
    return made;
  };
  return {
    refresh(instrument) {
      const all = framesOf(instrument);
      const row = rows.get(instrument);
      if (row === undefined) return;
      for (const frame of all) readFrame(frame, bar, row);
    },
    forget(instrument) {
      frames.delete(instrument);
      rows.delete(instrument);
    },
    write(instrument, out, at) {
      const row = rows.get(instrument);
      if (row === undefined) out.fill(Number.NaN, at, at + TECHNICAL_FEATURES.length);
      else out.set(row, at);
    },
  };
}

function createFrame(
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
  instrument: number,
  frame: number,
): Frame {
  const own = { push: createFramePush(), at: FRAME_COLUMNS * frame };
  const minute = [
    { push: createTrendPush(), at: MINUTE_AT },
    { push: createOscillatorPush(), at: MINUTE_AT + 9 },
    { push: createVolatilityPush(), at: MINUTE_AT + 19 },
  ];
  return {
    ring: openBarRing(buffer, plan, instrument, frame),
    pushes: frame === 0 ? [own, ...minute] : [own],
    seen: 0,
  };
}

/** Feeds closed bars to the indicators; bars older than the ring holds are passed over. */
function readFrame(frame: Frame, bar: Bar, row: Float32Array): void {
  const closed = Atomics.load(frame.ring.control, 0);
  if (closed < frame.seen) frame.seen = 0; // the ring was begun anew
  for (let k = Math.max(frame.seen, oldestOf(closed)); k < closed; k += 1) {
    if (!copyBar(frame.ring, k, bar)) continue; // written over meanwhile: as if read too late
    if (!(bar.low > 0)) continue; // nothing traded yet: no price to learn from
    for (const { push, at } of frame.pushes) push(bar, row, at);
  }
  frame.seen = closed;
}

const bps = (part: number, whole: number): number => (part / whole) * 1e4;
const place = (value: number, low: number, high: number): number =>
  high > low ? (value - low) / (high - low) : Number.isNaN(low + high) ? Number.NaN : 0.5;

function createFramePush(): Push {
  const rsi = technical.createRsi(14);
  const ema = createEma(20);
  const atr = technical.createAtr(14);
  return (bar, out, at) => {
    out[at] = rsi.push(bar.close);
    out[at + 1] = bps(bar.close - ema.push(bar.close), bar.close);
    out[at + 2] = bps(atr.push(bar), bar.close);
  };
}

function createTrendPush(): Push {
  const sma = createSma(20);
  const wma = createWma(20);
  const macd = technical.createMacd(12, 26, 9);
  const bollinger = technical.createBollinger(20, 2);
  const directional = technical.createDirectional(14);
  return (bar, out, at) => {
    const { close } = bar;
    macd.push(close);
    bollinger.push(close);
    directional.push(bar);
    out[at] = bps(close - sma.push(close), close);
    out[at + 1] = bps(close - wma.push(close), close);
    out[at + 2] = bps(macd.line, close);
    out[at + 3] = bps(macd.signal, close);
    out[at + 4] = bps(macd.histogram, close);
    out[at + 5] = bollinger.percentB;
    out[at + 6] = bollinger.bandwidth * 1e4;
    out[at + 7] = directional.adx;
    out[at + 8] = directional.plus - directional.minus;
  };
}

function createOscillatorPush(): Push {
  const stochastic = technical.createStochastic(14, 3, 3);
  const cci = technical.createCci(20);
  const mfi = technical.createMfi(14);
  const williams = technical.createWilliamsR(14);
  const roc = technical.createRoc(12);
  const vwap = technical.createSessionVwap();
  const donchian = technical.createExtremes(20);
  const keltner = technical.createKeltner(20, 10, 2);
  const obv = technical.createObvSlope(10);
  return (bar, out, at) => {
    const { close } = bar;
    stochastic.push(bar);
    donchian.push(bar);
    keltner.push(bar);
    out[at] = stochastic.slowK;
    out[at + 1] = stochastic.d;
    out[at + 2] = cci.push(bar);
    out[at + 3] = mfi.push(bar);
    out[at + 4] = williams.push(bar);
    out[at + 5] = roc.push(close);
    out[at + 6] = bps(close - vwap.push(bar), close);
    out[at + 7] = place(close, donchian.lower, donchian.upper);
    out[at + 8] = place(close, keltner.lower, keltner.upper);
    out[at + 9] = obv.push(bar);
  };
}

function createVolatilityPush(): Push {
  const ranges = [
    volatility.createParkinson(30),
    volatility.createGarmanKlass(30),
    volatility.createRogersSatchell(30),
    volatility.createYangZhang(30),
  ];
  const closeToClose = volatility.createCloseToClose(30);
  const realised = volatility.createRealised(60);
  return (bar, out, at) => {
    for (let k = 0; k < ranges.length; k += 1) {
      out[at + k] = (ranges[k]?.push(bar) ?? Number.NaN) * 1e4;
    }
    out[at + 4] = closeToClose.push(bar.close) * 1e4;
    out[at + 5] = realised.push(bar.close) * 1e4;
  };
}
