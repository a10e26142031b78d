// Owns what the journal's tests share: invented records, journals on disk, a thread that writes.
// Promise: record k is the same in every test, so what was lost or changed can be told.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Checkpoint, Fact, OrderRecord } from '../../../engine/facts/fact.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry, type Telemetry } from '../../../engine/memory/telemetry.ts';
import { openAppender } from '../../../engine/storage/journal-append.ts';
import { JOURNAL_START, type JournalPlace } from '../../../engine/storage/journal-scan.ts';
import {
  createDurableRegion,
  type JournalThreadData,
  type JournalThreadMessage,
} from '../../../engine/storage/journal-thread.ts';
import { startWorker } from '../../../workers/start.ts';

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'colin-journal-'));

export const order = (k: number, state: OrderRecord['state']): OrderRecord => ({
  id: `c0001x${String(k).padStart(8, '0')}`,
  instrument: 'BTCUSDT.binance-usdm',
  account: 'main',
  strategy: 'follower',
  side: k % 2 === 0 ? 'buy' : 'sell',
  type: 'limit',
  qty: '0.5',
  price: '61800.2',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  origin: { kind: 'signal', signalId: k },
  state,
  filledQty: '0',
  averagePrice: null,
  reason: state === 'rejected' ? 'grün – 値段' : '',
  arrivalMid: 61800.25,
  createdUs: 1_700_000_000_000_000 + k,
  updatedUs: 1_700_000_000_000_000 + k,
});

export const checkpoint = (epoch: number): Checkpoint => ({
  epoch,
  nextOrderNumber: 0,
  nextSignalId: 1,
  nextFillNumber: 1,
  peakEquity: 0,
  tradingState: 'active',
  balances: { 'cash:USDT': '1000000', 'equity:USDT': '-1000000' },
  positions: [],
  openOrders: [],
});

/** Body of record k (from 1): a run's start, then a mixture. */
export function body(k: number): Fact {
  if (k === 1) {
    const [mode, version, configHash, seed, model] = ['test', '0.1.0', 'ab', '1', 'demo'];
    const instruments = ['BTCUSDT.binance-usdm'];
    const common = { mode, version, configHash, seed, instruments, model };
    return { kind: 'run_started', ...common, checkpoint: checkpoint(1) };
  }
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
export function writeJournal(
  dir: string,
  bodies: readonly Fact[],
  fileBytes = 64 << 20,
  from: JournalPlace = JOURNAL_START,
): JournalPlace {
  const appender = openAppender(dir, from, fileBytes);
  for (const [k, of] of bodies.entries()) appender.append(json(from.seq + k + 1, of));
  appender.commit();
  appender.close();
  return appender.place;
}

export const bodies = (count: number): Fact[] =>
  Array.from({ length: count }, (_, k) => body(k + 1));

export function flipByte(path: string, offset: number, by = 1): void {
  const bytes = readFileSync(path);
  bytes[offset] = bytes[offset]! ^ by;
  writeFileSync(path, bytes);
}

export interface JournalThread {
  readonly worker: Worker;
  readonly data: JournalThreadData;
  readonly buffer: SharedArrayBuffer;
  readonly telemetry: Telemetry;
  /** Asks the thread to end, where no port does. */
  stop(): void;
  /** Resolves with the thread's message of this kind, also when it came before the call. */
  message<Kind extends JournalThreadMessage['kind']>(
    kind: Kind,
  ): Promise<Extract<JournalThreadMessage, { kind: Kind }>>;
}

export interface ThreadOptions {
  readonly dir: string;
  readonly place?: JournalPlace;
  readonly database?: string | null;
  readonly fileBytes?: number;
  readonly journalBytes?: number;
}

/** Shared memory with small books and a journal thread on it. */
export function startJournalThread(options: ThreadOptions): JournalThread {
  const journalBytes = options.journalBytes ?? 1 << 16;
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, levels: 16, journalBytes });
  const memory = createMemory(plan);
  const data: JournalThreadData = {
    memory,
    plan,
    dir: options.dir,
    place: options.place ?? JOURNAL_START,
    database: options.database ?? null,
    groupCommitMs: 10,
    fileBytes: options.fileBytes ?? 64 << 20,
  };
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const worker = startWorker('journal', data);
  const got: JournalThreadMessage[] = [];
  worker.on('message', (message: JournalThreadMessage) => got.push(message));
  return {
    worker,
    data,
    buffer,
    telemetry,
    stop: () => createDurableRegion(buffer, plan.durable).requestStop(),
    async message(kind) {
      for (;;) {
        const found = got.find((message) => message.kind === kind);
        if (found !== undefined)
          return found as Extract<JournalThreadMessage, { kind: typeof kind }>;
        await once(worker, 'message');
      }
    },
  };
}
