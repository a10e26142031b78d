// Owns the paper venue as composition sees it: matched after market events, asked after a crash.
// Promise: an order of an earlier engine is told as cancelled; the paper venue died with it.

import { createRandom } from '../core/random.ts';
import { createPaperVenue } from '../venues/paper/paper.ts';
import type { VenueHouse, VenueLink } from './house.ts';

/** Fill ids carry the engine's epoch, so no two engines give the same. */
export function openPaperVenue(
  { ground, report, epoch }: VenueHouse,
  latencyMs: number,
  seed: string,
): VenueLink {
  let fills = 0;
  const paper = createPaperVenue({
    books: ground.books,
    latencyUs: latencyMs * 1000,
    random: createRandom(`${seed}/paper`),
    emit: report,
    fillIds() {
      fills += 1;
      return `p${epoch}-${fills}`;
    },
  });
  return {
    place: paper.place,
    cancel: paper.cancel,
    cancelUnknown: (_venue, orderId, nowUs) => paper.cancelUnknown(orderId, nowUs),
    askOpenOrders: paper.askOpenOrders,
    afterEvent(event, nowUs) {
      if (event.kind === 'depth' || event.kind === 'snapshot') {
        paper.onBook(event.instrument, nowUs);
      } else if (event.kind === 'trade') paper.onTrade(event, nowUs);
    },
    advance: paper.advance,
    query(order, timeUs) {
      const reason = 'the simulated venue was restarted';
      report({ kind: 'ended', orderId: order.id, state: 'cancelled', reason, timeUs });
    },
    collateral: (_venue, equity) => equity,
    close: () => undefined,
  };
}
