// Owns the signal worker: a resident Piscina task that turns requests into forecasts by rings.
// Promise: stops only between two model runs; a model that breaks ends the task, loudly.
import { type MessagePort, receiveMessageOnPort, threadId } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import { createFeatureRows, type FeatureRows } from '../engine/features/rows.ts';
import { instantiateKernels } from '../engine/memory/kernels.ts';
import { forecastsAt, type MemoryPlan, requestsAt } from '../engine/memory/plan.ts';
import { createSlotReader, createSlotWriter, type SlotReader } from '../engine/memory/ring.ts';
import { createForecaster, type Forecaster } from '../engine/models/forecaster.ts';
import type { Model } from '../engine/models/model.ts';
import { openModel } from '../engine/models/session.ts';
import {
  FORECAST_BYTES,
  FORECAST_HORIZON_US,
  FORECAST_INSTRUMENT,
  FORECAST_MODEL,
  FORECAST_PROBABILITY,
  FORECAST_REQUEST_US,
  FORECAST_SEQUENCE,
  FORECAST_STATUS,
  FORECAST_TICK_NS,
  REQUEST_BYTES,
  REQUEST_INSTRUMENT,
  REQUEST_TICK_NS,
  REQUEST_US,
} from '../wasm/layout.ts';

/** What the task is given; everything can be cloned or is shared. */
export interface SignalTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly plan: MemoryPlan;
  readonly instruments: readonly Instrument[];
  readonly shard: number; // this worker's rings and scratch
  readonly modelDir: string | null; // null: every forecast says FORECAST_NO_MODEL
  /**
   * Element 0: not 0 asks to stop. Element 1 + shard, where there is one: turns of the loop. The
   * last: how many instruments were told by the ports of `added`.
   */
  readonly stop: Int32Array;
  /** Instruments that come while it runs, each before the first request of it. */
  readonly added?: MessagePort;
}

export interface SignalReport {
  readonly threadId: number;
  readonly forecasts: number;
  readonly dropped: number; // forecasts for which the engine left no room in the ring
}

const WAIT_MS = 50; // the longest a request to stop goes unseen

/** Serves a shard until `stop` is set. Rejects when the model cannot be used or fails. */
export async function run(task: SignalTask): Promise<SignalReport> {
  const model = await openModelOf(task);
  const { plan, shard, stop } = task;
  const { buffer } = task.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory must be shared');
  const { forecastSlots } = plan.capacities;
  const reader = createSlotReader(buffer, requestsAt(plan, shard), forecastSlots, REQUEST_BYTES);
  const report = { threadId, forecasts: 0, dropped: 0 };
  const rows = createRows(task, buffer);
  const listed = followInstruments(task, rows);
  const forecaster = createShardForecaster(task, buffer, model, rows, report);
  try {
    while (Atomics.load(stop, 0) === 0) {
      if (stop.length > 1 + shard) Atomics.add(stop, 1 + shard, 1);
      reader.wait(WAIT_MS);
      takeRequests(reader, forecaster, listed);
      await forecaster.run();
    }
    return report;
  } finally {
    await model?.close();
  }
}

async function openModelOf({ modelDir }: SignalTask): Promise<Model | null> {
  if (modelDir === null) return null;
  const opened = await openModel(modelDir);
  if (opened.kind === 'model') return opened;
  throw new Error(opened.message);
}

/** By slot, as it is at the time of a request that was read. */
type Listed = (slot: number) => Instrument | undefined;

function followInstruments({ instruments, stop, added }: SignalTask, rows: FeatureRows): Listed {
  const list = [...instruments];
  let told = 0;
  const learn = (port: MessagePort): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const instrument = next.message as Instrument;
      list[instrument.index] = instrument;
      rows.forget(instrument);
    }
  };
  return (slot) => {
    const count = added === undefined ? told : Atomics.load(stop, stop.length - 1);
    if (added !== undefined && count !== told) learn(added);
    told = count;
    return list[slot];
  };
}

function takeRequests(reader: SlotReader, forecaster: Forecaster, listed: Listed): void {
  for (let slot = reader.peek(); slot !== null; slot = reader.peek()) {
    const index = slot[REQUEST_INSTRUMENT / 8] ?? -1;
    const instrument = listed(index);
    assert(instrument !== undefined, `a request for instrument ${index}, which is not known`);
    const nowUs = slot[REQUEST_US / 8] ?? Number.NaN;
    const tickNs = slot[REQUEST_TICK_NS / 8] ?? 0;
    if (!forecaster.request(instrument, nowUs, tickNs)) return; // the batch is full: run it first
    reader.release();
  }
}

function createRows(task: SignalTask, buffer: SharedArrayBuffer): FeatureRows {
  const { memory, module, plan, shard, instruments } = task;
  const kernels = instantiateKernels(module, memory);
  return createFeatureRows({ kernels, buffer, plan, shard, instruments });
}

function createShardForecaster(
  task: SignalTask,
  buffer: SharedArrayBuffer,
  model: Model | null,
  rows: FeatureRows,
  report: { forecasts: number; dropped: number },
): Forecaster {
  const { plan, shard } = task;
  const { forecastSlots } = plan.capacities;
  const writer = createSlotWriter(buffer, forecastsAt(plan, shard), forecastSlots, FORECAST_BYTES);
  return createForecaster({
    rows,
    model,
    modelIndex: 0,
    buffer,
    plan,
    shard,
    nowNs: () => Number(process.hrtime.bigint()),
    onForecast(forecast) {
      const slot = writer.claim();
      if (slot === null) {
        report.dropped += 1;
        return;
      }
      slot[FORECAST_INSTRUMENT / 8] = forecast.instrument.index;
      slot[FORECAST_REQUEST_US / 8] = forecast.requestUs;
      slot[FORECAST_SEQUENCE / 8] = forecast.sequence;
      slot[FORECAST_TICK_NS / 8] = forecast.tickNs;
      slot[FORECAST_PROBABILITY / 8] = forecast.probability;
      slot[FORECAST_HORIZON_US / 8] = forecast.horizonUs;
      slot[FORECAST_MODEL / 8] = forecast.model;
      slot[FORECAST_STATUS / 8] = forecast.status;
      writer.publish();
      report.forecasts += 1;
    },
  });
}
