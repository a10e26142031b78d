// Owns the maximum-likelihood fit of Student's t to a P&L.
// Promise: a fit is returned only when the score equations hold; otherwise it is refused.
import type { StudentParameters } from './parametric.ts';
import type { Moments } from './pnl.ts';
import { gammaHalfStep } from './special-functions.ts';

export interface StudentFitted extends StudentParameters {
  readonly kind: 'fitted';
  readonly logLikelihood: number; // of the P&L in its own unit
}

export type StudentFitResult = StudentFitted | { readonly kind: 'refused'; readonly why: string };

const ROWS_MIN = 20; // three parameters of a tail need at least this
const ROUNDS_MAX = 200;
const STEP_MAX = 1; // of a logarithm, or of a standard deviation
const NU_MAX = 1e6; // beyond it the t is the normal to seven digits
const NU_MIN = 0.05; // towards 0, and a scale towards 0, the likelihood of tied data is unbounded
const SCALE_MIN = 1e-8; // of the standard deviation
const CONVERGED = 1e-10;

/** Location, ln scale and ln nu, of data shifted by its mean and divided by its sd. */
type Point = readonly [location: number, lnScale: number, lnNu: number];

interface Likelihood {
  readonly value: number;
  readonly gradient: Point;
  /** mm, ml, mn, ll, ln, nn of the symmetric second derivative. */
  readonly hessian: readonly [number, number, number, number, number, number];
}

/**
 * Fits location, scale and degrees of freedom by Newton's method on (location, ln scale, ln nu)
 * with exact derivatives, damped (Levenberg) wherever the likelihood is not concave. When it rises
 * without end towards nu = infinity (tails no fatter than normal) the limit is returned: nu
 * infinite, location the mean, scale the population standard deviation.
 */
export function fitStudent(pnl: Float64Array, moments: Moments): StudentFitResult {
  const { count, mean, sd } = moments;
  if (count < ROWS_MIN) return refuse(`${count} rows; a fit needs ${ROWS_MIN}`);
  if (!(sd > 0 && Number.isFinite(sd))) return refuse('the P&L does not move');
  const data = pnl.map((p) => (p - mean) / sd);
  let point = startPoint(moments);
  let here = likelihoodAt(data, point);
  let damping = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (point[2] > Math.log(NU_MAX)) return normalLimit(moments);
    if (point[2] < Math.log(NU_MIN) || point[1] < Math.log(SCALE_MIN)) break;
    const step = newtonStep(here, damping);
    if (step !== null) {
      const [m, l, n] = point;
      const next: Point = [m + step[0], l + step[1], n + step[2]];
      const there = likelihoodAt(data, next);
      const size = Math.max(...step.map(Math.abs));
      // Near the top the rise drowns in rounding, hence the tolerance.
      if (there.value >= here.value - 1e-12 * Math.abs(here.value)) {
        point = next;
        here = there;
        if (damping === 0 && size < CONVERGED) return fitted(point, here.value, moments);
        damping = damping < 1e-3 ? 0 : damping / 10;
        continue;
      }
    }
    damping = Math.max(damping * 10, 1e-2);
  }
  return refuse('the likelihood has no maximum that could be found');
}

const refuse = (why: string): StudentFitResult => ({ kind: 'refused', why });

function startPoint({ excessKurtosis }: Moments): Point {
  const nu = excessKurtosis > 0 ? Math.max(2.5, Math.min(30, 4 + 6 / excessKurtosis)) : 30;
  return [0, 0.5 * Math.log((nu - 2) / nu), Math.log(nu)];
}

function fitted([m, l, n]: Point, value: number, { count, mean, sd }: Moments): StudentFitted {
  return {
    kind: 'fitted',
    nu: Math.exp(n),
    loc: mean + sd * m,
    scale: sd * Math.exp(l),
    logLikelihood: value - count * Math.log(sd),
  };
}

function normalLimit({ count, mean, sd }: Moments): StudentFitted {
  const scale = sd * Math.sqrt((count - 1) / count);
  const logLikelihood = -0.5 * count * (Math.log(2 * Math.PI) + 1) - count * Math.log(scale);
  return { kind: 'fitted', nu: Number.POSITIVE_INFINITY, loc: mean, scale, logLikelihood };
}

/** Log likelihood with first and second derivatives in (location, ln scale, ln nu). */
function likelihoodAt(data: Float64Array, [location, lnScale, lnNu]: Point): Likelihood {
  const scale = Math.exp(lnScale);
  const nu = Math.exp(lnNu);
  let [logs, zu, z2u, mm, zu2, z2u2, mn, ln, nn] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const x of data) {
    const z = (x - location) / scale;
    const z2 = z * z;
    const u = 1 / (nu + z2);
    logs += Math.log1p(z2 / nu);
    zu += z * u;
    z2u += z2 * u;
    mm += (z2 - nu) * u * u;
    zu2 += z * u * u;
    z2u2 += z2 * u * u;
    mn += z * (z2 - 1) * u * u;
    ln += z2 * (z2 - 1) * u * u;
    nn += z2 * (nu + 1 / u) * u * u;
  }
  const count = data.length;
  const half = gammaHalfStep(nu / 2);
  const byNu = count * (half.first / 2 - 0.5 / nu) - logs / 2 + ((nu + 1) / (2 * nu)) * z2u;
  const byNuTwice =
    count * (half.second / 4 + 0.5 / (nu * nu)) + z2u / nu - ((nu + 1) / (2 * nu * nu)) * nn;
  return {
    value: count * (half.value - 0.5 * Math.log(Math.PI * nu) - lnScale) - 0.5 * (nu + 1) * logs,
    gradient: [((nu + 1) / scale) * zu, (nu + 1) * z2u - count, nu * byNu],
    hessian: [
      ((nu + 1) / (scale * scale)) * mm,
      ((-2 * nu * (nu + 1)) / scale) * zu2,
      (nu / scale) * mn,
      -2 * nu * (nu + 1) * z2u2,
      nu * ln,
      nu * nu * byNuTwice + nu * byNu,
    ],
  };
}

/**
 * Solves (-H + damping diag|H|) step = gradient by Cholesky; null when that matrix is not positive
 * definite. Longer steps than STEP_MAX keep their direction.
 */
function newtonStep({ gradient, hessian }: Likelihood, damping: number): Point | null {
  const [mm, ml, mn, ll, ln, nn] = hessian;
  const damp = (h: number): number => -h + damping * Math.abs(h);
  const a = Math.sqrt(damp(mm));
  const b = -ml / a;
  const c = -mn / a;
  const d = Math.sqrt(damp(ll) - b * b);
  const e = (-ln - b * c) / d;
  const f = Math.sqrt(damp(nn) - c * c - e * e);
  if (!(a > 0 && d > 0 && f > 0)) return null;
  const p = gradient[0] / a;
  const q = (gradient[1] - b * p) / d;
  const r = (gradient[2] - c * p - e * q) / f;
  const third = r / f;
  const second = (q - e * third) / d;
  const first = (p - b * second - c * third) / a;
  const longest = Math.max(Math.abs(first), Math.abs(second), Math.abs(third));
  const shrink = longest > STEP_MAX ? STEP_MAX / longest : 1;
  return Number.isFinite(longest) ? [first * shrink, second * shrink, third * shrink] : null;
}
