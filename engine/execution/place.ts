// Owns the last step before a venue: an approved order gets its id and becomes a placement.
// Promise: the only caller of toPlacement; nothing that risk has not approved can be placed.
import { assert } from '../core/assert.ts';
import { type ApprovedOrder, type Placement, toPlacement } from '../core/decision.ts';

/** `id` comes from a durable block (core/ids.ts). */
export function place(approved: ApprovedOrder, id: string): Placement {
  assert(id !== '', 'a placement needs an order id');
  return toPlacement(approved, id);
}
