// Owns the pipeline benchmark's order wire: signed placements out, the venue's answers in.
// Promise: what could not be sent is told as rejected, what was sent and not answered as unclear.

import type { VenueReport } from '../engine/core/event.ts';
import { asEpochUs, type EpochUs } from '../engine/core/units.ts';
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
    place(placement, nowUs) {
      if (wire.send(encodePlace(placement, credentials, timeMs(nowUs)))) return;
      const reason = 'not sent: no connection to the venue';
      const timeUs = asEpochUs(nowUs);
      report({ kind: 'ended', orderId: placement.id, state: 'rejected', reason, timeUs });
    },
    cancel(order, nowUs) {
      wire.send(encodeCancel(order, credentials, timeMs(nowUs)));
    },
    cancelUnknown: () => undefined,
    askOpenOrders: () => undefined, // the benchmark's venue knows orders only, and nobody kills it
    receive(bytes, nowUs) {
      const reports: readonly VenueReport[] = decodeOrderMessage(bytes, nowUs, () => scales);
      for (const one of reports) report(one);
    },
    afterEvent: () => undefined,
    advance: () => undefined,
    query(order, nowUs) {
      const reason = 'an order of an earlier engine';
      report({ kind: 'unclear', orderId: order.id, reason, timeUs: nowUs });
    },
    collateral: (_venue, equity) => equity,
    close: () => undefined,
  };
}
