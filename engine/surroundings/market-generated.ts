// Owns the generated market as a source: frames when they are due, snapshots when asked for.
// Promise: frames take the same way as a venue's: bytes, decoder, engine; nothing is short-cut.
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';
import {
  createGenerator,
  type EmitFrame,
  type GeneratorOptions,
} from '../venues/generated/generator.ts';
import type { FrameLine } from './frames.ts';
import type { MarketSource } from './house.ts';

const FRAME_BYTES_MAX = 1 << 20;

export interface GeneratedMarketOptions extends Omit<GeneratorOptions, 'startUs'> {
  /** Sees every frame as it is fed, for recording. */
  readonly onFrame: EmitFrame;
}

export function createGeneratedMarket(
  options: GeneratedMarketOptions,
  startUs: EpochUs,
): MarketSource {
  const { onFrame } = options;
  const instruments = [...options.instruments];
  const generator = createGenerator({ ...options, startUs });
  const lines = new Map<string, FrameLine>(); // by venue
  const wanted = new Set<Instrument>(); // snapshots asked for, answered after the frame in hand
  const bytes = Buffer.allocUnsafe(FRAME_BYTES_MAX);
  const feed: EmitFrame = (receiveUs, frame, instrument) => {
    onFrame(receiveUs, frame, instrument);
    const line = lines.get(instrument.venue);
    line?.setSource(instrument);
    line?.take(bytes, 0, bytes.write(frame, 0, 'latin1'), receiveUs);
  };
  const emit: EmitFrame = (receiveUs, frame, instrument) => {
    feed(receiveUs, frame, instrument);
    for (const one of wanted) {
      wanted.delete(one);
      feed(receiveUs, generator.snapshot(one), one);
    }
  };
  return {
    connect(openLine) {
      for (const [venue, own] of Map.groupBy(instruments, (one) => one.venue)) {
        lines.set(venue, openLine(own));
      }
    },
    nextUs: generator.nextUs,
    step: () => generator.step(emit),
    requestSnapshot: (instrument) => wanted.add(instrument),
    list(instrument, nowUs) {
      instruments.push(instrument);
      generator.add(instrument, nowUs);
      lines.get(instrument.venue)?.list(instrument);
    },
    unlist(instrument) {
      instruments.splice(instruments.indexOf(instrument) >>> 0, 1);
      generator.remove(instrument);
      wanted.delete(instrument);
      lines.get(instrument.venue)?.unlist(instrument);
    },
  };
}
