// Owns the one path of an amend to its venue: what gets worse passes both gates first.
// Promise: an amend gets nothing past them that a new order would not; whoever asked is told.
import type { Breach, LimitCode } from '../core/decision.ts';
import type { Order, OrderIntent } from '../core/order.ts';
import { asQty, type EpochUs, type Price, type Qty } from '../core/units.ts';
import type { Wish } from '../orders/requests.ts';
import { carryOut } from './errands.ts';
import { askGates, verdictOf } from './gates.ts';
import type { OrderPath } from './path.ts';

interface Change {
  readonly qty: Qty; // the whole order, filled part included
  readonly price: Price;
}

const NOT_AMENDABLE: readonly LimitCode[] = Object.freeze(['not_amendable']);

/**
 * Null when it left, else why not. What makes the order neither larger nor more aggressive leaves
 * as a cancel may. Anything else is asked about as a new order for all that could still fill, at
 * the new price and in place of the old one, and its verdict is recorded. An order by which risk
 * closes a position is nobody's to amend.
 */
export function amend(
  path: OrderPath,
  order: Order,
  change: Change,
  wish: Wish,
  nowUs: EpochUs,
): readonly LimitCode[] | null {
  const decision = path.requests.amend(order, change, wish);
  if (decision.kind === 'refused' || order.origin.kind === 'risk') return NOT_AMENDABLE;
  if (isNoWorse(order, change)) path.exposure.onCancel(order);
  else {
    const limits = askAbout(path, order, change, nowUs);
    if (limits !== null) return limits;
  }
  carryOut(path, [decision.errand], nowUs);
  return null;
}

const isNoWorse = ({ side, qty, limitPrice }: Order, change: Change): boolean =>
  change.qty <= qty &&
  limitPrice !== null &&
  (side === 'buy' ? change.price <= limitPrice : change.price >= limitPrice);

/** Records the verdict: null where both gates approve. */
function askAbout(
  path: OrderPath,
  order: Order,
  change: Change,
  nowUs: EpochUs,
): readonly LimitCode[] | null {
  const { telemetry } = path;
  telemetry.add('intents', 1);
  const intent = intentOf(path, order, change, nowUs);
  const obstacle = obstacleOf(path, order);
  const answer =
    obstacle === null
      ? path.derived.without(order, () => askGates(path, intent, nowUs))
      : ({ kind: 'rejected', by: 'risk', breaches: [obstacle], warnings: [] } as const);
  const { warnings } = answer;
  if (answer.kind === 'rejected') {
    const { by, breaches } = answer;
    telemetry.add('rejected', 1);
    path.commit(verdictOf(intent, order.id, true, by, breaches, warnings, null), nowUs);
    return breaches.map(({ limit }) => limit);
  }
  if (warnings.length > 0) telemetry.add('softWarnings', warnings.length);
  path.commit(verdictOf(intent, order.id, true, 'risk', [], warnings, answer.figures), nowUs);
  return null;
}

function obstacleOf({ gate }: OrderPath, { instrument: { venue } }: Order): Breach | null {
  if (gate.isOpen(venue)) return null;
  return { limit: 'venue_not_reconciled', scope: `venue:${venue}`, asked: 1, allowed: 0 };
}

/** What the amended order could still fill, as a new one. */
function intentOf(
  { books }: OrderPath,
  order: Order,
  { qty, price }: Change,
  nowUs: EpochUs,
): OrderIntent {
  const { instrument, account, strategy, parentId, side, type, filledQty, origin } = order;
  const { timeInForce, postOnly, reduceOnly } = order;
  return {
    kind: 'intent',
    ...{ instrument, account, strategy, parentId, side, type, origin },
    ...{ timeInForce, postOnly, reduceOnly, price, qty: asQty(qty - filledQty) },
    ...{ client: null, metadata: null },
    ...{ bookSequence: books.updateId(instrument), createdUs: nowUs, tickNs: 0 },
  };
}
