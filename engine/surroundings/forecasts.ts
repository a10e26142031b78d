// Owns who answers a request for a forecast: signal workers over rings, or the same code inline.
// Promise: requests never wait; one that finds no room is counted, and the next tick asks again.
import { MessageChannel } from 'node:worker_threads';
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
import { asEpochUs } from '../core/units.ts';
import { createFeatureRows } from '../features/rows.ts';
import { forecastsAt, requestsAt } from '../memory/plan.ts';
import { createSlotReader, createSlotWriter, type SlotReader } from '../memory/ring.ts';
import { createForecaster, type ForecasterOptions } from '../models/forecaster.ts';
import type { Model } from '../models/model.ts';
import type { Ground } from './ground.ts';
import type { Forecasts } from './house.ts';

const WAIT_MS = 1000;
const READY_MS_MAX = 5000;
const READY_POLL_MS = 5;

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
  const rows = createFeatureRows({ kernels, buffer, plan, shard: 0, instruments });
  const forecaster = createForecaster({
    ...base,
    rows,
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
    add: rows.forget,
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
  readonly inFlightMax: number; // main.concurrentSignalsMax
  readonly onFault: (reason: string) => void;
}

/** Requests whose forecast has not come yet, over all shards. */
interface Flight {
  readonly max: number;
  count: number;
}

/** For live trading: one resident Piscina task per shard; forecasts come back by ring. */
export async function startForecastWorkers(options: WorkersOptions): Promise<Forecasts> {
  const { ground, instruments, modelDir, onFault } = options;
  const { buffer, plan, memory, module } = ground;
  const { shards } = plan.capacities;
  const stop = new Int32Array(new SharedArrayBuffer(4 * (2 + shards))); // as SignalTask has it
  const shardList = Array.from({ length: shards }, (_, shard) => shard);
  const pool = new Piscina({
    filename: workerUrl('signal').href,
    name: 'run',
    minThreads: shards,
    maxThreads: shards,
    concurrentTasksPerWorker: 1,
  });
  const news = shardList.map(() => new MessageChannel());
  const tasks = news.map(({ port2 }, shard) => {
    const base = { memory, module, plan, instruments, shard, modelDir, stop };
    const task: SignalTask = { ...base, added: port2 };
    return pool
      .run(task, { transferList: [port2] })
      .catch((error: unknown) => onFault(`signal worker: ${String(error)}`));
  });
  const open = { isOpen: true };
  const { forecastSlots } = plan.capacities;
  // Each request brings one forecast back: with no more than a ring holds, none finds it full.
  const flight: Flight = { max: Math.min(options.inFlightMax, forecastSlots), count: 0 };
  await waitForTurns(stop);
  for (const shard of shardList) {
    const at = forecastsAt(plan, shard);
    const reader = createSlotReader(buffer, at, forecastSlots, FORECAST_BYTES);
    follow(reader, options, open, flight).catch((error: unknown) =>
      onFault(`forecasts: ${String(error)}`),
    );
  }
  return {
    add(instrument) {
      news[instrument.index % shards]?.port1.postMessage(instrument);
      Atomics.add(stop, 1 + shards, 1); // before the first request of it
    },
    request: createRequests(ground, shardList, flight),
    settle: async () => undefined,
    isPending: () => false,
    async close() {
      open.isOpen = false;
      Atomics.store(stop, 0, 1);
      await Promise.all(tasks);
      for (const { port1 } of news) port1.close();
      await pool.close();
    },
  };
}

/** What is too much is refused and counted: a forecast that would come late is worth nothing. */
function createRequests(
  ground: Ground,
  shards: readonly number[],
  flight: Flight,
): Forecasts['request'] {
  const { buffer, plan, telemetry, books } = ground;
  const writers = shards.map((shard) =>
    createSlotWriter(buffer, requestsAt(plan, shard), plan.capacities.forecastSlots, REQUEST_BYTES),
  );
  return (instrument, nowUs, tickNs) => {
    const writer = writers[instrument.index % writers.length];
    const slot = flight.count < flight.max ? (writer?.claim() ?? null) : null;
    if (writer === undefined || slot === null) {
      telemetry.add('forecastsRefused', 1);
      return;
    }
    slot[REQUEST_INSTRUMENT / 8] = instrument.index;
    slot[REQUEST_US / 8] = nowUs;
    slot[REQUEST_SEQUENCE / 8] = books.updateId(instrument);
    slot[REQUEST_TICK_NS / 8] = tickNs;
    writer.publish();
    flight.count += 1;
  };
}

/** Every worker has loaded its model once it has made a turn; one that fails tells onFault. */
async function waitForTurns(stop: Int32Array): Promise<void> {
  const deadline = performance.now() + READY_MS_MAX;
  const isReady = (): boolean => stop.subarray(1, -1).every((turns) => turns > 0);
  while (!isReady() && Atomics.load(stop, 0) === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

async function follow(
  reader: SlotReader,
  options: WorkersOptions,
  open: { readonly isOpen: boolean },
  flight: Flight,
): Promise<void> {
  const event = blankForecast(options.instruments, options.modelVersion);
  while (open.isOpen) {
    await reader.waitAsync(WAIT_MS);
    for (let slot = reader.peek(); slot !== null && open.isOpen; slot = reader.peek()) {
      read(slot, event, options.instruments);
      reader.release();
      flight.count -= 1;
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
