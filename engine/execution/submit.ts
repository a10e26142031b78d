// Owns the one path from an intent to a venue: compliance, risk, record, place.
// Promise: nothing reaches a venue without both verdicts, and every verdict is recorded whole.
import type { Compliance } from '../compliance/pre-trade.ts';
import type { ApprovedOrder, Breach, CompliantIntent } from '../core/decision.ts';
import type { IdSource } from '../core/ids.ts';
import type { OrderIntent } from '../core/order.ts';
import type { Clock } from '../core/ports.ts';
import type { OrderPreview } from '../core/risk.ts';
import { type EpochUs, formatDecimal } from '../core/units.ts';
import type { Effects } from '../facts/effects.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import { toOrderRecord } from '../orders/order-record.ts';
import { createOrder, markSent, openQty } from '../orders/order-state.ts';
import type { Orders } from '../orders/orders.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Guard } from '../risk/guard.ts';
import type { PreTrade } from '../risk/pre-trade.ts';
import { place } from './place.ts';

/** What the path needs of the house. */
export interface OrderPath {
  readonly telemetry: Telemetry;
  readonly clock: Clock; // nowNs only: stage timings, never decisions
  readonly compliance: Compliance;
  readonly preTrade: PreTrade;
  readonly exposure: Exposure;
  readonly guard: Guard;
  readonly orders: Orders;
  readonly ids: IdSource;
  readonly effects: Effects;
}

/** One intent on its way: who asked, what the decision saw, who waits for the answer. */
interface Submission {
  readonly intent: OrderIntent;
  readonly id: string;
  readonly mid: number;
  readonly nowUs: EpochUs;
  readonly correlation: number;
}

/**
 * Leads one intent through the gates; true when it left for its venue. `mid` is the real mid the
 * decision saw (the arrival price); `correlation` is the number under which somebody waits for the
 * answer, 0 for nobody.
 */
export function submit(
  path: OrderPath,
  intent: OrderIntent,
  mid: number,
  nowUs: EpochUs,
  correlation: number,
): boolean {
  path.telemetry.add('intents', 1);
  const id = path.ids.next();
  const submission: Submission = { intent, id: id ?? '', mid, nowUs, correlation };
  if (id === null || !path.orders.hasRoom()) {
    const limit = id === null ? 'order_ids' : 'order_store';
    return refuse(path, submission, 'risk', [{ limit, scope: 'system', asked: 1, allowed: 0 }], []);
  }
  const startNs = path.clock.nowNs();
  const verdict = path.compliance.check(intent, nowUs);
  const endNs = path.clock.nowNs();
  path.telemetry.stages.compliance.record(endNs - startNs);
  if (verdict.kind === 'compliant') return checkRisk(path, submission, verdict.order);
  return refuse(path, submission, 'compliance', verdict.breaches, []);
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

function checkRisk(path: OrderPath, submission: Submission, order: CompliantIntent): boolean {
  const startNs = path.clock.nowNs();
  const verdict = path.preTrade.check(order, submission.nowUs);
  const endNs = path.clock.nowNs();
  path.telemetry.stages.riskCheck.record(endNs - startNs);
  if (verdict.kind === 'rejected') {
    return refuse(path, submission, 'risk', verdict.breaches, verdict.warnings);
  }
  send(path, submission, verdict);
  return true;
}

// The venue hears of the order first and the journal last: its id was reserved durably beforehand,
// and nothing the venue answers is heard before the books of this event are done.
function send(path: OrderPath, submission: Submission, approved: ApprovedOrder): void {
  const { intent, id, mid, nowUs, correlation } = submission;
  const { warnings } = approved;
  const startNs = path.clock.nowNs();
  path.effects.place(place(approved, id));
  const sentNs = path.clock.nowNs();
  const order = markSent(createOrder(intent, id, mid, nowUs), nowUs);
  path.orders.put(order);
  path.exposure.onOpenOrder(order, openQty(order));
  path.guard.onSent(order, nowUs);
  path.preTrade.keep(approved);
  path.telemetry.stages.send.record(sentNs - startNs);
  if (intent.tickNs > 0) path.telemetry.stages.tickToOrder.record(sentNs - intent.tickNs);
  path.telemetry.add('orders', 1);
  if (warnings.length > 0) path.telemetry.add('softWarnings', warnings.length);
  if (intent.origin.kind === 'risk') path.telemetry.add('reductionOrders', 1);
  recordVerdict(path, submission, 'risk', [], warnings, approved);
  path.effects.record(nowUs, { kind: 'order', order: toOrderRecord(order) });
  path.effects.answer(correlation, { kind: 'accepted', orderId: id });
}

function refuse(
  path: OrderPath,
  submission: Submission,
  by: 'compliance' | 'risk',
  breaches: readonly Breach[],
  warnings: readonly Breach[],
): false {
  path.telemetry.add('rejected', 1);
  recordVerdict(path, submission, by, breaches, warnings, null);
  const { id, correlation } = submission;
  path.effects.answer(correlation, { kind: 'rejected', orderId: id, by, breaches });
  return false;
}

function recordVerdict(
  path: OrderPath,
  { intent, id, nowUs }: Submission,
  by: 'compliance' | 'risk',
  breaches: readonly Breach[],
  warnings: readonly Breach[],
  approved: ApprovedOrder | null,
): void {
  const { instrument } = intent;
  const figures = approved?.figures;
  path.effects.record(nowUs, {
    kind: 'verdict',
    orderId: id,
    account: intent.account,
    strategy: intent.strategy,
    instrument: instrument.key,
    side: intent.side,
    qty: decimalOf(intent.qty, instrument.qtyScale),
    price: intent.price === null ? null : decimalOf(intent.price, instrument.priceScale),
    origin: intent.origin,
    bookSequence: intent.bookSequence,
    approved: approved !== null,
    by,
    breaches,
    warnings,
    notional: figures?.notional ?? 0,
    varAfter: figures?.varAfter ?? 0,
    historicalVarAfter: figures?.historicalVarAfter ?? 0,
    stressAfter: figures?.stressAfter ?? 0,
  });
}

// A refusal is recorded for what no decimal can say, too: steps that are no whole number, as text.
const decimalOf = (steps: number, scale: number): string =>
  Number.isSafeInteger(steps) ? formatDecimal(steps, scale) : String(steps);
