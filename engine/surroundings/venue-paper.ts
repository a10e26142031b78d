// Owns the paper venue as composition sees it: opened with what is held, matched after events.
// Promise: an order of an earlier engine is unknown there; the venue died with it and says so.

import { assertNever } from '../core/assert.ts';
import { createRandom } from '../core/random.ts';
import { createPaperVenue, type PaperVenue } from '../venues/paper/paper.ts';
import type { MoneyCommand, VenueHouse, VenueLink } from './house.ts';

/** Fill ids carry the engine's epoch, so no two engines give the same. */
export function openPaperVenue(
  { ground, instruments, report, epoch, opening }: VenueHouse,
  latencyMs: number,
  seed: string,
): VenueLink {
  let fills = 0;
  const paper = createPaperVenue({
    books: ground.books,
    instruments,
    latencyUs: latencyMs * 1000,
    random: createRandom(`${seed}/paper`),
    emit: report,
    fillIds() {
      fills += 1;
      return `p${epoch}-${fills}`;
    },
  });
  for (const money of opening.balances) paper.openBalance(money);
  for (const position of opening.positions) paper.openPosition(position);
  return linkOf(paper);
}

/** What is asked of it leaves at once: a simulated line is never down. */
function linkOf(paper: PaperVenue): VenueLink {
  return {
    place(placement, nowUs) {
      paper.place(placement, nowUs);
      return true;
    },
    cancel(order, nowUs) {
      paper.cancel(order, nowUs);
      return true;
    },
    amend({ id }, { qty, price }, nowUs) {
      if (price === null) return false; // nothing rests without one
      paper.amend(id, qty, price, nowUs);
      return true;
    },
    cancelUnknown: (_venue, orderId, nowUs) => paper.cancelUnknown(orderId, nowUs),
    askOpenOrders: paper.askOpenOrders,
    afterEvent(event, nowUs) {
      if (event.kind === 'depth') paper.onBook(event.instrument, event.eventUs, nowUs);
      else if (event.kind === 'snapshot') paper.onBook(event.instrument, nowUs, nowUs);
      else if (event.kind === 'trade') paper.onTrade(event, nowUs);
    },
    advance: paper.advance,
    list: paper.list,
    query({ id }, nowUs) {
      paper.query(id, nowUs);
      return true;
    },
    moveMoney: (movement) => moveMoney(paper, movement),
    close: () => undefined,
  };
}

/** Why the venue did not follow, or null. */
function moveMoney(paper: PaperVenue, request: MoneyCommand): string | null {
  const { movement, account, venue, toAccount, toVenue, asset, amount } = request;
  const from = { account, venue, asset, amount };
  switch (movement) {
    case 'deposit':
      return paper.deposit(from);
    case 'withdrawal':
      return paper.withdraw(from);
    case 'transfer':
      return (
        paper.withdraw(from) ?? paper.deposit({ account: toAccount, venue: toVenue, asset, amount })
      );
    default:
      return assertNever(movement);
  }
}
