// Owns the pipeline benchmark's order wire: signed placements out, the venue's answers in.
// Promise: what could not be sent has not left; an order of another engine is told as unclear.

import type { VenueReport } from '../engine/core/event.ts';
import type { EpochUs } from '../engine/core/units.ts';
import type { VenueHouse, VenueLink } from '../engine/surroundings/house.ts';
import {
  type Credentials,
  decodeOrderMessage,
  encodeCancel,
  encodePlace,
} from '../engine/venues/binance/orders.ts';

export interface OrderWire {
  /** False when the connection is down: nothing was sent. */
  send(text: string): boolean;
}

export interface WireVenue extends VenueLink {
  /** One message of the order connection or the user stream. */
  receive(bytes: Buffer, nowUs: EpochUs): void;
}

export function openWireVenue(
  { instruments, report }: VenueHouse,
  wire: OrderWire,
  credentials: Credentials,
): WireVenue {
  const [only] = instruments; // the benchmark trades one
  const scales = { price: only?.priceScale ?? 0, qty: only?.qtyScale ?? 0 };
  const timeMs = (nowUs: number): number => Math.floor(nowUs / 1000);
  return {
    place: (placement, nowUs) => wire.send(encodePlace(placement, credentials, timeMs(nowUs))),
    cancel: (order, nowUs) => wire.send(encodeCancel(order, credentials, timeMs(nowUs))),
    amend: () => false, // no strategy of a benchmark asks for it
    cancelUnknown: () => undefined,
    /** The benchmark's venue begins with its engine: nothing is open there. */
    askOpenOrders: (venue, timeUs) => report({ kind: 'open_orders', venue, orders: [], timeUs }),
    receive(bytes, nowUs) {
      const reports: readonly VenueReport[] = decodeOrderMessage(bytes, nowUs, () => scales);
      for (const one of reports) report(one);
    },
    list: () => undefined,
    afterEvent: () => undefined,
    advance: () => undefined,
    query(order, nowUs) {
      const reason = 'an order of an earlier engine';
      report({ kind: 'unclear', orderId: order.id, reason, timeUs: nowUs });
      return true;
    },
    moveMoney: () => 'nobody moves money in a benchmark',
    close: () => undefined,
  };
}
