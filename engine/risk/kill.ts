// Owns the kill switch: block, cancel, ask every venue until it says zero, flatten when asked, report.
// Promise: pure; it never says confirmed while an order lives or a venue last said more than zero.
import type { Order } from '../core/order.ts';
import type { KillOptions, KillReport } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';

export interface KillSetup {
  readonly venues: readonly string[];
  /** Not even then confirmed: the report says what is missing. Default 10 s. */
  readonly timeoutUs?: number;
}

export type KillAction =
  /** Guard.startKill with these options: nothing but liquidations passes from here on. */
  | { readonly kind: 'block'; readonly options: KillOptions }
  | { readonly kind: 'cancel'; readonly orderId: string; readonly venue: string }
  /** Open at the venue under an id nobody here knows; its symbol is not known either. */
  | { readonly kind: 'cancel_unknown'; readonly orderId: string; readonly venue: string }
  | { readonly kind: 'ask'; readonly venue: string }
  /** Close every position at these venues; nothing of ours is open there. */
  | { readonly kind: 'flatten'; readonly venues: readonly string[] }
  /** The kill is over: Guard.endKill, record and answer. Always the last action. */
  | { readonly kind: 'report'; readonly report: KillReport };

export interface Kill {
  readonly isRunning: boolean;
  /**
   * Begins a kill, or joins the one that runs: one report for both, and the stricter of the two
   * (a kill beside a drill is no drill; flatten when either says so).
   */
  start(
    options: KillOptions,
    openOrders: readonly Order[],
    positions: number,
    nowUs: EpochUs,
  ): readonly KillAction[];
  /** After each change of an order, and for each order placed while a kill runs. */
  onOrder(order: Order, nowUs: EpochUs): readonly KillAction[];
  onOpenOrders(venue: string, orderIds: readonly string[], nowUs: EpochUs): readonly KillAction[];
  /** How many positions of at least a lot are left. */
  onPositions(left: number, nowUs: EpochUs): readonly KillAction[];
  advance(nowUs: EpochUs): readonly KillAction[];
}
