// Owns the reduction of positions: which orders shrink them to what a step of the schedule keeps.
// Promise: pure arithmetic; an order never flips a position, grows one or doubles another order.
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Side } from '../core/order.ts';
import { asQty, powerOfTen, type Qty } from '../core/units.ts';

/** One step: by its end `fraction` of what was held at the start is gone; 1: all of everything. */
export interface Reduction {
  readonly scope: LimitScope; // 'system' or a strategy
  readonly step: number; // 1-based
  readonly steps: number;
  readonly reason: string;
  readonly fraction: number; // 0..1, of the start, with the steps before this one
  /** Signed steps held at the start, by account, then by instrument index. */
  readonly start: ReadonlyMap<string, Float64Array>;
}

/** The part of a position that one strategy of one account holds. */
export interface Owner {
  readonly account: string;
  readonly strategy: string;
  readonly qty: number; // signed steps
}

/** What one account holds of one instrument: venues net within an account, never across. */
export interface Holding {
  readonly account: string;
  readonly instrument: Instrument;
  readonly qty: number; // signed steps, the sum of the owners'
  readonly openReducing: number; // steps of open orders that shrink it (unknown ones included)
  readonly owners: readonly Owner[];
  readonly unitNotional: number; // of one real unit at the mark, base currency; NaN: no mark
  readonly orderQtyMin: number; // steps: for less its venue takes no order
  readonly orderNotionalMax: number; // base currency
  readonly orderQtyMax: number; // real units
  readonly collar: number; // the mark may move by this fraction before an order is checked
}

export interface ReductionOrder {
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly side: Side;
  readonly qty: Qty;
}

/** Orders of one instrument in one step; what is left is planned again. */
const SLICES_MAX = 20;

/**
 * Steps beyond what the step keeps, a multiple of the lot, 0 when there are none. A position that
 * has turned round since the start is beyond it as a whole.
 */
export function excessOf(
  { account, instrument, qty }: Pick<Holding, 'account' | 'instrument' | 'qty'>,
  reduction: Reduction,
): number {
  const start = reduction.start.get(account)?.[instrument.index] ?? 0;
  const isSame = Math.sign(start) === Math.sign(qty);
  const kept = isSame ? Math.abs(start) * (1 - reduction.fraction) : 0;
  return Math.max(0, floorToLots(instrument, Math.abs(qty) - kept));
}

// Fractions of a position are doubles: what misses a lot by rounding alone is one.
const floorToLots = ({ lot }: Instrument, steps: number): number =>
  Math.floor(steps / lot + 1e-9) * lot;

/**
 * Market orders that bring every holding down to what the reduction keeps, less what is already on
 * its way. Each is a multiple of the lot and within the order limits, by notional with the mark a
 * collar worse; one lot at least, so that a limit below a lot shows as a refusal. The largest
 * owners of the position's sign give first, none more than it holds; parts of several owners that
 * are too small for an order are charged to the largest. A holding without a mark or an owner
 * waits, and so does what is too small in all.
 */
export function planReduction(
  holdings: readonly Holding[],
  reduction: Reduction,
): readonly ReductionOrder[] {
  return holdings.flatMap((holding) => planHolding(holding, reduction));
}

function planHolding(holding: Holding, reduction: Reduction): ReductionOrder[] {
  const { instrument, qty, openReducing, orderQtyMin } = holding;
  const most = sliceOf(holding);
  let left = floorToLots(instrument, excessOf(holding, reduction) - openReducing);
  if (!(most > 0 && left > 0)) return [];
  const side: Side = qty > 0 ? 'sell' : 'buy';
  const orders: ReductionOrder[] = [];
  const give = ({ account, strategy }: Owner, steps: number): void => {
    for (let rest = steps; rest >= orderQtyMin && orders.length < SLICES_MAX; rest -= most) {
      const slice = asQty(Math.min(rest, most));
      orders.push({ instrument, account, strategy, side, qty: slice });
      left -= slice;
    }
  };
  const owners = holding.owners
    .filter((owner) => Math.sign(owner.qty) === Math.sign(qty))
    .sort((a, b) => Math.abs(b.qty) - Math.abs(a.qty));
  for (const owner of owners) {
    give(owner, Math.min(left, floorToLots(instrument, Math.abs(owner.qty))));
  }
  const [largest] = owners;
  if (largest !== undefined) give(largest, left);
  return orders;
}

/** Largest order in steps; 0 when there is no mark to tell. */
function sliceOf(holding: Holding): number {
  const { instrument, unitNotional, orderNotionalMax, orderQtyMax, collar } = holding;
  if (!(unitNotional > 0 && unitNotional < Number.MAX_VALUE)) return 0;
  const units = Math.min(orderQtyMax, orderNotionalMax / (unitNotional * (1 + collar)));
  const steps = Math.min(units * powerOfTen(instrument.qtyScale), Number.MAX_SAFE_INTEGER);
  return Math.max(instrument.lot, Math.floor(steps / instrument.lot) * instrument.lot);
}
