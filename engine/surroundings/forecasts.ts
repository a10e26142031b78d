// Owns who answers a request for a forecast: signal workers over rings, or the same code inline.
// Promise: requests never wait; one that finds no room is counted, and the next tick asks again.
import { Piscina } from 'piscina';
import {
  FORECAST_BYTES,
  FORECAST_HORIZON_US,
  FORECAST_INSTRUMENT,
  FORECAST_PROBABILITY,
  FORECAST_REQUEST_US,
  FORECAST_SEQUENCE,
  FORECAST_STATUS,
  FORECAST_TICK_NS,
  REQUEST_BYTES,
  REQUEST_INSTRUMENT,
  REQUEST_SEQUENCE,
  REQUEST_TICK_NS,
  REQUEST_US,
} from '../../wasm/layout.ts';
import type { SignalTask } from '../../workers/signal.ts';
import { workerUrl } from '../../workers/start.ts';
import type { ForecastEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import { createFeatureRows } from '../features/rows.ts';
import { forecastsAt, requestsAt } from '../memory/plan.ts';
import { createSlotReader, createSlotWriter, type SlotReader } from '../memory/ring.ts';
import { createForecaster, type ForecasterOptions } from '../models/forecaster.ts';
import type { Model } from '../models/model.ts';
import type { Ground } from './ground.ts';

const WAIT_MS = 1000;
const READY_MS_MAX = 5000;
const READY_POLL_MS = 5;

export interface Forecasts {
  request(instrument: Instrument, nowUs: EpochUs, tickNs: number): void;
  /** Inline: delivers what was requested. Workers: nothing, they deliver by themselves. */
  settle(): Promise<void>;
  /** True when settle() has something to do. */
  isPending(): boolean;
  close(): Promise<void>;
}

export interface ForecastsOptions {
  readonly ground: Ground;
  readonly instruments: readonly Instrument[];
  readonly deliver: (event: ForecastEvent) => void;
  readonly nowNs: () => number;
}

/** For replays: the engine's own thread computes, so the same input gives the same forecasts. */
export function createInlineForecasts(
  options: ForecastsOptions,
  model: Model | null,
  onRow: ForecasterOptions['onRow'],
): Forecasts {
  const { ground, instruments, deliver, nowNs } = options;
  const { kernels, buffer, plan } = ground;
  const version = versionOf(model);
  const event = blankForecast(instruments, version);
  const base = { buffer, plan, shard: 0, model, modelIndex: 0, nowNs };
  const forecaster = createForecaster({
    ...base,
    rows: createFeatureRows({ kernels, buffer, plan, shard: 0, instruments }),
    onForecast(fields) {
      event.instrument = fields.instrument;
      event.probability = fields.probability;
      event.horizonUs = fields.horizonUs;
      event.status = fields.status;
      event.bookSequence = fields.sequence;
      event.requestUs = asEpochUs(fields.requestUs);
      event.tickNs = fields.tickNs;
      deliver(event);
    },
    ...(onRow === undefined ? {} : { onRow }),
  });
  return {
    request(instrument, nowUs, tickNs) {
      if (forecaster.request(instrument, nowUs, tickNs)) return;
      ground.telemetry.add('forecastsRefused', 1);
    },
    settle: () => forecaster.run(),
    isPending: () => forecaster.pending > 0,
    close: async () => model?.close(),
  };
}

const versionOf = (model: Model | null): string =>
  model === null ? 'none' : `${model.manifest.name}/${model.manifest.version}`;

function blankForecast(instruments: readonly Instrument[], model: string): ForecastEvent {
  const [instrument] = instruments;
  if (instrument === undefined) throw new Error('a run needs at least one instrument');
  return {
    kind: 'forecast',
    instrument,
    probability: Number.NaN,
    horizonUs: 0,
    model,
    status: 0,
    bookSequence: 0,
    requestUs: asEpochUs(0),
    tickNs: 0,
  };
}

export interface WorkersOptions extends ForecastsOptions {
  readonly modelDir: string | null;
  readonly modelVersion: string;
  readonly onFault: (reason: string) => void;
}

/** For live trading: one resident Piscina task per shard; forecasts come back by ring. */
export async function startForecastWorkers(options: WorkersOptions): Promise<Forecasts> {
  const { ground, instruments, modelDir, onFault } = options;
  const { buffer, plan, memory, module } = ground;
  const { shards } = plan.capacities;
  const stop = new Int32Array(new SharedArrayBuffer(4 * (1 + shards))); // then turns by shard
  const shardList = Array.from({ length: shards }, (_, shard) => shard);
  const pool = new Piscina({
    filename: workerUrl('signal').href,
    name: 'run',
    minThreads: shards,
    maxThreads: shards,
    concurrentTasksPerWorker: 1,
  });
  const tasks = shardList.map((shard) => {
    const task: SignalTask = { memory, module, plan, instruments, shard, modelDir, stop };
    return pool.run(task).catch((error: unknown) => onFault(`signal worker: ${String(error)}`));
  });
  const open = { isOpen: true };
  await waitForTurns(stop);
  for (const shard of shardList) {
    const at = forecastsAt(plan, shard);
    const reader = createSlotReader(buffer, at, plan.capacities.forecastSlots, FORECAST_BYTES);
    follow(reader, options, open).catch((error: unknown) => onFault(`forecasts: ${String(error)}`));
  }
  return {
    request: createRequests(ground, shardList),
    settle: async () => undefined,
    isPending: () => false,
    async close() {
      open.isOpen = false;
      Atomics.store(stop, 0, 1);
      await Promise.all(tasks);
      await pool.close();
    },
  };
}

function createRequests(ground: Ground, shards: readonly number[]): Forecasts['request'] {
  const { buffer, plan, telemetry, books } = ground;
  const writers = shards.map((shard) =>
    createSlotWriter(buffer, requestsAt(plan, shard), plan.capacities.forecastSlots, REQUEST_BYTES),
  );
  return (instrument, nowUs, tickNs) => {
    const writer = writers[instrument.index % writers.length];
    const slot = writer?.claim() ?? null;
    if (writer === undefined || slot === null) {
      telemetry.add('forecastsRefused', 1);
      return;
    }
    slot[REQUEST_INSTRUMENT / 8] = instrument.index;
    slot[REQUEST_US / 8] = nowUs;
    slot[REQUEST_SEQUENCE / 8] = books.updateId(instrument);
    slot[REQUEST_TICK_NS / 8] = tickNs;
    writer.publish();
  };
}

/** Every worker has loaded its model once it has made a turn; one that fails tells onFault. */
async function waitForTurns(stop: Int32Array): Promise<void> {
  const deadline = performance.now() + READY_MS_MAX;
  const isReady = (): boolean => stop.subarray(1).every((turns) => turns > 0);
  while (!isReady() && Atomics.load(stop, 0) === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

async function follow(
  reader: SlotReader,
  options: WorkersOptions,
  open: { readonly isOpen: boolean },
): Promise<void> {
  const event = blankForecast(options.instruments, options.modelVersion);
  while (open.isOpen) {
    await reader.waitAsync(WAIT_MS);
    for (let slot = reader.peek(); slot !== null && open.isOpen; slot = reader.peek()) {
      read(slot, event, options.instruments);
      reader.release();
      options.deliver(event);
    }
  }
}

function read(slot: Float64Array, event: ForecastEvent, instruments: readonly Instrument[]): void {
  const at = (offset: number): number => slot[offset / 8] ?? Number.NaN;
  event.instrument = instruments[at(FORECAST_INSTRUMENT)] ?? event.instrument;
  event.probability = at(FORECAST_PROBABILITY);
  event.horizonUs = at(FORECAST_HORIZON_US);
  event.status = at(FORECAST_STATUS);
  event.bookSequence = at(FORECAST_SEQUENCE);
  event.requestUs = asEpochUs(at(FORECAST_REQUEST_US));
  event.tickNs = at(FORECAST_TICK_NS);
}
