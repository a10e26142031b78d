// Owns what the journal's tests share: invented records, journals on disk, a thread that writes.
// Promise: record k is the same in every test, so what was lost or changed can be told.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Json } from '../../../engine/core/json.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { OrderRecord } from '../../../engine/facts/order.ts';
import { JOURNAL_FORMAT } from '../../../engine/facts/run.ts';
import { SLICES, type SliceName } from '../../../engine/facts/slice-names.ts';
import { createDurableRegion } from '../../../engine/memory/durable-region.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry, type Telemetry } from '../../../engine/memory/telemetry.ts';
import { type Disk, openDisk } from '../../../engine/storage/disk.ts';
import { openAppender } from '../../../engine/storage/journal-append.ts';
import { JOURNAL_START, type JournalPlace } from '../../../engine/storage/journal-scan.ts';
import type {
  JournalThreadData,
  JournalThreadMessage,
  ProjectorThreadMessage,
} from '../../../engine/storage/journal-thread.ts';
import { startWorker } from '../../../workers/start.ts';

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'colin-journal-'));

export const order = (k: number, state: OrderRecord['state']): OrderRecord => ({
  id: `c0001x${String(k).padStart(8, '0')}`,
  instrument: 'BTCUSDT.binance-usdm',
  account: 'main',
  strategy: 'follower',
  parentId: null,
  side: k % 2 === 0 ? 'buy' : 'sell',
  type: 'limit',
  qty: '0.5',
  price: '61800.2',
  limitPrice: '61800.2',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  origin: { kind: 'signal', signalId: k },
  state,
  filledQty: '0',
  filledValue: '0',
  averagePrice: null,
  reason: state === 'rejected' ? 'grün – 値段' : '',
  arrivalMid: 61800.25,
  createdUs: 1_700_000_000_000_000 + k,
  updatedUs: 1_700_000_000_000_000 + k,
});

/** State of one slice in a round of this epoch. */
export const stateOf = (slice: SliceName, epoch: number): Json =>
  slice === 'run' ? { epoch, nextSignalId: 1 } : { slice, epoch };

export const round = (epoch: number): Fact[] =>
  SLICES.map((slice) => ({ kind: 'checkpoint', slice, state: stateOf(slice, epoch) }));

export const runStarted = (epoch: number, format: number = JOURNAL_FORMAT): Fact => ({
  kind: 'run_started',
  format,
  mode: 'test',
  version: '0.1.0',
  configHash: 'ab',
  seed: '1',
  instruments: ['BTCUSDT.binance-usdm'],
  model: 'demo',
  epoch,
});

/** Body of record k (from 1): a run's start, then a mixture without a round. */
export function body(k: number): Fact {
  if (k === 1) return runStarted(1);
  if (k % 7 === 0) {
    const state = k % 2 === 0 ? 'stale' : 'synchronised';
    return { kind: 'book', instrument: 'BTCUSDT.binance-usdm', state, reason: `gap ${k}` };
  }
  if (k % 3 === 0) return { kind: 'ids_reserved', epoch: 1, from: k * 1024, to: (k + 1) * 1024 };
  return { kind: 'order', order: order(k, k % 5 === 0 ? 'filled' : 'open') };
}

export const timeUs = (seq: number): number => 1_700_000_000_000_000 + seq * 1000;
export const json = (seq: number, of: Fact = body(seq)): string =>
  JSON.stringify({ seq, timeUs: timeUs(seq), body: of });

/** Appends records in this thread, without ring and worker. */
export function writeRecords(
  disk: Disk,
  facts: readonly Fact[],
  fileBytes = 64 << 20,
  from: JournalPlace = JOURNAL_START,
): JournalPlace {
  const appender = openAppender(disk, from, fileBytes);
  for (const [k, of] of facts.entries()) appender.append(json(from.seq + k + 1, of));
  appender.commit();
  appender.close();
  return appender.place;
}

/** The same in a folder of the file system. */
export const writeJournal = (
  dir: string,
  facts: readonly Fact[],
  fileBytes?: number,
  from?: JournalPlace,
): JournalPlace => writeRecords(openDisk(dir), facts, fileBytes, from);

export const bodies = (count: number): Fact[] =>
  Array.from({ length: count }, (_, k) => body(k + 1));

export function flipByte(path: string, offset: number, by = 1): void {
  const bytes = readFileSync(path);
  bytes[offset] = bytes[offset]! ^ by;
  writeFileSync(path, bytes);
}

export interface Thread<Message extends { readonly kind: string }> {
  readonly worker: Worker;
  /** Resolves with the thread's message of this kind, also when it came before the call. */
  message<Kind extends Message['kind']>(kind: Kind): Promise<Extract<Message, { kind: Kind }>>;
}

function watch<Message extends { readonly kind: string }>(worker: Worker): Thread<Message> {
  const got: Message[] = [];
  worker.on('message', (message: Message) => got.push(message));
  return {
    worker,
    async message(kind) {
      for (;;) {
        const found = got.find((message) => message.kind === kind);
        if (found !== undefined) return found as Extract<Message, { kind: typeof kind }>;
        await once(worker, 'message');
      }
    },
  };
}

export interface JournalThread extends Thread<JournalThreadMessage> {
  readonly data: JournalThreadData;
  readonly buffer: SharedArrayBuffer;
  readonly telemetry: Telemetry;
  /** Asks the thread to end, where no port does. */
  stop(): void;
  /** A projector that follows this thread. */
  startProjector(database: string): Thread<ProjectorThreadMessage>;
}

export interface ThreadOptions {
  readonly dir: string;
  readonly place?: JournalPlace;
  readonly fileBytes?: number;
  readonly journalBytes?: number;
}

/** Shared memory with small books and a journal thread on it. */
export function startJournalThread(options: ThreadOptions): JournalThread {
  const journalBytes = options.journalBytes ?? 1 << 16;
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, levels: 16, journalBytes });
  const memory = createMemory(plan);
  const { dir, place = JOURNAL_START, fileBytes = 64 << 20 } = options;
  const data: JournalThreadData = { memory, plan, dir, place, groupCommitMs: 10, fileBytes };
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  return {
    ...watch<JournalThreadMessage>(startWorker('journal', data)),
    data,
    buffer,
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    stop: () => createDurableRegion(buffer, plan.durable).requestStop(),
    startProjector: (database) =>
      watch<ProjectorThreadMessage>(
        startWorker('projector', { memory, plan, dir, place, database }),
      ),
  };
}

/** A target that takes everything and remembers it. */
export interface Recorder {
  readonly loaded: Map<SliceName, Json>;
  readonly folded: Fact[];
  load(slice: SliceName, state: Json): void;
  fold(fact: Fact): void;
}

export function createRecorder(): Recorder {
  const loaded = new Map<SliceName, Json>();
  const folded: Fact[] = [];
  return {
    loaded,
    folded,
    load: (slice, state) => loaded.set(slice, state),
    fold: (fact) => folded.push(fact),
  };
}
