// Owns the three losses an order may add to: normal VaR, historical VaR and the worst stress.
// Promise: exact; the root is never taken, its square is compared; quantiles come from sorting.
import type { Limit, Scenarios } from './desk.ts';
import {
  abs,
  add,
  compare,
  type Exact,
  exact,
  isFiniteExact,
  isNaNExact,
  larger,
  mul,
  neg,
  product,
  size,
  sum,
  ZERO,
} from './exact.ts';
import type { Facts } from './facts.ts';
import { type Finding, judge, judgeFlag, judgeRoot } from './finding.ts';

const change = ({ sign, notional }: Facts): Exact => mul(sign, notional);

// No limit is none whatever the equity, as long as that is a number.
const fraction = (limit: number, equity: number): Exact =>
  limit === Infinity && Number.isFinite(equity) ? limit : mul(exact(limit), exact(equity));

/** The loss against fractions of equity; without equity other checks refuse, perhaps this too. */
function judgeLoss(
  { desk, shrinksRow }: Facts,
  limit: Limit,
  loss: { readonly asked: Exact; readonly scale: Exact },
  judgeBy: typeof judge,
): Finding {
  const hard = fraction(limit.hard, desk.equity);
  const soft = fraction(limit.soft, desk.equity);
  const found = judgeBy({ ...loss, hard, soft, exempt: shrinksRow });
  return !Number.isFinite(desk.equity) ? { ...found, hard: 'either', soft: 'either' } : found;
}

/** z sqrt(max(0, w'Sw + 2 d (Sw)_i + d^2 S_ii)) with d of this instrument more. */
export function normalVar(facts: Facts): Finding {
  const { desk, order } = facts;
  const { covariance } = desk;
  const isKnown = order.instrument < covariance.n;
  const delta = change(facts);
  const sigmaW = exact(isKnown ? covariance.sigmaW[order.instrument]! : Number.NaN);
  const own = isKnown ? covariance.matrix[order.instrument]![order.instrument]! : Number.NaN;
  const cross = product(exact(2), delta, sigmaW);
  const square = product(delta, delta, exact(own));
  const variance = exact(desk.variance);
  const z = exact(desk.varZ);
  const zSquared = mul(z, abs(z)); // keeps the sign: no loss is below zero
  const after = square === Infinity ? square : sum(variance, cross, square);
  const asked = mul(zSquared, larger(ZERO, after));
  const scale = mul(size(zSquared), size(variance, cross, square));
  return judgeLoss(facts, desk.normalVar, { asked, scale }, judgeRoot);
}

export const historicalVar = (facts: Facts): Finding =>
  quantile(facts, facts.desk.history, facts.desk.history.rank, facts.desk.historicalVar);

export const stress = (facts: Facts): Finding =>
  quantile(facts, facts.desk.shocks, 0, facts.desk.stress);

function quantile(facts: Facts, scenarios: Scenarios, rank: number, limit: Limit): Finding {
  // Asks 0 and passes; whether a limit that is no number or below 0 stands even so is left open.
  if (!facts.desk.usesHistory) {
    const found = judgeFlag(limit.hard * facts.desk.equity >= 0 ? 'no' : 'either');
    return { ...found, soft: limit.soft * facts.desk.equity >= 0 ? 'no' : 'either', asked: 0 };
  }
  return judgeLoss(facts, limit, lossAt(facts, scenarios, rank), judge);
}

/** The loss with `rank` worse ones; a gain is a loss of 0. NaN where it cannot be known. */
function lossAt(
  facts: Facts,
  { pnl, n, columns }: Scenarios,
  rank: number,
): { readonly asked: Exact; readonly scale: Exact } {
  const { instrument } = facts.order;
  const column = columns[instrument];
  if (column === undefined || instrument >= n || rank >= pnl.length) {
    return { asked: Number.NaN, scale: ZERO };
  }
  const delta = change(facts);
  const moves = pnl.map((_, t) => mul(delta, exact(column[t]!)));
  const after = pnl.map((held, t) => add(exact(held), moves[t]!));
  if (after.some(isNaNExact)) return { asked: Number.NaN, scale: ZERO };
  const sizes = pnl.map((held, t) => size(exact(held), moves[t]!)).filter(isFiniteExact);
  const scale = sizes.reduce(larger, ZERO);
  return { asked: larger(ZERO, neg(sorted(after)[rank]!)), scale };
}

const sorted = (values: readonly Exact[]): readonly Exact[] => [...values].sort(compare);
