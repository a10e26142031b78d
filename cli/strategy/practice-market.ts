// Owns a small market to practise in: two instruments, a seeded walk, ten levels a side.
// Promise: books never cross; the same seed gives the same prices, sizes and signals.
import type { Signal } from '../../engine/core/event.ts';
import {
  formatQty,
  type Instrument,
  notionalOf,
  priceOf,
  qtyOf,
  type VenueRules,
} from '../../engine/core/instrument.ts';
import type { Side } from '../../engine/core/order.ts';
import type { BookReader } from '../../engine/core/ports.ts';
import { createRandom } from '../../engine/core/random.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, type Price } from '../../engine/core/units.ts';
import type { Bar } from '../../engine/strategies/strategy.ts';

const LEVELS = 10;
const SIGNAL_HORIZON_US = 1_000_000;
const MINUTE_US = 60_000_000;

const rules = (feeIn: VenueRules['feeIn'], maintenanceMargin: number): VenueRules => ({
  minNotional: 5,
  minQty: asQty(1),
  maxQty: null,
  maxMarketQty: null,
  marketLot: asQty(1),
  priceBand: null,
  feeIn,
  maintenanceMargin,
});

const SHARED = {
  venue: 'practice',
  quote: 'USDT',
  settle: 'USDT',
  lot: asQty(1),
  multiplier: 1,
  makerFee: 0.0002,
  takerFee: 0.0005,
} as const;

/** A contract and a coin, so that a strategy meets both. */
const INSTRUMENTS: readonly Instrument[] = [
  {
    ...SHARED,
    ...{ index: 0, key: 'BTCUSDT.practice', symbol: 'BTCUSDT', kind: 'linear', base: 'BTC' },
    ...{ priceScale: 1, qtyScale: 3, tick: asPrice(1), rules: rules('settle', 0.05) },
  },
  {
    ...SHARED,
    ...{ index: 1, key: 'ETHUSDT.practice', symbol: 'ETHUSDT', kind: 'spot', base: 'ETH' },
    ...{ priceScale: 2, qtyScale: 4, tick: asPrice(1), rules: rules('received', 0) },
  },
];
const START: readonly number[] = [600_000, 250_000]; // steps: 60,000.0 and 2,500.00

interface Line {
  bid: number; // best, steps
  spread: number; // ticks
  id: number;
  readonly sizes: Float64Array; // bids, then asks
}

export interface PracticeMarket {
  readonly instruments: readonly Instrument[];
  readonly books: BookReader;
  readonly steps: number;
  readonly signals: number;
  step(instrument: Instrument): void;
  mid(instrument: Instrument): number;
  /** The price a taker of this side meets. */
  touch(instrument: Instrument, side: Side): Price;
  worth(instrument: Instrument, steps: number): number; // quote asset
  text(instrument: Instrument, steps: number): string;
  signal(nowUs: EpochUs): Signal;
  bar(instrument: Instrument, nowUs: EpochUs): Bar;
}

export function createPracticeMarket(seed: string): PracticeMarket {
  const random = createRandom(`${seed}/practice`);
  const lines = INSTRUMENTS.map<Line>(({ index }) => ({
    bid: START[index] ?? 0,
    spread: 1,
    id: 1,
    sizes: new Float64Array(LEVELS * 2).fill(100),
  }));
  const lineOf = ({ index }: Instrument): Line => {
    const line = lines[index];
    if (line === undefined) throw new Error(`no instrument ${index} to practise with`);
    return line;
  };
  const count = { steps: 0, signals: 0 };
  const ask = (one: Instrument): number => lineOf(one).bid + lineOf(one).spread;
  const mid = (one: Instrument): number => priceOf(one, asPrice((lineOf(one).bid + ask(one)) / 2));
  return {
    instruments: INSTRUMENTS,
    books: createBooks(lineOf),
    get steps() {
      return count.steps;
    },
    get signals() {
      return count.signals;
    },
    step(instrument) {
      count.steps += 1;
      const line = lineOf(instrument);
      line.id += 1;
      line.bid = Math.max(1000, line.bid + Math.round(random.normal() * 5));
      line.spread = 1 + random.integer(4);
      for (let at = 0; at < line.sizes.length; at += 1) line.sizes[at] = 1 + random.integer(1000);
    },
    mid,
    touch: (one, side) => asPrice(side === 'buy' ? ask(one) : lineOf(one).bid),
    worth: (one, steps) => Math.sign(steps) * notionalOf(one, mid(one), qtyOf(one, asQty(steps))),
    text: (one, steps) => formatQty(one, asQty(steps)),
    signal(nowUs) {
      count.signals += 1;
      const instrument = INSTRUMENTS[count.signals % INSTRUMENTS.length] ?? INSTRUMENTS[0];
      if (instrument === undefined) throw new Error('no instrument to practise with');
      return signalOf(instrument, count.signals, random.uniform() * 2 - 1, mid(instrument), nowUs);
    },
    bar: (one, nowUs) => barOf(one, lineOf(one), nowUs),
  };
}

function createBooks(lineOf: (instrument: Instrument) => Line): BookReader {
  const size = (one: Instrument, at: number): number => lineOf(one).sizes[at] ?? Number.NaN;
  const isIn = (level: number): boolean => level >= 0 && level < LEVELS;
  return {
    isReady: () => true,
    updateId: (one) => lineOf(one).id,
    receiveUs: () => 0,
    bidCount: () => LEVELS,
    askCount: () => LEVELS,
    bidPrice: (one, level) => asPrice(isIn(level) ? lineOf(one).bid - level : Number.NaN),
    bidQty: (one, level) => asQty(isIn(level) ? size(one, level) : Number.NaN),
    askPrice: (one, level) =>
      asPrice(isIn(level) ? lineOf(one).bid + lineOf(one).spread + level : Number.NaN),
    askQty: (one, level) => asQty(isIn(level) ? size(one, LEVELS + level) : Number.NaN),
  };
}

function signalOf(
  instrument: Instrument,
  id: number,
  strength: number,
  mid: number,
  timeUs: EpochUs,
): Signal {
  const confidence = Math.abs(strength);
  return {
    id,
    instrument,
    direction: strength > 0 ? 'up' : 'down',
    probability: 0.5 + confidence / 2,
    confidence,
    strength,
    horizonUs: SIGNAL_HORIZON_US,
    model: 'practice',
    bookSequence: 0,
    timeUs,
    mid,
    action: confidence >= 0.2 ? 'trade' : 'hold',
  };
}

function barOf(instrument: Instrument, { bid }: Line, nowUs: EpochUs): Bar {
  const prices = { open: asPrice(bid), high: asPrice(bid), low: asPrice(bid), close: asPrice(bid) };
  const openUs = asEpochUs(nowUs - MINUTE_US);
  return { instrument, lengthUs: MINUTE_US, openUs, ...prices, volume: asQty(0), trades: 0 };
}
