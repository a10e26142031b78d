// Owns the equity curve the gateway shows: points in the engine's time.
// Promise: bounded; when it is full every second point goes, so the whole run stays on it.

export type EquityPoint = readonly [timeUs: number, equity: number];

export interface EquityCurve {
  /** An equity that is unknown, NaN, leaves no point. */
  add(timeUs: number, equity: number): void;
  readonly points: readonly EquityPoint[];
}

const SPACING_US = 200_000; // of the points at first; doubles with every thinning

export function createEquityCurve(pointsMax: number): EquityCurve {
  let points: EquityPoint[] = [];
  let spacingUs = SPACING_US;
  let settledUs = Number.NEGATIVE_INFINITY; // time of the newest point that stays
  let isLoose = false; // the last point only shows where the curve is now
  return {
    add(timeUs, equity) {
      if (timeUs < settledUs || !Number.isFinite(equity)) return;
      if (isLoose) points.pop();
      points.push([timeUs, equity]);
      isLoose = timeUs - settledUs < spacingUs;
      if (isLoose) return;
      settledUs = timeUs;
      if (points.length < pointsMax) return;
      points = points.filter((_, index) => index % 2 === 0 || index === points.length - 1);
      spacingUs *= 2;
    },
    get points() {
      return points;
    },
  };
}
