// Owns the pre-trade verdict: asks the WASM kernel and turns its mask into named breaches.
// Promise: the only maker of an ApprovedOrder; whatever is not clearly allowed is refused.
import {
  CHECKS,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_NOTIONAL,
  ORDER_NOW_US,
  ORDER_PRICE,
  ORDER_QTY,
  ORDER_REDUCE_ONLY,
  ORDER_RESULTS,
  ORDER_SIDE,
  ORDER_VAR_AFTER,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import {
  approve,
  type Breach,
  type CompliantIntent,
  type LimitCode,
  type RiskDecision,
} from '../core/decision.ts';
import { type Instrument, priceOf, qtyOf } from '../core/instrument.ts';
import type { Kernels } from '../core/kernels.ts';
import type { MemoryPlan } from '../core/memory.ts';
import type { OrderIntent } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';

/** Name of each bit of the mask, in the order of CHECK_* in wasm/layout.ts. */
export const LIMIT_OF_CHECK = [
  'malformed_order',
  'trading_halted',
  'instrument_not_tradable',
  'reference_price_stale',
  'equity_stale',
  'price_collar',
  'order_quantity',
  'order_notional',
  'position',
  'exposure',
  'leverage',
  'open_orders',
  'message_rate',
  'reduce_only',
  'value_at_risk',
] as const satisfies readonly LimitCode[];

export interface PreTradeOptions {
  readonly kernels: Pick<Kernels, 'riskCheck'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly instruments: readonly Instrument[];
}

export interface PreTrade {
  /** Approved, or every breach in the order of the checks. Spends a message token on approval. */
  check(order: CompliantIntent, nowUs: EpochUs): RiskDecision;
  /**
   * Asks the kernel about an order of nothing, which it refuses, so that code and limits of the
   * instrument are in the processor's caches when the real order comes. Changes nothing.
   */
  warm(instrument: Instrument): void;
}

const MALFORMED: Breach = { limit: 'malformed_order', asked: 1, allowed: 0 };

export function createPreTrade(options: PreTradeOptions): PreTrade {
  const { kernels, buffer, plan, instruments } = options;
  assert(LIMIT_OF_CHECK.length === CHECKS, 'a risk check has no name');
  const words = new Uint32Array(buffer);
  const numbers = new Float64Array(buffer);
  const { riskSystem, riskRows, riskOrder, covariance } = plan;

  function ask(
    instrument: Instrument,
    isBuy: boolean,
    mustShrink: boolean,
    price: number,
    qty: number,
    nowUs: number,
  ): number {
    words[(riskOrder + ORDER_INSTRUMENT) / 4] = instrument.index;
    words[(riskOrder + ORDER_SIDE) / 4] = isBuy ? 0 : 1;
    words[(riskOrder + ORDER_FLAGS) / 4] = mustShrink ? ORDER_REDUCE_ONLY : 0;
    numbers[(riskOrder + ORDER_PRICE) / 8] = price;
    numbers[(riskOrder + ORDER_QTY) / 8] = qty;
    numbers[(riskOrder + ORDER_NOW_US) / 8] = nowUs;
    return kernels.riskCheck(riskSystem, riskRows, instruments.length, covariance, riskOrder);
  }
  const read = (at: number): number => numbers[(riskOrder + at) / 8] ?? Number.NaN;
  return {
    check(order, nowUs) {
      const { intent } = order;
      const { instrument, side, price, qty } = intent;
      const known = instruments[instrument.index] === instrument;
      const sound = known && isWellFormed(intent);
      // What is not sound is asked as an order of nothing: refused, and no message token is spent.
      const mask = ask(
        instrument,
        side === 'buy',
        mustReduce(intent),
        price === null ? 0 : priceOf(instrument, price),
        sound ? qtyOf(instrument, qty) : 0,
        nowUs,
      );
      if (mask === 0 && sound) {
        const approved = approve(order, read(ORDER_NOTIONAL), read(ORDER_VAR_AFTER));
        return { kind: 'approved', order: approved };
      }
      return { kind: 'rejected', breaches: breachesOf(mask, sound, read) };
    },
    warm: (instrument) => {
      ask(instrument, true, false, 0, 0, 0);
    },
  };
}

/** Nobody sells spot short: a spot sale may close what is held and no more. */
const mustReduce = (intent: OrderIntent): boolean =>
  intent.reduceOnly || (intent.instrument.kind === 'spot' && intent.side === 'sell');

/** What the kernel cannot see, since it gets real numbers: the grids and words of the order. */
function isWellFormed(intent: OrderIntent): boolean {
  const { instrument, type, price, qty, timeInForce, postOnly } = intent;
  if (!Number.isSafeInteger(qty) || qty % instrument.lot !== 0) return false;
  if (postOnly && (type !== 'limit' || timeInForce !== 'GTC')) return false;
  if (type === 'market') return price === null;
  return price !== null && Number.isSafeInteger(price) && price % instrument.tick === 0;
}

function breachesOf(
  mask: number,
  sound: boolean,
  read: (at: number) => number,
): readonly [Breach, ...Breach[]] {
  const breaches: Breach[] = [];
  for (let check = 0; check < CHECKS; check += 1) {
    const limit = LIMIT_OF_CHECK[check];
    if ((mask & (1 << check)) === 0 || limit === undefined) continue;
    const at = ORDER_RESULTS + check * 16;
    breaches.push({ limit, asked: finite(read(at)), allowed: finite(read(at + 8)) });
  }
  if (!sound && breaches[0]?.limit !== 'malformed_order') breaches.unshift(MALFORMED);
  const [first = MALFORMED, ...rest] = breaches;
  return [first, ...rest];
}

/** JSON knows no NaN and no Infinity: what could not be computed is told as 0 or the largest. */
function finite(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
