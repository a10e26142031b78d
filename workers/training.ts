// Owns the training worker: one Piscina task that fits and validates a model off the hot path.
// Promise: runs at the lowest priority where the system allows it, so trading threads go first.
import type { Dataset } from '../engine/models/dataset.ts';
import {
  type TrainingOptions,
  type TrainingResult,
  trainLinear,
} from '../engine/models/training.ts';
import { lowerPriority } from './priority.ts';

export interface TrainingTask {
  readonly dataset: Dataset; // its features lie in shared memory: nothing large is copied
  readonly options: TrainingOptions;
}

export interface TrainingReport {
  readonly result: TrainingResult;
  readonly isLowPriority: boolean;
  readonly tookMs: number;
}

/** Trains; a data set that cannot be fitted comes back as `not_trained` with its reason. */
export function run({ dataset, options }: TrainingTask): TrainingReport {
  const isLowPriority = lowerPriority('training');
  const startMs = performance.now();
  const result = trainLinear(dataset, options);
  return { result, isLowPriority, tookMs: performance.now() - startMs };
}
