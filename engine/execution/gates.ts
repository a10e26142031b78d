// Owns the two gates that every intent passes, compliance before risk, and the record of both.
// Promise: nothing is approved by one of them alone; a verdict is told whole.
import type { ApprovedOrder, Breach, RiskFigures } from '../core/decision.ts';
import type { OrderIntent } from '../core/order.ts';
import { type EpochUs, formatDecimal } from '../core/units.ts';
import type { FactOf } from '../facts/fact.ts';
import type { OrderPath } from './path.ts';

type Gate = 'compliance' | 'risk';

interface Refused {
  readonly kind: 'rejected';
  readonly by: Gate;
  readonly breaches: readonly Breach[];
  readonly warnings: readonly Breach[];
}

/** An approval spends what an order spends. */
export function askGates(
  path: OrderPath,
  intent: OrderIntent,
  nowUs: EpochUs,
): ApprovedOrder | Refused {
  const { clock, telemetry } = path;
  const startNs = clock.nowNs();
  const first = path.compliance.check(intent, nowUs);
  const betweenNs = clock.nowNs();
  const { compliance, riskCheck } = telemetry.stages;
  if (first.kind === 'rejected') {
    compliance.record(betweenNs - startNs);
    return { ...first, by: 'compliance', warnings: [] };
  }
  const second = path.preTrade.check(first.order, nowUs);
  const endNs = clock.nowNs();
  compliance.record(betweenNs - startNs); // behind both: what is measured is the gates alone
  riskCheck.record(endNs - betweenNs);
  // Nothing can interrupt a check, and its verdict is as good late as early: somebody is told.
  if (endNs - betweenNs > path.riskCheckNsMax) telemetry.add('slowRiskChecks', 1);
  return second.kind === 'approved' ? second : { ...second, by: 'risk' };
}

/** `figures`: of an approval; null: refused. */
export function verdictOf(
  intent: OrderIntent,
  orderId: string,
  amends: boolean,
  by: Gate,
  breaches: readonly Breach[],
  warnings: readonly Breach[],
  figures: RiskFigures | null,
): FactOf<'verdict'> {
  const { instrument } = intent;
  return {
    kind: 'verdict',
    orderId,
    amends,
    account: intent.account,
    strategy: intent.strategy,
    parentId: intent.parentId,
    instrument: instrument.key,
    side: intent.side,
    type: intent.type,
    qty: decimalOf(intent.qty, instrument.qtyScale),
    price: intent.price === null ? null : decimalOf(intent.price, instrument.priceScale),
    timeInForce: intent.timeInForce,
    postOnly: intent.postOnly,
    reduceOnly: intent.reduceOnly,
    origin: intent.origin,
    client: intent.client,
    metadata: intent.metadata,
    bookSequence: intent.bookSequence,
    approved: figures !== null,
    by,
    breaches,
    warnings,
    notional: figures?.notional ?? 0,
    varAfter: figures?.varAfter ?? 0,
    historicalVarAfter: figures?.historicalVarAfter ?? 0,
    stressAfter: figures?.stressAfter ?? 0,
  };
}

// A refusal is recorded for what no decimal can say, too: steps that are no whole number, as text.
const decimalOf = (steps: number, scale: number): string =>
  Number.isSafeInteger(steps) ? formatDecimal(steps, scale) : String(steps);
