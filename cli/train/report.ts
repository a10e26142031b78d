// Owns what `colin train` says: the manifest of the new model and the report for people.
// Promise: every figure carries its interval or its number of rows; conditions come first.
import { createRandom } from '../../engine/core/random.ts';
import { FEATURE_SCHEMA_HASH } from '../../engine/features/vector.ts';
import type { Coverage, Evaluation, Manifest } from '../../engine/models/model.ts';
import { writeLinear } from '../../engine/models/onnx/linear.ts';
import { sha256Of } from '../../engine/models/registry.ts';
import { drawGolden, LINEAR_FEATURES, type Trained } from '../../engine/models/training.ts';
import { formatTable } from '../terminal.ts';
import type { Recording } from './rows.ts';

const GOLDEN_VECTORS = 8;

export interface TrainConditions {
  readonly horizonUs: number;
  readonly delayUs: number;
  readonly seed: string;
  readonly l2: number;
}

export interface BuiltModel {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
}

/** Model file and manifest. No time of training is in it: the same data gives the same files. */
export function buildModel(
  trained: Trained,
  recording: Recording,
  conditions: TrainConditions,
): BuiltModel {
  const { model, calibration } = trained;
  const bytes = writeLinear({ ...model, ...calibration });
  const sha256 = sha256Of(bytes);
  const { horizonUs, delayUs, seed, l2 } = conditions;
  const random = createRandom(`${seed}/golden`);
  const manifest: Manifest = {
    format: 1,
    name: `linear-${formatUs(horizonUs)}`,
    version: sha256.slice(0, 12),
    kind: 'linear',
    file: 'model.onnx',
    sha256,
    featureSchemaHash: FEATURE_SCHEMA_HASH,
    features: [...LINEAR_FEATURES],
    horizonUs,
    delayUs,
    seed,
    parameters: {
      mean: [...model.mean],
      scale: [...model.scale],
      clip: model.clip,
      weights: [...model.weights],
      bias: model.bias,
      ...calibration,
      l2,
    },
    data: describeData(recording),
    folds: [...trained.folds],
    overall: trained.overall,
    caveats: caveatsOf(recording, conditions),
    golden: drawGolden({ model, calibration }, random, GOLDEN_VECTORS),
  };
  return { manifest, bytes };
}

function describeData({ sources, instruments, dataset }: Recording): Manifest['data'] {
  return sources.map((source) => {
    const owners = new Set(
      instruments.filter(({ key }) => source.instrument.split(' ').includes(key)).map(indexOf),
    );
    const times = [...dataset.timeUs].filter((_, row) => owners.has(dataset.instrument[row] ?? -1));
    return {
      ...source,
      rows: times.length,
      fromUs: times[0] ?? 0,
      toUs: times.at(-1) ?? 0,
    };
  });
}

const indexOf = ({ index }: { readonly index: number }): number => index;

function caveatsOf(recording: Recording, { horizonUs, delayUs }: TrainConditions): string[] {
  const { dataset, left, instruments, invalidRows } = recording;
  const spanUs = (dataset.timeUs.at(-1) ?? 0) - (dataset.timeUs[0] ?? 0);
  const rows = dataset.rows + left.unmoved + left.unknown + left.full;
  return [
    `trained and tested on ${formatUs(spanUs)} of ${instruments.length} instruments at one time: ` +
      'other days and regimes are not covered',
    'instruments of one moment move together and labels overlap: ' +
      `intervals count blocks of ${formatUs(2 * horizonUs)}, not rows`,
    `only rows whose mid moves within ${formatUs(horizonUs)} after ${formatUs(delayUs)} are ` +
      `judged: ${dataset.rows} of ${rows} (${left.unmoved} unmoved, ${left.unknown} without an ` +
      `outcome, ${left.full} over the limit)`,
    `${invalidRows} rows were not used because a book or a feature was not valid`,
    'accuracy is of the direction, before fees: at taker fees the edge of a second is not tradable',
  ];
}

/** 500ms, 1s, 5m45s-like: the shortest exact unit, seconds with one decimal beyond. */
export function formatUs(us: number): string {
  if (us < 1e6) return `${Math.round(us / 1e3)}ms`;
  const seconds = us / 1e6;
  return Number.isInteger(seconds) ? `${seconds}s` : `${seconds.toFixed(1)}s`;
}

const percent = (share: number): string => (100 * share).toFixed(1);
const interval = ({ accuracy, low, high }: Coverage): string =>
  `${percent(accuracy)} [${percent(low)}, ${percent(high)}]`;

/** The report for people. */
export function formatReport(manifest: Manifest, dir: string): string {
  const { overall, folds } = manifest;
  const head = [
    'block',
    'rows',
    ...overall.coverage.map(({ coverage }) => `top ${percent(coverage)} %`),
    'repeat last',
    'imbalance',
    'majority',
    'ECE',
    'log loss',
  ];
  const line = (name: string, evaluation: Evaluation): string[] => [
    name,
    String(evaluation.rows),
    ...evaluation.coverage.map(interval),
    percent(evaluation.repeatLast),
    percent(evaluation.imbalanceSign),
    percent(evaluation.majority),
    evaluation.calibrationError.toFixed(3),
    evaluation.logLoss.toFixed(4),
  ];
  const rows = folds.map((fold, k) => line(`fold ${k + 1}`, fold));
  const { horizonUs, delayUs, parameters } = manifest;
  return [
    `${manifest.name} ${manifest.version}`,
    `question: up or down over ${formatUs(horizonUs)}, ` +
      `starting ${formatUs(delayUs)} after the features`,
    `method: walk-forward, purged; l2 ${parameters.l2}, clip ${parameters.clip}, ` +
      `calibration slope ${parameters.slope.toFixed(3)}`,
    '',
    'accuracy in percent on rows later than all training and calibration rows, [95 % interval]',
    formatTable(head, [...rows, line('all', overall)]),
    '',
    ...manifest.caveats.map((caveat) => `- ${caveat}`),
    '',
    `written to ${dir}`,
    '',
  ].join('\n');
}
