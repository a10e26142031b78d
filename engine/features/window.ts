// Owns the sliding window of numbers that indicators look back over.
// Promise: every statistic is recomputed from the window itself, so rounding never accumulates.

/** One value in, one out; NaN until enough values have been seen. */
export interface Series {
  push(value: number): number;
}

export interface Window {
  push(value: number): void;
  /** Value by age: 0 is the newest, length - 1 the oldest; NaN where there is none yet. */
  ago(age: number): number;
  readonly isFull: boolean;
  /** Over what is in the window; 0 while empty. Oldest first, so the order of sums is fixed. */
  sum(): number;
  mean(): number;
  max(): number;
  min(): number;
  /** Sum of squared deviations from the mean (two passes). */
  squaredDeviations(): number;
}

/** A window of the last `length` values. Statistics cost O(length), lengths are at most 60. */
export function createWindow(length: number): Window {
  const values = new Float64Array(length);
  let pushed = 0;
  const count = (): number => Math.min(pushed, length);
  const ago = (age: number): number =>
    age < count() ? (values[(pushed - 1 - age) % length] ?? Number.NaN) : Number.NaN;
  const sum = (): number => {
    let total = 0;
    for (let age = count() - 1; age >= 0; age -= 1) total += ago(age);
    return total;
  };
  const mean = (): number => (pushed === 0 ? 0 : sum() / count());
  return {
    push(value) {
      values[pushed % length] = value;
      pushed += 1;
      if (pushed >= 2 * length) pushed -= length; // same place, stays small
    },
    ago,
    get isFull() {
      return pushed >= length;
    },
    sum,
    mean,
    max() {
      let best = Number.NEGATIVE_INFINITY;
      for (let age = 0; age < count(); age += 1) best = Math.max(best, ago(age));
      return best;
    },
    min() {
      let best = Number.POSITIVE_INFINITY;
      for (let age = 0; age < count(); age += 1) best = Math.min(best, ago(age));
      return best;
    },
    squaredDeviations() {
      const centre = mean();
      let total = 0;
      for (let age = count() - 1; age >= 0; age -= 1) total += (ago(age) - centre) ** 2;
      return total;
    },
  };
}
