// Owns the way from a request to a forecast: feature row, batch, model run, status.
// Promise: a finite probability, or the reason why there is none; the book is read at the request.
import {
  FORECAST_NO_MODEL,
  FORECAST_NOT_FINITE,
  FORECAST_VALID,
  HISTOGRAM_BYTES,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { FeatureRows } from '../features/rows.ts';
import { FEATURES } from '../features/vector.ts';
import { createHistogram, type Histogram } from '../memory/histogram.ts';
import type { MemoryPlan } from '../memory/plan.ts';
import { STAGES, type Stage } from '../memory/telemetry.ts';
import type { Model } from './model.ts';

/** The fields of a forecast slot; the carrier is reused, read it before returning. */
export interface ForecastFields {
  instrument: Instrument;
  requestUs: number;
  sequence: number; // venue's id of the book update that was read
  tickNs: number;
  probability: number; // NaN unless status is FORECAST_VALID
  horizonUs: number;
  model: number; // index of the model version in this run
  status: number; // FORECAST_* of wasm/layout.ts
}

export interface ForecasterOptions {
  readonly rows: FeatureRows;
  readonly model: Model | null; // null: every forecast says FORECAST_NO_MODEL
  readonly modelIndex: number;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly shard: number;
  readonly nowNs: () => number; // monotonic, for the stage histograms only
  readonly onForecast: (forecast: ForecastFields) => void;
  /** Every row made, valid or not, as it is; reused, read it before returning. */
  readonly onRow?: (
    instrument: Instrument,
    nowUs: number,
    status: number,
    row: Float32Array,
  ) => void;
}

export interface Forecaster {
  /** Reads the book now and queues the row; false when the batch is full: run() first. */
  request(instrument: Instrument, nowUs: number, tickNs: number): boolean;
  /** Requests not answered yet. */
  readonly pending: number;
  /** One model run for all queued rows; forecasts come out in the order of their requests. */
  run(): Promise<void>;
}

export const REQUESTS_MAX = 32;

/** Histogram of `stage` in the shard's own set (its worker is the only writer). */
function shardHistogram(
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
  shard: number,
  stage: Stage,
): Histogram {
  const size = Math.ceil(HISTOGRAM_BYTES / 64) * 64;
  const at = plan.shardHistograms + (shard * STAGES.length + STAGES.indexOf(stage)) * size;
  return createHistogram(buffer, at);
}

interface Batch extends ForecasterOptions {
  readonly feature: Histogram;
  readonly inference: Histogram;
  readonly columns: Int32Array; // of the row, in the model's order
  readonly row: Float32Array;
  readonly slots: ForecastFields[];
  readonly places: Int32Array; // of the slot in the model's batch, -1: not there
  count: number;
  modelRows: number;
  isRunning: boolean;
}

export function createForecaster(options: ForecasterOptions): Forecaster {
  const { buffer, plan, shard, model } = options;
  const columns = (model?.manifest.features ?? []).map((name) => FEATURES.indexOf(name));
  assert(!columns.includes(-1), 'the model asks for a feature that does not exist');
  const batch: Batch = {
    ...options,
    feature: shardHistogram(buffer, plan, shard, 'feature'),
    inference: shardHistogram(buffer, plan, shard, 'inference'),
    columns: Int32Array.from(columns),
    row: new Float32Array(FEATURES.length),
    slots: [],
    places: new Int32Array(REQUESTS_MAX),
    count: 0,
    modelRows: 0,
    isRunning: false,
  };
  return {
    request: (instrument, nowUs, tickNs) => addRequest(batch, instrument, nowUs, tickNs),
    get pending() {
      return batch.count;
    },
    run: () => runBatch(batch),
  };
}

function addRequest(batch: Batch, instrument: Instrument, nowUs: number, tickNs: number): boolean {
  if (batch.isRunning || batch.count === REQUESTS_MAX) return false;
  const startNs = batch.nowNs();
  const computed = batch.rows.compute(instrument, nowUs, batch.row, 0);
  const status = batch.model === null ? FORECAST_NO_MODEL : computed;
  const slot = slotAt(batch, instrument);
  slot.instrument = instrument;
  slot.requestUs = nowUs;
  slot.sequence = batch.rows.updateId;
  slot.tickNs = tickNs;
  slot.probability = Number.NaN;
  slot.horizonUs = batch.model?.manifest.horizonUs ?? 0;
  slot.model = batch.modelIndex;
  slot.status = status;
  batch.places[batch.count] = status === FORECAST_VALID ? addModelRow(batch) : -1;
  batch.count += 1;
  batch.feature.record(batch.nowNs() - startNs);
  batch.onRow?.(instrument, nowUs, computed, batch.row); // not part of what is timed
  return true;
}

function slotAt(batch: Batch, instrument: Instrument): ForecastFields {
  const found = batch.slots[batch.count];
  if (found !== undefined) return found;
  const made: ForecastFields = {
    instrument,
    requestUs: 0,
    sequence: 0,
    tickNs: 0,
    probability: Number.NaN,
    horizonUs: 0,
    model: 0,
    status: 0,
  };
  batch.slots.push(made);
  return made;
}

function addModelRow(batch: Batch): number {
  const { model, columns, row } = batch;
  const place = batch.modelRows;
  if (model === null) return -1;
  for (let k = 0; k < columns.length; k += 1) {
    model.input[place * columns.length + k] = row[columns[k] ?? 0] ?? Number.NaN;
  }
  batch.modelRows = place + 1;
  return place;
}

async function runBatch(batch: Batch): Promise<void> {
  if (batch.count === 0 || batch.isRunning) return;
  batch.isRunning = true;
  try {
    const { model, modelRows } = batch;
    const startNs = batch.nowNs();
    const output = model !== null && modelRows > 0 ? await model.run(modelRows) : null;
    const tookNs = batch.nowNs() - startNs;
    for (let k = 0; k < batch.count; k += 1) {
      const place = batch.places[k] ?? -1;
      if (place >= 0) batch.inference.record(tookNs);
      finish(batch, k, place >= 0 ? (output?.[place] ?? Number.NaN) : Number.NaN);
    }
  } finally {
    batch.count = 0;
    batch.modelRows = 0;
    batch.isRunning = false;
  }
}

/** A number outside 0..1 is as bad as none: the model is broken. */
function finish(batch: Batch, k: number, probability: number): void {
  const slot = batch.slots[k];
  if (slot === undefined) return;
  const isSound = probability >= 0 && probability <= 1;
  if (slot.status === FORECAST_VALID && !isSound) slot.status = FORECAST_NOT_FINITE;
  slot.probability = slot.status === FORECAST_VALID ? probability : Number.NaN;
  batch.onForecast(slot);
}
