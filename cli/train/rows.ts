// Owns the way from recorded files to training rows: decode, books, features, labels.
// Promise: each row is made exactly as the running system makes it; they come closer together.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { assert, assertNever } from '../../engine/core/assert.ts';
import type { MarketEvent } from '../../engine/core/event.ts';
import type { Instrument, InstrumentSpec } from '../../engine/core/instrument.ts';
import type { BookReader } from '../../engine/core/ports.ts';
import { createFeatureRows, type FeatureRows } from '../../engine/features/rows.ts';
import { FEATURES } from '../../engine/features/vector.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { createMarket, type Market } from '../../engine/market/market.ts';
import { createBookView } from '../../engine/memory/book-view.ts';
import { compileKernels, instantiateKernels } from '../../engine/memory/kernels.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../engine/memory/plan.ts';
import { createTelemetry } from '../../engine/memory/telemetry.ts';
import {
  createDataset,
  type Dataset,
  type DatasetBuilder,
  type LeftOut,
} from '../../engine/models/dataset.ts';
import { LINEAR_FEATURES } from '../../engine/models/training.ts';
import { type CaptureInventory, inspectCaptures } from '../../engine/storage/capture-inspect.ts';
import type { OnCaptureProblem } from '../../engine/storage/capture-source.ts';
import { driveRecorded } from '../../engine/surroundings/driver.ts';
import { openRecordedMarket } from '../../engine/surroundings/market-recorded.ts';
import {
  binanceFeedRule,
  isUnknownInstrument,
  readInstrument,
} from '../../engine/venues/binance/catalogue.ts';
import { ROOT } from '../invocation.ts';

const SPACING_US = 100e3; // twice as often as the engine asks by default (forecastIntervalMs)
const ROWS_MAX = 2_000_000;

export interface Recording {
  readonly dataset: Dataset;
  readonly left: LeftOut;
  readonly invalidRows: number; // book not usable or a feature not finite
  readonly frames: number;
  readonly framesRefused: number;
  readonly instruments: readonly Instrument[];
  readonly sources: readonly RecordingSource[];
}

export interface RecordingSource {
  readonly file: string;
  readonly sha256: string;
  readonly instrument: string;
}

export interface RecordingOptions {
  readonly paths: readonly string[];
  readonly horizonUs: number;
  readonly delayUs: number;
  readonly onProblem: OnCaptureProblem;
}

interface Replay {
  readonly market: Market;
  readonly rows: FeatureRows;
  readonly books: BookReader;
  readonly builder: DatasetBuilder;
  readonly lastRowUs: Float64Array;
  readonly hasQuotes: Uint8Array;
  readonly full: Float32Array;
  readonly part: Float32Array;
  nowUs: number;
  invalidRows: number;
}

const COLUMNS = Int32Array.from(LINEAR_FEATURES, (name) => FEATURES.indexOf(name));

/** Null when the files hold no instrument. */
export async function recordRows(options: RecordingOptions): Promise<Recording | null> {
  const inventory = await inspectCaptures(options.paths, options.onProblem);
  const instruments = listKnown(inventory, options.onProblem);
  if (instruments.length === 0) return null;
  const ground = createGround(instruments.length);
  const replay = createReplay(ground, instruments, options);
  const { paths, onProblem } = options;
  await driveRecorded({
    source: openRecordedMarket({
      paths,
      inventory,
      instruments,
      onCapture: onProblem,
      onFrame: () => undefined, // counted
    }),
    driven: {
      ground,
      apply: (event) => takeEvent(replay, event),
      tick: () => undefined,
      forecasts: { isPending: () => false, settle: async () => undefined },
    },
    nowNs: () => 0, // nobody asks how long it took
  });
  const { dataset, left } = replay.builder.build();
  const sources = await Promise.all(options.paths.map((path) => sourceOf(path, inventory)));
  const { invalidRows } = replay;
  const { telemetry } = ground;
  const [frames, framesRefused] = [telemetry.read('frames'), telemetry.read('framesRefused')];
  return { dataset, left, invalidRows, frames, framesRefused, instruments, sources };
}

// What is no instrument is told once; its frames are refused by the decoder, one by one.
function listKnown(inventory: CaptureInventory, onProblem: OnCaptureProblem): Instrument[] {
  const specs: InstrumentSpec[] = [];
  for (const { venue, symbol, priceScale, qtyScale } of inventory.instruments) {
    const read = readInstrument(venue, symbol, priceScale, qtyScale);
    if (!isUnknownInstrument(read)) specs.push(read);
    else {
      const file = inventory.files.find(({ instruments }) =>
        instruments.some((one) => one.symbol === symbol && one.venue === venue),
      );
      const path = file?.path ?? '';
      onProblem({ kind: 'unreadable', path, line: 1, offset: 0, what: read.message });
    }
  }
  return listInstruments(specs);
}

type Ground = ReturnType<typeof createGround>;

function createGround(instruments: number) {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments });
  const memory = createMemory(plan);
  const { buffer } = memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is made shared');
  const module = compileKernels(readFileSync(join(ROOT, 'build/colin.wasm')));
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  return { plan, buffer, telemetry, kernels: instantiateKernels(module, memory) };
}

function createReplay(
  ground: Ground,
  instruments: readonly Instrument[],
  { horizonUs, delayUs }: RecordingOptions,
): Replay {
  const { plan, buffer, telemetry, kernels } = ground;
  const builder = createDataset({
    columns: LINEAR_FEATURES.length,
    instruments: instruments.length,
    rowsMax: ROWS_MAX,
    horizonUs,
    delayUs,
  });
  const replay: Replay = {
    rows: createFeatureRows({ kernels, buffer, plan, shard: 0, instruments }),
    books: createBookView(buffer, plan),
    builder,
    lastRowUs: new Float64Array(instruments.length).fill(Number.NEGATIVE_INFINITY),
    hasQuotes: new Uint8Array(instruments.length),
    full: new Float32Array(FEATURES.length),
    part: new Float32Array(LINEAR_FEATURES.length),
    nowUs: 0,
    invalidRows: 0,
    market: createMarket({
      feedRule: binanceFeedRule,
      instruments,
      kernels,
      buffer,
      plan,
      telemetry,
      onState(instrument, state) {
        if (state === 'synchronised') return;
        builder.addMid(instrument.index, replay.nowUs, Number.NaN);
      },
    }),
  };
  return replay;
}

async function sourceOf(path: string, { files }: CaptureInventory): Promise<RecordingSource> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const found = files.find((entry) => entry.path === path)?.instruments ?? [];
  const instrument = found.map(({ symbol, venue }) => `${symbol}.${venue}`).join(' ');
  return { file: basename(path), sha256: hash.digest('hex'), instrument };
}

function takeEvent(replay: Replay, event: MarketEvent): void {
  const { market, builder, hasQuotes } = replay;
  const { instrument, receiveUs } = event;
  replay.nowUs = receiveUs;
  switch (event.kind) {
    case 'snapshot':
      market.snapshot(event);
      return;
    case 'trade':
      market.trade(event);
      return;
    case 'quote':
      market.quote(event);
      // The ticker is ahead of the book: labels start from the truest mid there is.
      hasQuotes[instrument.index] = 1;
      builder.addMid(instrument.index, receiveUs, (event.bid + event.ask) / 2);
      return;
    case 'depth':
      if (market.depth(event).kind === 'applied') takeBook(replay, instrument, receiveUs);
      return;
    case 'mark':
      return; // says nothing of the book
    default:
      assertNever(event);
  }
}

function takeBook(replay: Replay, instrument: Instrument, receiveUs: number): void {
  const { books, builder, lastRowUs, hasQuotes, rows, full, part } = replay;
  const { index } = instrument;
  if (hasQuotes[index] === 0) {
    const mid = (books.bidPrice(instrument, 0) + books.askPrice(instrument, 0)) / 2;
    builder.addMid(index, receiveUs, mid);
  }
  if (receiveUs - (lastRowUs[index] ?? 0) < SPACING_US) return;
  lastRowUs[index] = receiveUs;
  if (rows.compute(instrument, receiveUs, full, 0) !== 0) {
    replay.invalidRows += 1;
    return;
  }
  for (let k = 0; k < COLUMNS.length; k += 1) part[k] = full[COLUMNS[k] ?? 0] ?? Number.NaN;
  builder.addRow(index, receiveUs, part);
}
