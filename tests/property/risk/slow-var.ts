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
  isGreater,
  isNaNExact,
  larger,
  mul,
  neg,
  product,
  size,
  sub,
  sum,
  type Truth,
  ZERO,
} from './exact.ts';
import { bookScale, endsAfter, type Facts } from './facts.ts';
import { type Finding, judge, judgeFlag, judgeRoot } from './finding.ts';

/** By how much the order moves the weight of its instrument, and what went into that. */
interface Move {
  readonly delta: Exact;
  readonly scale: Exact;
}

/** What is worse of both ends of its book with it, less what is worse of those it holds. */
function movesOf(facts: Facts): readonly Move[] {
  const { row, unitMark } = facts;
  const weight = exact(Math.abs(row.long) >= Math.abs(row.short) ? row.long : row.short);
  const ends = endsAfter(facts, row);
  const [long, short] = [mul(ends.long, unitMark), mul(ends.short, unitMark)];
  const scale = add(bookScale(facts, row), size(weight));
  const at = (end: Exact): Move => ({ delta: sub(end, weight), scale });
  const isUnknown = [long, short, exact(row.long), exact(row.short)].some(isNaNExact);
  if (isUnknown) return [at(Number.NaN)];
  if (isGreater(abs(long), abs(short), scale) === 'yes') return [at(long)];
  if (isGreater(abs(short), abs(long), scale) === 'yes') return [at(short)];
  return [at(long), at(short)]; // as large as each other, to what doubles can tell
}

/** The same finding of each move; where they differ, either is right. */
function forMoves(facts: Facts, judgeMove: (move: Move) => Finding): Finding {
  const [first, second] = movesOf(facts).map(judgeMove);
  if (first === undefined) throw new Error('an order moves its weight');
  if (second === undefined) return first;
  const among = (a: Truth, b: Truth): Truth => (a === b ? a : 'either');
  const hard = among(first.hard, second.hard);
  const soft = among(first.soft, second.soft);
  return { ...first, hard, soft, asked: Number.NaN, isClose: false };
}

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
export const normalVar = (facts: Facts): Finding => forMoves(facts, (move) => varOf(facts, move));

function varOf(facts: Facts, move: Move): Finding {
  const { desk, order } = facts;
  const { covariance } = desk;
  const isKnown = order.instrument < covariance.n;
  const { delta } = move;
  const sigmaW = exact(isKnown ? covariance.sigmaW[order.instrument]! : Number.NaN);
  const own = isKnown ? covariance.matrix[order.instrument]![order.instrument]! : Number.NaN;
  const cross = product(exact(2), delta, sigmaW);
  const square = product(delta, delta, exact(own));
  const variance = exact(desk.variance);
  const z = exact(desk.varZ);
  const zSquared = mul(z, abs(z)); // keeps the sign: no loss is below zero
  const after = square === Infinity ? square : sum(variance, cross, square);
  const asked = mul(zSquared, larger(ZERO, after));
  const wide = product(exact(2), move.scale, size(sigmaW));
  const sizes = add(size(variance), add(wide, product(move.scale, move.scale, size(exact(own)))));
  const scale = mul(size(zSquared), sizes);
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
  return forMoves(facts, (move) =>
    judgeLoss(facts, limit, lossAt(facts, move, scenarios, rank), judge),
  );
}

/** The loss with `rank` worse ones; a gain is a loss of 0. NaN where it cannot be known. */
function lossAt(
  facts: Facts,
  { delta, scale: moved }: Move,
  { pnl, n, columns }: Scenarios,
  rank: number,
): { readonly asked: Exact; readonly scale: Exact } {
  const { instrument } = facts.order;
  const column = columns[instrument];
  if (column === undefined || instrument >= n || rank >= pnl.length) {
    return { asked: Number.NaN, scale: ZERO };
  }
  const moves = pnl.map((_, t) => mul(delta, exact(column[t]!)));
  const after = pnl.map((held, t) => add(exact(held), moves[t]!));
  if (after.some(isNaNExact)) return { asked: Number.NaN, scale: ZERO };
  const sizes = pnl
    .map((held, t) => size(exact(held), mul(moved, exact(column[t]!))))
    .filter(isFiniteExact);
  const scale = sizes.reduce(larger, ZERO);
  return { asked: larger(ZERO, neg(sorted(after)[rank]!)), scale };
}

const sorted = (values: readonly Exact[]): readonly Exact[] => [...values].sort(compare);
