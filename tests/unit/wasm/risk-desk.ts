// Owns a risk state in shared memory that lets an ordinary order out, for the tests of the check.
// Promise: each limit has room until a test takes it away by name.
import * as layout from '../../../wasm/layout.ts';
import { type Arena, createArena } from './arena.ts';

export const NOW_US = 1_700_000_000_000_000;
export const ROWS = 4;

export interface RiskOrder {
  readonly instrument: number;
  readonly side: number;
  readonly flags: number;
  readonly price: number;
  readonly qty: number;
  readonly nowUs: number;
}

export interface RiskDesk {
  readonly arena: Arena;
  readonly system: number;
  readonly order: number;
  row(instrument: number): number;
  /** Names of the limits the order breaks, in the order of the checks. */
  check(order: Partial<RiskOrder>): CheckName[];
  asked(check: CheckName): number;
  allowed(check: CheckName): number;
  setSystem(column: number, value: number): void;
  setRow(instrument: number, column: number, value: number): void;
  readSystem(column: number): number;
  readonly covariance: number;
}

export const CHECK_NAMES = [
  'input',
  'halt',
  'tradable',
  'markAge',
  'equityAge',
  'collar',
  'orderQty',
  'orderNotional',
  'position',
  'exposure',
  'leverage',
  'openOrders',
  'rate',
  'reduceOnly',
  'var',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export const DEFAULT_ORDER: RiskOrder = {
  instrument: 0,
  side: 0,
  flags: 0,
  price: 100,
  qty: 10,
  nowUs: NOW_US,
};

/** Limits of the system block, real units. */
const SYSTEM: readonly (readonly [number, number])[] = [
  [layout.RISK_EQUITY, 1_000_000],
  [layout.RISK_EQUITY_US, NOW_US],
  [layout.RISK_GROSS, 0],
  [layout.RISK_VARIANCE, 0],
  [layout.RISK_TOKENS, 5],
  [layout.RISK_TOKENS_US, NOW_US],
  [layout.RISK_MAX_ORDER_NOTIONAL, 1e9],
  [layout.RISK_MAX_EXPOSURE, 1e6],
  [layout.RISK_MAX_LEVERAGE, 1e6],
  [layout.RISK_MAX_OPEN_ORDERS, 100],
  [layout.RISK_RATE_PER_SECOND, 10],
  [layout.RISK_RATE_BURST, 20],
  [layout.RISK_MARK_AGE_US_MAX, 5_000_000],
  [layout.RISK_EQUITY_AGE_US_MAX, 60_000_000],
  [layout.RISK_VAR_LIMIT, 1e6],
  [layout.RISK_VAR_Z, 1.6448536269514722],
];

const ROW: readonly (readonly [number, number])[] = [
  [layout.ROW_MARK, 100],
  [layout.ROW_MARK_US, NOW_US],
  [layout.ROW_MULTIPLIER, 1],
  [layout.ROW_QUOTE_RATE, 1],
  [layout.ROW_MAX_POSITION, 1e9],
  [layout.ROW_MAX_ORDER_QTY, 1e9],
  [layout.ROW_COLLAR, 0.05],
];

export function createRiskDesk(): RiskDesk {
  const arena = createArena(1 << 20);
  const system = arena.take(layout.RISK_SYSTEM_BYTES);
  const rows = arena.take(ROWS * layout.RISK_ROW_BYTES);
  const covariance = arena.take(layout.COVARIANCE_WEIGHTS + 8 * (3 * ROWS + ROWS * ROWS));
  const order = arena.take(layout.ORDER_BYTES);
  const row = (instrument: number): number => rows + instrument * layout.RISK_ROW_BYTES;
  for (const [column, value] of SYSTEM) arena.writeF64(system + column, value);
  for (let k = 0; k < ROWS; k += 1) {
    arena.writeU32(row(k) + layout.ROW_FLAGS, layout.ROW_TRADABLE);
    for (const [column, value] of ROW) arena.writeF64(row(k) + column, value);
  }
  arena.writeU32(covariance + layout.COVARIANCE_N, ROWS);
  const pair = (check: CheckName): number =>
    order + layout.ORDER_RESULTS + CHECK_NAMES.indexOf(check) * 16;
  return {
    arena,
    system,
    order,
    covariance,
    row,
    check(changes) {
      writeOrder(arena, order, { ...DEFAULT_ORDER, ...changes });
      const mask = arena.kernels.riskCheck(system, rows, ROWS, covariance, order);
      return CHECK_NAMES.filter((_, bit) => (mask & (1 << bit)) !== 0);
    },
    asked: (check) => arena.readF64(pair(check)),
    allowed: (check) => arena.readF64(pair(check) + 8),
    setSystem: (column, value) => arena.writeF64(system + column, value),
    setRow: (instrument, column, value) => arena.writeF64(row(instrument) + column, value),
    readSystem: (column) => arena.readF64(system + column),
  };
}

function writeOrder(arena: Arena, at: number, order: RiskOrder): void {
  arena.writeU32(at + layout.ORDER_INSTRUMENT, order.instrument);
  arena.writeU32(at + layout.ORDER_SIDE, order.side);
  arena.writeU32(at + layout.ORDER_FLAGS, order.flags);
  arena.writeF64(at + layout.ORDER_PRICE, order.price);
  arena.writeF64(at + layout.ORDER_QTY, order.qty);
  arena.writeF64(at + layout.ORDER_NOW_US, order.nowUs);
}
