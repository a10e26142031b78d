// Owns capture files made for tests from the seeded generator: whole ones, and broken ones.
// Promise: the same seed writes the same bytes; nothing recorded from a venue is in them.
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Instrument } from '../engine/core/instrument.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { knownInstrument } from '../engine/venues/binance/catalogue.ts';
import { createGenerator } from '../engine/venues/generated/generator.ts';

export const START_US = 1_723_161_256_000_000;

export function oneInstrument(venue = 'binance-usdm', symbol = 'BTCUSDT'): Instrument {
  const spec = knownInstrument(venue, symbol);
  const [instrument] = spec === null ? [] : listInstruments([spec]);
  if (instrument === undefined) throw new Error(`${symbol}.${venue} is not in the catalogue`);
  return instrument;
}

/** Lines of `seconds` of one instrument's market; the snapshot follows the first depth diff. */
export function captureLines(seconds: number, seed = 'capture'): string[] {
  const instrument = oneInstrument();
  const generator = createGenerator({ seed, instruments: [instrument], startUs: START_US });
  const lines: string[] = [];
  let hasSnapshot = false;
  const add = (us: number, frame: string): number => lines.push(`${us}000 ${frame}`);
  generator.advance(START_US + seconds * 1e6, (us, frame) => {
    add(us, frame);
    if (hasSnapshot || !frame.includes('depthUpdate')) return;
    add(us, generator.snapshot(instrument));
    hasSnapshot = true;
  });
  return lines;
}

export function writeCapture(path: string, lines: readonly string[]): string {
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}
