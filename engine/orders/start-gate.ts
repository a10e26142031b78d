// Owns when a venue may be traded at after a start: its open orders are in, ours there are clear.
// Promise: pure; closed until every answer is in; what is still missing is told by name.
import type { OrdersReader } from './orders-slice.ts';

export interface StartGate {
  /** The venue's list of open orders was reconciled, its fills since the last run included. */
  onReconciled(venue: string): void;
  /** The link broke before the gate was open: what was heard may be old. */
  onDisconnect(venue: string): void;
  /** Nothing that adds may be sent there before. Once open it stays open. */
  isOpen(venue: string): boolean;
  /** What each closed venue waits for, in the order of the venues. */
  waiting(): readonly GateWait[];
}

export interface GateWait {
  readonly venue: string;
  readonly openOrders: boolean; // its list is missing
  readonly unresolved: readonly string[]; // ids it has not answered about
}

/** `venues`: those of the run. Fresh ones are asked as well: somebody may have traded there. */
export function createStartGate(
  venues: readonly string[],
  orders: Pick<OrdersReader, 'get' | 'unknownIds'>,
): StartGate {
  const reconciled = new Set<string>();
  const open = new Set<string>();
  const unresolvedAt = (venue: string): string[] =>
    [...orders.unknownIds()].filter((id) => orders.get(id)?.instrument.venue === venue);
  const isOpen = (venue: string): boolean => {
    if (open.has(venue)) return true;
    if (!reconciled.has(venue) || unresolvedAt(venue).length > 0) return false;
    open.add(venue);
    return true;
  };
  return {
    onReconciled(venue) {
      if (venues.includes(venue)) reconciled.add(venue);
    },
    onDisconnect(venue) {
      if (!isOpen(venue)) reconciled.delete(venue);
    },
    isOpen,
    waiting: () =>
      venues
        .filter((venue) => !isOpen(venue))
        .map((venue) => {
          const unresolved = unresolvedAt(venue);
          return { venue, openOrders: !reconciled.has(venue), unresolved };
        }),
  };
}
