// Owns the last step before a venue: an approved order gets its id and becomes a placement.
// Promise: the only caller of toPlacement; nothing that risk has not approved can be placed.
import { assert } from '../core/assert.ts';
import { type ApprovedOrder, type Placement, toPlacement } from '../core/decision.ts';
import type { Price } from '../core/units.ts';

/** `id` comes from a durable block (core/ids.ts), `limitPrice` from orders/protect.ts. */
export function place(approved: ApprovedOrder, id: string, limitPrice: Price): Placement {
  assert(id !== '', 'a placement needs an order id');
  assert(Number.isSafeInteger(limitPrice) && limitPrice > 0, `${id}: no price to tell the venue`);
  return toPlacement(approved, id, limitPrice);
}
