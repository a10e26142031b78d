// Owns the generated market of --mode test as a live source: frames in, snapshots when asked for.
// Promise: frames take the same way as a venue's: bytes, decoder, engine; nothing is short-cut.

import type { Instrument } from '../../engine/core/instrument.ts';
import type { EpochUs } from '../../engine/core/units.ts';
import { createGenerator, type GeneratorOptions } from '../../engine/market/generator.ts';
import type { System } from '../../engine/surroundings/system.ts';
import {
  type BinanceDecoder,
  createBinanceDecoder,
  isDecodeProblem,
} from '../../engine/venues/binance/decode.ts';

const FRAME_BYTES_MAX = 1 << 20;

export interface GeneratedMarket {
  /** Must be called before the first advance. */
  connect(system: System): void;
  /** Feeds everything that has happened up to `nowUs`. */
  advance(nowUs: EpochUs): void;
  requestSnapshot(instrument: Instrument): void;
}

export interface GeneratedMarketOptions {
  readonly seed: string;
  readonly instruments: readonly Instrument[];
  readonly scenario: NonNullable<GeneratorOptions['scenario']>;
  /** Sees every frame as it is fed, for recording. */
  readonly onFrame: (receiveUs: number, frame: string, instrument: Instrument) => void;
}

interface Feeding {
  readonly options: GeneratedMarketOptions;
  readonly bytes: Buffer;
  readonly wanted: Set<Instrument>; // snapshots asked for, answered after the frame in hand
  readonly decoders: Map<string, BinanceDecoder>; // by venue
  system: System | null;
}

export function createGeneratedMarket(
  options: GeneratedMarketOptions,
  startUs: EpochUs,
): GeneratedMarket {
  const { seed, instruments, scenario } = options;
  const generator = createGenerator({ seed, instruments, startUs, scenario });
  const feeding: Feeding = {
    options,
    bytes: Buffer.allocUnsafe(FRAME_BYTES_MAX),
    wanted: new Set(),
    decoders: new Map(),
    system: null,
  };
  const onFrame = (receiveUs: number, frame: string, instrument: Instrument): void => {
    feed(feeding, receiveUs, frame, instrument);
    for (const wanted of feeding.wanted) {
      feeding.wanted.delete(wanted);
      feed(feeding, receiveUs, generator.snapshot(wanted), wanted);
    }
  };
  return {
    connect(system) {
      feeding.system = system;
      for (const { venue } of instruments) {
        if (!feeding.decoders.has(venue)) feeding.decoders.set(venue, decoderOf(system, venue));
      }
    },
    advance: (nowUs) => generator.advance(nowUs, onFrame),
    requestSnapshot(instrument) {
      feeding.wanted.add(instrument);
    },
  };
}

function decoderOf(system: System, venue: string): BinanceDecoder {
  const { buffer, plan } = system.ground;
  return createBinanceDecoder({
    buffer,
    plan,
    resolve: (symbol) =>
      system.rooms.instruments.find((one) => one.symbol === symbol && one.venue === venue) ?? null,
  });
}

function feed(feeding: Feeding, receiveUs: number, frame: string, instrument: Instrument): void {
  const { system, bytes, decoders, options } = feeding;
  const decoder = decoders.get(instrument.venue);
  if (system === null || decoder === undefined) return;
  options.onFrame(receiveUs, frame, instrument);
  const tickNs = performance.now() * 1e6;
  const length = bytes.write(frame, 0, 'latin1');
  decoder.setSource(instrument); // spot snapshots carry no symbol
  const event = decoder.decode(bytes, 0, length, receiveUs, tickNs);
  const { telemetry } = system.ground;
  telemetry.stages.decode.record(performance.now() * 1e6 - tickNs);
  telemetry.add('frames', 1);
  if (isDecodeProblem(event)) telemetry.add('framesRefused', 1);
  else system.apply(event);
}
