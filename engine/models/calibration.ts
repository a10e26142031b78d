// Owns calibration: turning scores into probabilities that mean what they say.
// Promise: fitted on rows the model has not seen; with too few rows it changes nothing.
import { sigmoid } from './linear.ts';

/** p = sigmoid(slope z + offset). */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

export const UNCALIBRATED: Calibration = { slope: 1, offset: 0 };

const ROWS_MIN = 50;
const STEPS_MAX = 50;
const SLOPE_MIN = 0.05; // a model that is worse than nothing is flattened, never turned around
const SLOPE_MAX = 20;

/**
 * Temperature scaling (Guo et al. 2017; `isSymmetric`, offset 0) or Platt's sigmoid (1999), by
 * Newton's method on the log loss of scores `z` and 0/1 labels.
 */
export function fitCalibration(
  z: readonly number[],
  labels: readonly number[],
  isSymmetric: boolean,
): Calibration {
  if (z.length < ROWS_MIN) return UNCALIBRATED;
  let slope = 1;
  let offset = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const change = newtonStep(z, labels, slope, offset, isSymmetric);
    slope = Math.min(SLOPE_MAX, Math.max(SLOPE_MIN, slope - change.slope));
    offset -= change.offset;
    if (Math.abs(change.slope) + Math.abs(change.offset) < 1e-10) break;
  }
  return Number.isFinite(slope) && Number.isFinite(offset) ? { slope, offset } : UNCALIBRATED;
}

function newtonStep(
  z: readonly number[],
  labels: readonly number[],
  slope: number,
  offset: number,
  isSymmetric: boolean,
): Calibration {
  let [gs, go, ss, so, oo] = [0, 0, 1e-9, 0, 1e-9];
  for (const [row, score] of z.entries()) {
    const p = sigmoid(slope * score + offset);
    const error = p - (labels[row] ?? 0);
    const curve = p * (1 - p);
    gs += error * score;
    go += error;
    ss += curve * score * score;
    so += curve * score;
    oo += curve;
  }
  if (isSymmetric) return { slope: gs / ss, offset: 0 };
  const determinant = ss * oo - so * so;
  return { slope: (oo * gs - so * go) / determinant, offset: (ss * go - so * gs) / determinant };
}
