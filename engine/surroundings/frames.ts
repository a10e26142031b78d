// Owns the way of a frame in every run: bytes, the decoder of their venue, counters, an event.
// Promise: one function for live, generated, replayed, trained and measured frames; no allocation.
import type { MarketEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import {
  createBinanceDecoder,
  type DecodeProblem,
  isDecodeProblem,
} from '../venues/binance/decode.ts';
import type { Ground } from './ground.ts';

/** Who takes events: a running system, or a market alone. */
export interface FrameTaker {
  readonly ground: Pick<Ground, 'buffer' | 'plan' | 'telemetry'>;
  apply(event: MarketEvent): void;
}

/** One connection or one file, of one venue. */
export interface FrameLine {
  /** One frame, as it was received. Null: its event was taken; else why there was none. */
  take(bytes: Uint8Array, start: number, end: number, receiveUs: number): DecodeProblem | null;
  /** Whose the snapshots without a symbol are (spot prints none); null: nobody says. */
  setSource(instrument: Instrument | null): void;
  /** An instrument of its venue has come: its frames are taken from here on. */
  list(instrument: Instrument): void;
  unlist(instrument: Instrument): void;
}

/** Opens a line for the frames of `instruments`, which are of one venue. */
export type OpenLine = (instruments: readonly Instrument[]) => FrameLine;

/** `nowNs` stamps frames and measures their decoding. */
export const createLines =
  ({ ground, apply }: FrameTaker, nowNs: () => number): OpenLine =>
  (instruments) => {
    const { telemetry } = ground;
    const { decode } = telemetry.stages;
    const bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    const decoder = createBinanceDecoder({
      buffer: ground.buffer,
      plan: ground.plan,
      resolve: (symbol) => bySymbol.get(symbol) ?? null,
    });
    return {
      take(bytes, start, end, receiveUs) {
        const tickNs = nowNs();
        const event = decoder.decode(bytes, start, end, receiveUs, tickNs);
        decode.record(nowNs() - tickNs);
        telemetry.add('frames', 1);
        if (isDecodeProblem(event)) {
          telemetry.add('framesRefused', 1);
          return event;
        }
        apply(event);
        return null;
      },
      setSource: decoder.setSource,
      list(instrument) {
        bySymbol.set(instrument.symbol, instrument);
        decoder.forgetSymbols();
      },
      unlist({ symbol }) {
        bySymbol.delete(symbol);
        decoder.forgetSymbols();
      },
    };
  };
