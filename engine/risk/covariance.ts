// Owns the covariance of daily returns in shared memory: prior, sampling, EWMA.
// Promise: no instrument ever looks riskless because its market was quiet or its feed was down.
import {
  COVARIANCE_LAMBDA,
  COVARIANCE_N,
  COVARIANCE_OBSERVATIONS,
  COVARIANCE_WEIGHTS,
  RISK_VARIANCE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_VARIANCE,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';
import type { Kernels } from '../memory/kernels.ts';
import { type MemoryPlan, riskRowAt } from '../memory/plan.ts';

export interface CovarianceOptions {
  readonly kernels: Pick<Kernels, 'covarianceUpdate' | 'covarianceRefresh'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly instruments: readonly Instrument[];
  readonly sampleUs?: number; // engine time between two samples, default 10 s
  readonly halfLifeUs?: number; // of a sample's weight, default 6 h
  readonly priorDailyVolatility?: number; // default PRIOR_DAILY_VOLATILITY
}

export interface Covariance {
  /** Call often with engine time; true when a sample was taken. Also renews RISK_VARIANCE. */
  observe(nowUs: EpochUs): boolean;
  /** An instrument that has taken its slot: its row and column are the prior's again. */
  add(instrument: Instrument): void;
  /** Samples taken so far: the prior still weighs lambda^observations. */
  readonly observations: number;
  /** Daily volatility of one instrument, a fraction. */
  volatility(instrument: Instrument): number;
}

const DAY_US = 86_400e6;
const GAP_SAMPLES = 6; // a longer silence starts anew instead of passing for one return
// Prior correlations: any two instruments, and two of the same base asset. A nested factor
// structure, so the prior matrix is positive definite.
export const PRIOR_MARKET = 0.6;
export const PRIOR_BASE = 0.98;
export const PRIOR_DAILY_VOLATILITY = 0.04; // about that of BTC in a lively month

interface Sampler {
  readonly plan: MemoryPlan;
  readonly n: number;
  readonly memory: Float64Array;
  readonly returns: Float64Array; // the column "last marks" of the block: input of the kernel
  readonly matrix: Float64Array;
  readonly last: Float64Array;
}

/** Initialises the block with the prior; weights, which the exposure owns, are left alone. */
export function createCovariance(options: CovarianceOptions): Covariance {
  const { kernels, buffer, plan, instruments } = options;
  const {
    sampleUs = 10e6,
    halfLifeUs = 6 * 3600e6,
    priorDailyVolatility = PRIOR_DAILY_VOLATILITY,
  } = options;
  assert(sampleUs > 0 && halfLifeUs > 0, 'covariance: sample and half-life must be above 0');
  const sampler = openSampler(buffer, plan);
  const { n } = sampler;
  new Uint32Array(buffer)[(plan.covariance + COVARIANCE_N) / 4] = n;
  sampler.memory[(plan.covariance + COVARIANCE_LAMBDA) / 8] = 0.5 ** (sampleUs / halfLifeUs);
  sampler.memory[(plan.covariance + COVARIANCE_OBSERVATIONS) / 8] = 0;
  writePrior(sampler, instruments, priorDailyVolatility);
  const renew = (): void => {
    const variance = kernels.covarianceRefresh(plan.covariance);
    sampler.memory[(plan.riskSystem + RISK_VARIANCE) / 8] = variance;
    copyDiagonal(sampler);
  };
  renew();
  let sampledUs = Number.NaN;
  return {
    observe(nowUs) {
      const elapsedUs = nowUs - sampledUs;
      if (elapsedUs < sampleUs) return false;
      const isGap = !(elapsedUs <= sampleUs * GAP_SAMPLES); // NaN: the first call
      const scale = Math.sqrt(DAY_US / elapsedUs);
      const known = takeReturns(sampler, nowUs, isGap ? Number.NaN : scale, sampleUs);
      sampledUs = nowUs;
      if (known === 0) return false;
      kernels.covarianceUpdate(plan.covariance, sampler.returns.byteOffset);
      renew();
      return true;
    },
    add(instrument) {
      writeSlot(sampler, instruments, instrument, priorDailyVolatility);
      renew();
    },
    get observations() {
      return sampler.memory[(plan.covariance + COVARIANCE_OBSERVATIONS) / 8] ?? 0;
    },
    volatility: ({ index }) => Math.sqrt(sampler.matrix[index * (n + 1)] ?? Number.NaN),
  };
}

function openSampler(buffer: SharedArrayBuffer, plan: MemoryPlan): Sampler {
  const n = plan.capacities.instruments; // of slots: one that nobody has weighs nothing
  const columns = plan.covariance + COVARIANCE_WEIGHTS;
  return {
    plan,
    n,
    memory: new Float64Array(buffer),
    returns: new Float64Array(buffer, columns + 16 * n, n),
    matrix: new Float64Array(buffer, columns + 24 * n, n * n),
    last: new Float64Array(n).fill(Number.NaN),
  };
}

/** Each row has its own variance: the matrix has it far from all else that an order looks at. */
function copyDiagonal({ plan, n, memory, matrix }: Sampler): void {
  for (let i = 0; i < n; i += 1) {
    memory[(riskRowAt(plan, i) + ROW_VARIANCE) / 8] = matrix[i * (n + 1)] ?? Number.NaN;
  }
}

function writePrior(
  { n, matrix }: Sampler,
  instruments: readonly Instrument[],
  volatility: number,
): void {
  for (let slot = 0; slot < n; slot += 1) matrix[slot * (n + 1)] = volatility ** 2;
  for (const a of instruments) {
    for (const b of instruments) {
      matrix[a.index * n + b.index] = volatility ** 2 * correlationOf(a, b);
    }
  }
}

const correlationOf = (a: Instrument, b: Instrument): number =>
  a === b ? 1 : a.base === b.base ? PRIOR_BASE : PRIOR_MARKET;

/**
 * Prior volatility, and the prior's correlation with what the others have come to. Where two of its
 * base have come apart meanwhile it cannot be so near to both: the matrix is semidefinite again as
 * the prior fades, and until then the kernel takes a variance below 0 for 0.
 */
function writeSlot(
  { n, matrix, last }: Sampler,
  instruments: readonly Instrument[],
  instrument: Instrument,
  volatility: number,
): void {
  const { index } = instrument;
  last[index] = Number.NaN;
  matrix.fill(0, index * n, (index + 1) * n);
  for (let other = 0; other < n; other += 1) matrix[other * n + index] = 0;
  matrix[index * (n + 1)] = volatility ** 2;
  for (const other of instruments) {
    if (other === instrument) continue;
    const own = Math.sqrt(matrix[other.index * (n + 1)] ?? 0);
    const both = volatility * own * correlationOf(instrument, other);
    matrix[index * n + other.index] = both;
    matrix[other.index * n + index] = both;
  }
}

/**
 * Log returns since the last sample, scaled to a day by the square root of time, into the kernel's
 * input; the number of instruments that had one. An instrument without a fresh mark gets its own
 * standard deviation in the direction of the others: its variance stays, its correlation holds.
 */
function takeReturns(
  { plan, n, memory, returns, matrix, last }: Sampler,
  nowUs: number,
  scale: number,
  ageUsMax: number,
): number {
  let known = 0;
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    const row = riskRowAt(plan, i);
    const mark = memory[(row + ROW_MARK) / 8] ?? Number.NaN;
    const ageUs = nowUs - (memory[(row + ROW_MARK_US) / 8] ?? Number.NaN);
    const fresh = ageUs <= ageUsMax ? mark : Number.NaN;
    const change = Math.log(fresh / (last[i] ?? Number.NaN)) * scale;
    returns[i] = change;
    last[i] = fresh;
    if (!Number.isFinite(change)) continue;
    known += 1;
    sum += change;
  }
  const direction = sum < 0 ? -1 : 1;
  for (let i = 0; i < n; i += 1) {
    if (Number.isFinite(returns[i])) continue;
    returns[i] = direction * Math.sqrt(matrix[i * (n + 1)] ?? 0);
  }
  return known;
}
