// Owns inference by onnxruntime (I/O): loading a model folder, checking it, running batches.
// Promise: a model answers only after its hash, its features and its golden vectors were checked.
import './onnx/no-telemetry.ts'; // before the library
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import * as ort from 'onnxruntime-node';
import { assert } from '../core/assert.ts';
import { FEATURE_SCHEMA_HASH, MODEL_FEATURES } from '../features/vector.ts';
import type { Manifest, Model, ModelProblem } from './model.ts';
import { REMEDY, readModel } from './registry.ts';

export const BATCH_MAX = 32; // larger ones only raise the tail: notes of the benchmark, p99
const GOLDEN_TOLERANCE = 1e-5; // float32 against double

/** Loads and proves the model in `dir`. Never throws for what is wrong with the folder. */
export async function openModel(dir: string): Promise<Model | ModelProblem> {
  const stored = await readModel(dir);
  if (stored.kind !== 'stored') return stored;
  const { manifest, bytes } = stored;
  const file = join(dir, manifest.file);
  const mismatch = findMismatch(manifest, join(dir, 'manifest.json'));
  if (mismatch !== null) return mismatch;
  let session: InferenceSession;
  try {
    session = await createSession(bytes);
  } catch (error) {
    return corrupt(file, error instanceof Error ? error.message : String(error));
  }
  const model = createModel(manifest, session);
  const problem = await testModel(model, file);
  if (problem === null) return model;
  await model.close();
  return problem;
}

/** One intra-op thread: at these sizes more only add jitter. */
const createSession = (bytes: Uint8Array): Promise<InferenceSession> =>
  ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });

const corrupt = (file: string, reason: string): ModelProblem => ({
  kind: 'model_corrupt',
  file,
  message: `onnxruntime refuses ${file} (${reason}): ${REMEDY}`,
});

const shorten = (hash: string): string => hash.slice(0, 12);

function findMismatch(manifest: Manifest, file: string): ModelProblem | null {
  const unknown = manifest.features.find((name) => !MODEL_FEATURES.includes(name));
  const isSame = manifest.featureSchemaHash === FEATURE_SCHEMA_HASH;
  if (isSame && unknown === undefined) return null;
  const why =
    unknown === undefined
      ? `schema ${shorten(manifest.featureSchemaHash)}, here ${shorten(FEATURE_SCHEMA_HASH)}`
      : `it asks for '${unknown}'`;
  return {
    kind: 'schema_mismatch',
    file,
    message: `${file}: the model was made for other features (${why}): train it again here`,
  };
}

function createModel(manifest: Manifest, session: InferenceSession): Model {
  const columns = manifest.features.length;
  const input = new Float32Array(BATCH_MAX * columns);
  const feeds = Array.from({ length: BATCH_MAX }, (_, k) => ({
    x: new ort.Tensor('float32', input.subarray(0, (k + 1) * columns), [k + 1, columns]),
  }));
  return {
    kind: 'model',
    manifest,
    batchMax: BATCH_MAX,
    input,
    async run(rows) {
      const feed = feeds[rows - 1];
      assert(feed !== undefined, `a run of ${rows} rows, allowed are 1 to ${BATCH_MAX}`);
      const { p } = await session.run(feed, ['p']);
      const data = p?.data;
      assert(data instanceof Float32Array && data.length === rows, `${rows} probabilities`);
      return data;
    },
    close: () => session.release(),
  };
}

/** Runs the golden vectors of the manifest; null when every output is as promised. */
async function testModel(model: Model, file: string): Promise<ModelProblem | null> {
  const { inputs, outputs } = model.manifest.golden;
  const failed = (what: string): ModelProblem => ({
    kind: 'self_test_failed',
    file,
    message: `${file} fails its self-test (${what}): ${REMEDY}`,
  });
  if (inputs.length === 0 || inputs.length > BATCH_MAX) return failed('no golden vectors');
  for (const [row, values] of inputs.entries()) {
    if (values.length !== model.manifest.features.length) return failed(`vector ${row} is short`);
    model.input.set(values, row * values.length);
  }
  try {
    const found = await model.run(inputs.length);
    for (const [row, expected] of outputs.entries()) {
      const error = Math.abs((found[row] ?? Number.NaN) - expected);
      if (!(error <= GOLDEN_TOLERANCE)) return failed(`vector ${row} is off by ${error}`);
    }
    return null;
  } catch (error) {
    return corrupt(file, error instanceof Error ? error.message : String(error));
  }
}
