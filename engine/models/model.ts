// Owns what a model is to the rest of the house: its manifest, its problems, how it is asked.
// Promise: a model that does not fit this build's features is named and refused, never adapted.
import { z } from 'zod';

export const MODEL_VERSION_LENGTH_MAX = 128;

const count = z.int().nonnegative();
const fraction = z.number().min(0).max(1);
const finite = z.number();

const coverageSchema = z.strictObject({
  coverage: fraction, // share of rows kept, the most confident first
  rows: count,
  effectiveRows: z.number().nonnegative(), // rows / design effect of overlapping labels
  accuracy: fraction,
  low: fraction, // Wilson interval, 95 %, on the effective rows
  high: fraction,
});

const evaluationSchema = z.strictObject({
  rows: count,
  fromUs: finite,
  toUs: finite,
  trainRows: count,
  coverage: z.array(coverageSchema),
  logLoss: finite,
  brier: finite,
  calibrationError: fraction, // ECE, 10 bins of equal width
  repeatLast: fraction, // accuracy of "the last move again" on the same rows
  majority: fraction, // accuracy of the training rows' majority class
  imbalanceSign: fraction, // accuracy of the sign of the best-level imbalance
});

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  version: z.string().min(1).max(MODEL_VERSION_LENGTH_MAX),
  kind: z.literal('linear'),
  file: z.literal('model.onnx'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  featureSchemaHash: z.string(),
  features: z.array(z.string()).min(1),
  horizonUs: z.number().positive(),
  delayUs: z.number().nonnegative(),
  seed: z.string(),
  parameters: z.strictObject({
    mean: z.array(finite),
    scale: z.array(z.number().positive()),
    clip: z.number().positive(),
    weights: z.array(finite),
    bias: finite,
    slope: finite,
    offset: finite,
    l2: z.number().nonnegative(),
  }),
  data: z.array(
    z.strictObject({
      file: z.string(), // name only: where it lay is nobody's business
      sha256: z.string(),
      instrument: z.string(),
      rows: count,
      fromUs: finite,
      toUs: finite,
    }),
  ),
  folds: z.array(evaluationSchema),
  overall: evaluationSchema,
  caveats: z.array(z.string()),
  golden: z.strictObject({ inputs: z.array(z.array(finite)), outputs: z.array(fraction) }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
export type Coverage = z.infer<typeof coverageSchema>;

/** Why a model cannot be used: `file` says which, `message` what is wrong and what to do. */
export interface ModelProblem {
  readonly kind:
    | 'model_missing'
    | 'manifest_invalid'
    | 'model_corrupt' // sha256 differs, or onnxruntime refuses the file
    | 'schema_mismatch' // made for other features than this build computes
    | 'self_test_failed'; // golden inputs give other outputs
  readonly file: string;
  readonly message: string;
}

/** A loaded model. Rows of `manifest.features` go in, probabilities of "up" come out. */
export interface Model {
  readonly kind: 'model';
  readonly manifest: Manifest;
  readonly batchMax: number;
  /** Fill `batchMax x features` float32 from the front before a run. */
  readonly input: Float32Array;
  /**
   * Runs the first `rows` rows (1..batchMax) and returns as many probabilities; a NaN in gives a
   * NaN out. One run at a time. Rejects only when onnxruntime itself fails.
   */
  run(rows: number): Promise<Float32Array>;
  close(): Promise<void>;
}
