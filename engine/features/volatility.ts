// Owns the volatility estimators over closed bars, per bar, not annualised.
// Promise: each follows its paper to the letter; window lengths include the current bar.
import type { BarSeries } from './technical.ts';
import { createWindow, type Series } from './window.ts';

/** sqrt of the mean of the last `n` values of `term`, times `factor`. */
function createRootMean(n: number, factor: number, term: BarTerm): BarSeries {
  const window = createWindow(n);
  return {
    push(bar) {
      window.push(term(bar.open, bar.high, bar.low, bar.close));
      return window.isFull ? Math.sqrt(Math.max(0, window.mean() * factor)) : Number.NaN;
    },
  };
}

type BarTerm = (open: number, high: number, low: number, close: number) => number;

/** Parkinson (1980): from the range of each bar. */
export const createParkinson = (n: number): BarSeries =>
  createRootMean(n, 1 / (4 * Math.LN2), (_open, high, low) => Math.log(high / low) ** 2);

/** Garman & Klass (1980): range and open-to-close. */
export const createGarmanKlass = (n: number): BarSeries =>
  createRootMean(
    n,
    1,
    (open, high, low, close) =>
      0.5 * Math.log(high / low) ** 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2,
  );

const rogersSatchell: BarTerm = (open, high, low, close) =>
  Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open);

/** Rogers & Satchell (1991): free of drift. */
export const createRogersSatchell = (n: number): BarSeries => createRootMean(n, 1, rogersSatchell);

/** Yang & Zhang (2000): overnight, open-to-close and Rogers-Satchell parts; needs n + 1 bars. */
export function createYangZhang(n: number): BarSeries {
  const overnight = createWindow(n);
  const session = createWindow(n);
  const drift = createWindow(n);
  const k = 0.34 / (1.34 + (n + 1) / (n - 1));
  let previous = Number.NaN;
  return {
    push({ open, high, low, close }) {
      const gap = Math.log(open / previous);
      previous = close;
      if (Number.isNaN(gap)) return Number.NaN;
      overnight.push(gap);
      session.push(Math.log(close / open));
      drift.push(rogersSatchell(open, high, low, close));
      if (!overnight.isFull) return Number.NaN;
      const jumps = overnight.squaredDeviations() / (n - 1);
      const moves = session.squaredDeviations() / (n - 1);
      return Math.sqrt(Math.max(0, jumps + k * moves + (1 - k) * drift.mean()));
    },
  };
}

/** Sample standard deviation (ddof 1) of the last `n` log returns of the close. */
export const createCloseToClose = (n: number): Series =>
  createReturns(n, (window) => Math.sqrt(window.squaredDeviations() / (n - 1)));

/** Realised volatility: root of the sum of the last `n` squared log returns. */
export const createRealised = (n: number): Series =>
  createReturns(n, (window) => {
    let total = 0;
    for (let age = n - 1; age >= 0; age -= 1) total += window.ago(age) ** 2;
    return Math.sqrt(total);
  });

type Window = ReturnType<typeof createWindow>;

function createReturns(n: number, statistic: (window: Window) => number): Series {
  const window = createWindow(n);
  let previous = Number.NaN;
  return {
    push(close) {
      const change = Math.log(close / previous);
      previous = close;
      if (Number.isNaN(change)) return Number.NaN;
      window.push(change);
      return window.isFull ? statistic(window) : Number.NaN;
    },
  };
}
