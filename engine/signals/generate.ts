// Owns the step from forecasts to signals: when one is worth telling, and whether to trade on it.
// Promise: at least one signal per instrument and interval while forecasts come; never a flood.
import { FORECAST_VALID } from '../../wasm/layout.ts';
import type { ForecastEvent, Signal } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';

export interface SignalOptions {
  readonly threshold: number; // confidence from which a signal says trade
  readonly intervalUs: number; // the clock: a signal per instrument at least this often
  readonly instruments: readonly Instrument[]; // by slot
  readonly slots?: number; // for instruments, default as many as there are
  readonly spacingUsMin?: number; // between two signals of one instrument, default interval / 5
  readonly ageShareMax?: number; // of its horizon: an older forecast is stale, default 0.5
  readonly firstId?: number; // of the next signal, default 1
}

export interface Signals {
  /** Another has the slot since `nowUs`: what was asked for before is nobody's. */
  add(instrument: Instrument, nowUs: EpochUs): void;
  /** Nobody has the slot: nothing is due, and nothing that comes is a signal. */
  retire(instrument: Instrument): void;
  /**
   * A signal when the interval has run out, or, after the minimum spacing, when confidence rose
   * to the threshold or a tradable direction flipped. Null otherwise, for forecasts that are not
   * valid, not finite or too old, and without a mid.
   */
  onForecast(event: ForecastEvent, mid: number, nowUs: EpochUs): Signal | null;
  /**
   * Instruments whose interval has run out and which were not asked for within the last spacing:
   * request a forecast for each. The array is reused by the next call.
   */
  due(nowUs: EpochUs): readonly Instrument[];
  readonly nextId: number;
  /** Valid forecasts that came too late to be signals, since the start. */
  readonly stale: number;
}

/** Below this confidence a forecast has no direction worth naming. */
const FLAT_CONFIDENCE = 0.01;

interface Memory {
  signalUs: number; // -Infinity before the first
  askedUs: number;
  sinceUs: number; // forecasts that were asked for before are of another; Infinity: of nobody
  tradable: Signal['direction']; // direction of the last signal that said trade, else flat
}

const createMemory = (sinceUs = Number.NEGATIVE_INFINITY): Memory => ({
  signalUs: Number.NEGATIVE_INFINITY,
  askedUs: Number.NEGATIVE_INFINITY,
  sinceUs,
  tradable: 'flat',
});

export function createSignals(options: SignalOptions): Signals {
  const { threshold, intervalUs, instruments, ageShareMax = 0.5, firstId = 1 } = options;
  const spacingUs = Math.min(options.spacingUsMin ?? intervalUs / 5, intervalUs);
  const { slots = instruments.length } = options;
  const memories = Array.from({ length: slots }, () => createMemory());
  const dueNow: Instrument[] = [];
  let nextId = firstId;
  let stale = 0;
  return {
    ...slotsOf(memories),
    onForecast(event, mid, nowUs) {
      const memory = memories[event.instrument.index];
      const { probability } = event;
      if (memory === undefined || !isSound(event, memory, mid)) return null;
      if (!isInTime(event, ageShareMax, nowUs)) {
        stale += 1;
        return null;
      }
      const confidence = 2 * Math.abs(probability - 0.5);
      const direction = directionOf(probability, confidence);
      const isTrade = direction !== 'flat' && confidence >= threshold;
      const agedUs = nowUs - memory.signalUs;
      const isNews = isTrade && direction !== memory.tradable && agedUs >= spacingUs;
      if (agedUs < intervalUs && !isNews) return null;
      memory.signalUs = nowUs;
      memory.tradable = isTrade ? direction : 'flat';
      nextId += 1;
      return makeSignal(event, nextId - 1, direction, confidence, mid, nowUs, isTrade);
    },
    due(nowUs) {
      dueNow.length = 0;
      for (const instrument of instruments) {
        const memory = memories[instrument.index];
        if (memory === undefined || !isDue(memory, intervalUs, spacingUs, nowUs)) continue;
        memory.askedUs = nowUs;
        dueNow.push(instrument);
      }
      return dueNow;
    },
    get nextId() {
      return nextId;
    },
    get stale() {
      return stale;
    },
  };
}

const slotsOf = (memories: Memory[]): Pick<Signals, 'add' | 'retire'> => ({
  add({ index }, nowUs) {
    memories[index] = createMemory(nowUs);
  },
  retire({ index }) {
    memories[index] = createMemory(Number.POSITIVE_INFINITY);
  },
});

const isSound = ({ probability, status, requestUs }: ForecastEvent, memory: Memory, mid: number) =>
  status === FORECAST_VALID &&
  !(requestUs < memory.sinceUs) &&
  probability >= 0 &&
  probability <= 1 &&
  mid > 0;

const isDue = (memory: Memory, intervalUs: number, spacingUs: number, nowUs: EpochUs): boolean =>
  nowUs >= memory.sinceUs &&
  nowUs - memory.signalUs >= intervalUs &&
  nowUs - memory.askedUs >= spacingUs;

// Told what was likely over a time that is half over, nobody knows what is left of it.
const isInTime = (event: ForecastEvent, share: number, nowUs: EpochUs): boolean =>
  nowUs - event.requestUs <= share * event.horizonUs;

function directionOf(probability: number, confidence: number): Signal['direction'] {
  if (confidence < FLAT_CONFIDENCE) return 'flat';
  return probability > 0.5 ? 'up' : 'down';
}

function makeSignal(
  event: ForecastEvent,
  id: number,
  direction: Signal['direction'],
  confidence: number,
  mid: number,
  nowUs: EpochUs,
  isTrade: boolean,
): Signal {
  const sign = direction === 'flat' ? 0 : direction === 'up' ? 1 : -1;
  return {
    id,
    instrument: event.instrument,
    direction,
    probability: Math.max(event.probability, 1 - event.probability),
    confidence,
    strength: sign * confidence,
    horizonUs: event.horizonUs,
    model: event.model,
    bookSequence: event.bookSequence,
    timeUs: nowUs,
    mid,
    action: isTrade ? 'trade' : 'hold',
  };
}
