// Owns how one check of venue or account is put at its edge: price, size, money that is there.
// Promise: whatever is changed is changed through `changes`, or on the order itself.
import type { Random } from '../../../engine/core/ports.ts';
import * as layout from '../../../wasm/layout.ts';
import type { Desk, DeskOrder } from './desk.ts';
import { toDouble } from './exact.ts';
import { factsOf } from './facts.ts';
import { nearby, pick, type RandomDesk } from './random-desk.ts';

/** Sets fields and remembers what they were. */
export interface Changes {
  set<T extends object, K extends keyof T>(holder: T, key: K, value: T[K]): void;
  undo(): void;
}

export interface Aim {
  readonly random: Random;
  readonly drawn: RandomDesk;
  readonly desk: Desk;
  readonly order: DeskOrder;
  readonly check: number;
  readonly changes: Changes;
}

/** Puts the price on that side of the mark which the collar looks at. */
export function turnPrice({ rows }: Desk, order: DeskOrder, isPassive: boolean): void {
  const { mark } = rows[order.instrument]!;
  const away = (order.side === 0) === isPassive ? -1 : 1;
  const share = Math.abs(order.price / mark - 1);
  order.price = mark + away * mark * (share === 0 ? 2 ** -6 : share);
}

function aimBand({ random, changes, desk, order }: Aim): void {
  const row = desk.rows[order.instrument]!;
  const share = Math.abs(order.price / row.mark - 1);
  const width = nearby(random, share, 1, false);
  changes.set(row, order.price > row.mark ? 'bandAbove' : 'bandBelow', width);
}

function aimQtyMax({ random, changes, desk, order, drawn }: Aim): void {
  const row = desk.rows[order.instrument]!;
  const most = nearby(random, order.qty, order.qty, drawn.isDyadic);
  changes.set(row, order.isMarket ? 'marketQtyMax' : 'qtyMax', most);
}

function aimNotionalMin({ random, changes, desk, order, drawn }: Aim): void {
  const row = desk.rows[order.instrument]!;
  const notional = toDouble(factsOf(desk, order).notional) / row.quoteRate;
  order.isReduceOnly = order.isReduceOnly && random.integer(4) === 0;
  const isExact = drawn.isDyadic && row.quoteRate === 1;
  changes.set(row, 'notionalMin', nearby(random, notional, notional, isExact));
}

function aimBalance({ random, order, drawn }: Aim): void {
  order.spends = pick(random, [2 ** -6, 1, 4096]) * (1 + random.integer(1000));
  const odd = pick(random, [Number.NaN, -1, 0]);
  const near = nearby(random, order.spends, order.spends, drawn.isDyadic);
  order.available = random.integer(8) === 0 ? odd : near;
}

export const VENUE_AIMS: ReadonlyMap<number, (aim: Aim) => void> = new Map([
  [layout.CHECK_PRICE_BAND, aimBand],
  [layout.CHECK_QTY_MAX, aimQtyMax],
  [layout.CHECK_NOTIONAL_MIN, aimNotionalMin],
  [layout.CHECK_BALANCE, aimBalance],
]);
