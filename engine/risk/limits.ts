// Owns the limits of pre-trade risk and their place in shared memory.
// Promise: every limit is a positive number when it is written, or nothing is written.
import {
  RISK_EQUITY_AGE_US_MAX,
  RISK_MARK_AGE_US_MAX,
  RISK_MAX_EXPOSURE,
  RISK_MAX_LEVERAGE,
  RISK_MAX_OPEN_ORDERS,
  RISK_MAX_ORDER_NOTIONAL,
  RISK_RATE_BURST,
  RISK_RATE_PER_SECOND,
  RISK_TOKENS,
  RISK_VAR_LIMIT,
  RISK_VAR_Z,
  ROW_COLLAR,
  ROW_MAX_ORDER_QTY,
  ROW_MAX_POSITION,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { type MemoryPlan, riskRowAt } from '../core/memory.ts';

/** Limits of one instrument. */
export interface InstrumentLimits {
  readonly maxPosition: number; // notional, base currency
  readonly maxOrderQty: number; // real units: base asset or contracts
  readonly collar: number; // fraction of the mark an order's price may be away from it
}

/** Money in the base currency. */
export interface RiskLimits extends InstrumentLimits {
  readonly maxOrderNotional: number;
  readonly maxExposure: number; // gross worst case, fraction of equity
  readonly maxLeverage: number; // gross worst case / equity
  readonly maxOpenOrders: number;
  readonly ratePerSecond: number; // messages
  readonly rateBurst: number;
  readonly markAgeUsMax: number;
  readonly equityAgeUsMax: number;
  readonly varLimit: number; // fraction of equity, 1 day
  readonly varZ: number; // normal quantile of the VaR level
  /** What differs by instrument, by its index in this run. */
  readonly byInstrument: ReadonlyMap<number, Partial<InstrumentLimits>>;
}

/** 95 % one-sided quantile of the standard normal. */
export const Z_95 = 1.6448536269514722;

/** product.md section 2; quantity is bounded by notional unless an instrument says otherwise. */
export const DEFAULT_RISK_LIMITS: RiskLimits = {
  maxPosition: 100_000,
  maxOrderQty: 2 ** 53 - 1,
  collar: 0.02,
  maxOrderNotional: 100_000,
  maxExposure: 0.2,
  maxLeverage: 3,
  maxOpenOrders: 200,
  ratePerSecond: 50,
  rateBurst: 100,
  markAgeUsMax: 5_000_000,
  equityAgeUsMax: 5_000_000,
  varLimit: 0.02,
  varZ: Z_95,
  byInstrument: new Map(),
};

const SYSTEM = [
  [RISK_MAX_ORDER_NOTIONAL, 'maxOrderNotional'],
  [RISK_MAX_EXPOSURE, 'maxExposure'],
  [RISK_MAX_LEVERAGE, 'maxLeverage'],
  [RISK_MAX_OPEN_ORDERS, 'maxOpenOrders'],
  [RISK_RATE_PER_SECOND, 'ratePerSecond'],
  [RISK_RATE_BURST, 'rateBurst'],
  [RISK_MARK_AGE_US_MAX, 'markAgeUsMax'],
  [RISK_EQUITY_AGE_US_MAX, 'equityAgeUsMax'],
  [RISK_VAR_LIMIT, 'varLimit'],
  [RISK_VAR_Z, 'varZ'],
] as const;

const ROW = [
  [ROW_MAX_POSITION, 'maxPosition'],
  [ROW_MAX_ORDER_QTY, 'maxOrderQty'],
  [ROW_COLLAR, 'collar'],
] as const;

/**
 * Writes all limits and fills the message bucket (tokens = burst). Asserts that every one is a
 * finite number above 0: a limit that is missing must never read as "no limit".
 */
export function writeLimits(buffer: SharedArrayBuffer, plan: MemoryPlan, limits: RiskLimits): void {
  for (const [, name] of SYSTEM) assertLimit(name, limits[name]);
  for (const [, name] of ROW) {
    assertLimit(name, limits[name]);
    for (const [index, own] of limits.byInstrument) {
      assertLimit(`${name} of instrument ${index}`, own[name] ?? limits[name]);
    }
  }
  const memory = new Float64Array(buffer);
  for (const [at, name] of SYSTEM) memory[(plan.riskSystem + at) / 8] = limits[name];
  memory[(plan.riskSystem + RISK_TOKENS) / 8] = limits.rateBurst;
  for (let index = 0; index < plan.capacities.instruments; index += 1) {
    const own = limits.byInstrument.get(index);
    for (const [at, name] of ROW) {
      memory[(riskRowAt(plan, index) + at) / 8] = own?.[name] ?? limits[name];
    }
  }
}

function assertLimit(name: string, value: number): void {
  assert(Number.isFinite(value) && value > 0, `risk limit ${name} is ${value}, not above 0`);
}
