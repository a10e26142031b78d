// Owns volatility scaling: a series restated at the volatility forecast for its next row.
// Promise: the volatility of a row is made from rows before it; a silent series stays silent.
import { at } from './pnl.ts';

const LAMBDA = 0.94; // RiskMetrics Technical Document (1996), daily rows

/**
 * Standard deviation forecast for each row, and last for the row after the end (length T + 1):
 * `s2_0 = mean square of the first seedRows`, `s2_(t+1) = 0.94 s2_t + 0.06 x_t²`. Zero mean.
 */
export function forecastVolatility(series: Float64Array, seedRows = series.length): Float64Array {
  const seed = series.subarray(0, seedRows);
  const forecast = new Float64Array(series.length + 1);
  let variance = seed.reduce((sum, x) => sum + x * x, 0) / seed.length;
  forecast[0] = Math.sqrt(variance);
  series.forEach((x, t) => {
    variance = LAMBDA * variance + (1 - LAMBDA) * x * x;
    forecast[t + 1] = Math.sqrt(variance);
  });
  return forecast;
}

/** Hull & White (1998): `x*_t = x_t s_T / s_t`, in the unit of `series`. */
export function scaleToForecast(series: Float64Array): Float64Array {
  const forecast = forecastVolatility(series);
  const next = at(forecast, series.length);
  // x_t = 0 stays 0: where nothing ever moved, both volatilities are 0 and their ratio unknown.
  return series.map((x, t) => (x === 0 ? 0 : (x * next) / at(forecast, t)));
}
