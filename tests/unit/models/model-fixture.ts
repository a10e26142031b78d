// Owns small models and data sets with a known answer, for the tests of training and inference.
// Promise: seeded; nothing recorded.
import { createRandom } from '../../../engine/core/random.ts';
import { FEATURE_SCHEMA_HASH } from '../../../engine/features/vector.ts';
import type { Dataset } from '../../../engine/models/dataset.ts';
import { sigmoid } from '../../../engine/models/linear.ts';
import type { Evaluation, Manifest } from '../../../engine/models/model.ts';
import { writeLinear } from '../../../engine/models/onnx/linear.ts';
import { sha256Of } from '../../../engine/models/registry.ts';
import { drawGolden, LINEAR_FEATURES } from '../../../engine/models/training.ts';

const US = 1e6;

/** Rows 100 ms apart whose label follows `weights` (logistic), horizon 1 s after 100 ms. */
export function drawDataset(rows: number, weights: readonly number[], seed: string): Dataset {
  const random = createRandom(seed);
  const columns = weights.length;
  const features = new Float32Array(rows * columns).map(() => random.normal());
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let score = 0;
    for (let k = 0; k < columns; k += 1) score += weights[k]! * features[row * columns + k]!;
    labels[row] = random.uniform() < sigmoid(score) ? 1 : 0;
  }
  const timeUs = Float64Array.from({ length: rows }, (_, row) => 1e15 + row * 0.1 * US);
  return {
    rows,
    columns,
    features,
    labels,
    timeUs,
    labelEndUs: timeUs.map((time) => time + 1.1 * US),
    instrument: new Int32Array(rows),
  };
}

const EVALUATION: Evaluation = {
  rows: 1,
  fromUs: 0,
  toUs: 1,
  trainRows: 1,
  coverage: [],
  logLoss: 0.5,
  brier: 0.2,
  calibrationError: 0,
  repeatLast: 0.5,
  majority: 0.5,
  imbalanceSign: 0.5,
};

/** A model over LINEAR_FEATURES that believes in the first of them (imbalance_1). */
export function buildTestModel(): { manifest: Manifest; bytes: Uint8Array } {
  const count = LINEAR_FEATURES.length;
  const model = {
    mean: new Array<number>(count).fill(0),
    scale: new Array<number>(count).fill(1),
    clip: 5,
    weights: LINEAR_FEATURES.map((_, k) => (k === 0 ? 2 : 0.01)),
    bias: 0,
  };
  const calibration = { slope: 0.9, offset: 0 };
  const bytes = writeLinear({ ...model, ...calibration });
  const manifest: Manifest = {
    format: 1,
    name: 'test',
    version: '1',
    kind: 'linear',
    file: 'model.onnx',
    sha256: sha256Of(bytes),
    featureSchemaHash: FEATURE_SCHEMA_HASH,
    features: [...LINEAR_FEATURES],
    horizonUs: US,
    delayUs: 0.1 * US,
    seed: 'test',
    parameters: { ...model, ...calibration, l2: 1 },
    data: [],
    folds: [],
    overall: EVALUATION,
    caveats: [],
    golden: drawGolden({ model, calibration }, createRandom('golden'), 4),
  };
  return { manifest, bytes };
}
