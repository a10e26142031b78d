// Owns recorded files as a source: their frames merged in the order in which they were received.
// Promise: a file is a line of its own; what does not decode is told with its file and line.
import type { Instrument } from '../core/instrument.ts';
import type { CaptureInventory } from '../storage/capture-inspect.ts';
import { type CaptureBatch, readCaptures } from '../storage/capture-reader.ts';
import type { OnCaptureProblem } from '../storage/capture-source.ts';
import type { DecodeProblem } from '../venues/binance/decode.ts';
import type { FrameLine, OpenLine } from './frames.ts';
import type { MarketWishes, Recording } from './house.ts';

export interface RecordedMarketOptions {
  readonly paths: readonly string[];
  readonly inventory: CaptureInventory;
  readonly instruments: readonly Instrument[];
  readonly onCapture: OnCaptureProblem;
  readonly onFrame: (path: string, line: number, problem: DecodeProblem) => void;
}

/** A recording answers by itself, or not at all, and brings what it has. */
export const UNASKED: MarketWishes = {
  requestSnapshot: () => undefined,
  list: () => undefined,
  unlist: () => undefined,
};

export function openRecordedMarket(options: RecordedMarketOptions): Recording {
  const { paths, onCapture, onFrame } = options;
  const batches = readCaptures(paths, onCapture);
  let lines: readonly FrameLine[] = [];
  let batch: CaptureBatch | null = null;
  let at = 0;
  return {
    connect(openLine) {
      lines = paths.map((path) => openFile(options, path, openLine));
    },
    nextUs() {
      if (batch === null || at >= batch.count) return Number.POSITIVE_INFINITY;
      return batch.receiveUs[at] ?? Number.POSITIVE_INFINITY;
    },
    step() {
      if (batch === null) return;
      const { sources, buffers, starts, ends, receiveUs } = batch;
      const file = sources[at] ?? 0;
      const bytes = buffers[file];
      const line = lines[file];
      const k = at;
      at += 1;
      if (bytes === undefined || line === undefined) return;
      const problem = line.take(bytes, starts[k] ?? 0, ends[k] ?? 0, receiveUs[k] ?? 0);
      if (problem !== null) onFrame(paths[file] ?? '', batch.lines[k] ?? 0, problem);
    },
    ...UNASKED,
    async load() {
      const { value } = await batches.next();
      batch = value ?? null;
      at = 0;
      return batch !== null;
    },
    async close() {
      await batches.return();
    },
  };
}

function openFile(
  { inventory, instruments }: RecordedMarketOptions,
  path: string,
  openLine: OpenLine,
): FrameLine {
  const file = inventory.files.find((one) => one.path === path);
  const venue = file?.instruments[0]?.venue;
  const own = instruments.filter((one) => one.venue === venue);
  const line = openLine(own);
  line.setSource(own.find(({ symbol }) => symbol === file?.only?.symbol) ?? null);
  return line;
}
