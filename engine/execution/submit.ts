// Owns the one path from an intent to a venue: compliance, risk, record, place.
// Promise: nothing reaches a venue without both verdicts, and every verdict is recorded whole.
import { assertNever } from '../core/assert.ts';
import type { ApprovedOrder, Breach, LimitCode } from '../core/decision.ts';
import type { ClientKey, OrderIntent, OrderOrigin } from '../core/order.ts';
import type { OrderPreview } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import { decideClient } from '../orders/client-keys.ts';
import { createOrder } from '../orders/order-state.ts';
import { placedFacts, type Wish } from '../orders/requests.ts';
import { commitOrders } from './errands.ts';
import { askGates, verdictOf } from './gates.ts';
import type { OrderPath } from './path.ts';
import { place } from './place.ts';

/** One intent on its way: who asked, what the decision saw, who waits for the answer. */
interface Submission {
  readonly intent: OrderIntent;
  readonly id: string;
  readonly mid: number;
  readonly nowUs: EpochUs;
  readonly correlation: number;
}

/**
 * Leads one intent through the gates: null when it left for its venue, else every limit it broke.
 * `mid` is the real mid the decision saw (the arrival price); `correlation` is the number under
 * which somebody waits for the answer, 0 for nobody. A client's key that is known is answered as
 * the first time, and nothing is sent.
 */
export function submit(
  path: OrderPath,
  intent: OrderIntent,
  mid: number,
  nowUs: EpochUs,
  correlation: number,
): readonly LimitCode[] | null {
  if (intent.client !== null && answerAgain(path, intent.client, correlation)) return [];
  path.preTrade.fetch(intent.instrument);
  path.telemetry.add('intents', 1);
  const id = path.ids.next();
  const submission: Submission = { intent, id: id ?? '', mid, nowUs, correlation };
  const obstacle = obstacleOf(path, submission);
  if (obstacle !== null) return refuse(path, submission, 'risk', [obstacle], []);
  const answer = askGates(path, intent, nowUs);
  if (answer.kind === 'rejected') {
    return refuse(path, submission, answer.by, answer.breaches, answer.warnings);
  }
  send(path, submission, answer);
  return null;
}

/** The first answer to a client's key, or that it was used for something else; false: it is new. */
export function answerAgain(
  { state, effects }: OrderPath,
  client: ClientKey,
  correlation: number,
): boolean {
  const first = decideClient(state.orders, client);
  if (first.kind === 'new') return false;
  effects.answer(
    correlation,
    first.kind === 'same' ? first.answer : { kind: 'key_reused', key: client.key },
  );
  return true;
}

/** What stands in the way of every order, whoever asks for it. */
function obstacleOf(path: OrderPath, { intent, id }: Submission): Breach | null {
  const { venue } = intent.instrument;
  if (id === '') return { limit: 'order_ids', scope: 'system', asked: 1, allowed: 0 };
  if (!path.state.orders.hasRoom()) {
    return { limit: 'order_store', scope: 'system', asked: 1, allowed: 0 };
  }
  if (path.gate.isOpen(venue) || intent.origin.kind === 'risk') return null;
  return { limit: 'venue_not_reconciled', scope: `venue:${venue}`, asked: 1, allowed: 0 };
}

/** What would become of an intent: asks both gates, changes nothing, records nothing. */
export function preview(path: OrderPath, intent: OrderIntent, nowUs: EpochUs): OrderPreview {
  const compliant = path.compliance.check(intent, nowUs);
  if (compliant.kind === 'rejected') {
    const { breaches } = compliant;
    const before = path.preTrade.figures();
    return {
      approved: false,
      by: 'compliance',
      breaches,
      warnings: [],
      figures: before,
      before,
    };
  }
  const { decision, before } = path.preTrade.preview(compliant.order, nowUs);
  const { kind, warnings, figures } = decision;
  const breaches = kind === 'approved' ? [] : decision.breaches;
  return { approved: kind === 'approved', by: 'risk', breaches, warnings, figures, before };
}

// The venue hears of the order first and the journal last: its id was reserved durably beforehand,
// and nothing the venue answers is heard before the facts of this event are folded.
function send(path: OrderPath, submission: Submission, approved: ApprovedOrder): void {
  const { intent, id, mid, nowUs, correlation } = submission;
  const { warnings, figures } = approved;
  const limitPrice = intent.price ?? path.marketPrices.limit(intent);
  const startNs = path.clock.nowNs();
  const hasLeft = path.effects.place(place(approved, id, limitPrice));
  const sentNs = path.clock.nowNs();
  const made = createOrder(intent, { id, limitPrice, arrivalMid: mid, nowUs });
  path.commit(verdictOf(intent, id, false, 'risk', [], warnings, figures), nowUs);
  const { order, facts } = placedFacts(made, wishOf(intent), hasLeft, nowUs);
  if (hasLeft) path.guard.onSent(order, nowUs);
  path.preTrade.keep(approved);
  path.telemetry.stages.send.record(sentNs - startNs);
  if (intent.tickNs > 0) path.telemetry.stages.tickToOrder.record(sentNs - intent.tickNs);
  path.telemetry.add('orders', 1);
  if (warnings.length > 0) path.telemetry.add('softWarnings', warnings.length);
  if (intent.origin.kind === 'risk') path.telemetry.add('reductionOrders', 1);
  commitOrders(path, facts, nowUs);
  path.effects.answer(correlation, { kind: 'accepted', orderId: id, isReplay: false });
}

const wishOf = ({ origin, strategy }: OrderIntent): Wish => ({
  by: origin.kind === 'api' ? origin.key : strategy,
  reason: reasonOf(origin),
});

function reasonOf(origin: OrderOrigin): string {
  switch (origin.kind) {
    case 'signal':
      return `signal ${origin.signalId}`;
    case 'api':
      return 'asked for by a person';
    case 'book':
      return 'a book';
    case 'strategy':
      return origin.reference;
    case 'risk':
    case 'external':
      return origin.reason;
    default:
      return assertNever(origin);
  }
}

function refuse(
  path: OrderPath,
  submission: Submission,
  by: 'compliance' | 'risk',
  breaches: readonly Breach[],
  warnings: readonly Breach[],
): readonly LimitCode[] {
  path.telemetry.add('rejected', 1);
  const { intent, id: orderId, correlation, nowUs } = submission;
  path.commit(verdictOf(intent, orderId, false, by, breaches, warnings, null), nowUs);
  path.effects.answer(correlation, { kind: 'rejected', orderId, by, breaches, isReplay: false });
  return breaches.map(({ limit }) => limit);
}
