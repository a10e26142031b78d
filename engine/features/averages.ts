// Owns the moving averages every indicator is built from.
// Promise: the first value is a plain mean of the first n (SMA seed), so no start-up bias hides.
import { createWindow, type Series } from './window.ts';

/** Simple moving average of the last `n` values. */
export function createSma(n: number): Series {
  const window = createWindow(n);
  return {
    push(value) {
      window.push(value);
      return window.isFull ? window.mean() : Number.NaN;
    },
  };
}

/** Linearly weighted average: the newest of the last `n` values weighs n, the oldest 1. */
export function createWma(n: number): Series {
  const window = createWindow(n);
  return {
    push(value) {
      window.push(value);
      if (!window.isFull) return Number.NaN;
      let total = 0;
      for (let age = 0; age < n; age += 1) total += (n - age) * window.ago(age);
      return total / ((n * (n + 1)) / 2);
    },
  };
}

/** Exponential average, alpha = 2/(n+1), seeded with the mean of the first `n` values. */
export const createEma = (n: number): Series => createSmoothed(n, 2 / (n + 1));

/** Wilder's smoothing (1978), alpha = 1/n, seeded with the mean of the first `n` values. */
export const createWilder = (n: number): Series => createSmoothed(n, 1 / n);

function createSmoothed(n: number, alpha: number): Series {
  let seen = 0;
  let average = 0;
  return {
    push(value) {
      seen += 1;
      if (seen <= n) {
        average += value; // a sum until the seed is complete
        if (seen < n) return Number.NaN;
        average /= n;
        return average;
      }
      average += alpha * (value - average);
      return average;
    },
  };
}
