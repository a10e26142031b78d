// Owns how a check answers: what is asked beside its limit, and who of them refuses or warns.
// Promise: NaN and what is not finite never keep a limit; an infinite limit refuses nothing else.
import { ORDER_RESULT_BYTES } from './layout';

// What is left of a number asked once the rounding of a handful of products and sums is taken off:
// an order at a limit in decimals passes although 0.1 + 0.2 > 0.3 in doubles. No lot is as small
// as the 2^-48 of it (3.6e-15) that is forgiven.
export const KEPT: f64 = 1 - 1 / 281474976710656;

// Verdicts: the low word has a bit for each check that says no, the high word for each that warns.
export const REFUSED: u64 = 1;
export const WARNED: u64 = 4294967296;

/**
 * Writes {asked, hard, soft} as result `check`. Both lanes are ones where what is asked is 0 or
 * more, finite and within its limit: { hard, soft }. Else `judge` has to look.
 */
export function answer(results: u32, check: u32, asked: f64, limit: v128): v128 {
  const result = results + check * ORDER_RESULT_BYTES;
  store<f64>(result, asked);
  v128.store(result, limit, 8);
  const value = f64x2.splat(asked * KEPT);
  const bound = f64x2.pmin(limit, f64x2.splat(f64.MAX_VALUE));
  return v128.and(f64x2.le(value, bound), f64x2.ge(value, f64x2.splat(0)));
}

/** The same with the limit as a pair in memory. */
export function answerLimit(results: u32, check: u32, asked: f64, limit: u32): v128 {
  return answer(results, check, asked, v128.load(limit));
}

/** The same for a fact that has one level only: it refuses or says nothing. */
export function answerFact(results: u32, check: u32, asked: f64, allowed: f64): v128 {
  return answer(results, check, asked, f64x2.splat(allowed));
}

/** Whether all answers, joined by v128.and, are plainly within. */
export function isWithin(answers: v128): bool {
  return i64x2.all_true(answers);
}

/**
 * Reads the `judged` results (bits) again and says which of them refuse or warn. Refuses: negative,
 * not finite, or beyond hard; an `exempt` check passes over its limit, but never where asked or
 * hard is NaN. Warns: not refused and beyond soft.
 */
export function judge(results: u32, judged: u32, exempt: u32): u64 {
  let verdict: u64 = 0;
  for (let left = judged; left != 0; left &= left - 1) {
    const check = ctz(left);
    const result = results + check * ORDER_RESULT_BYTES;
    const value = load<f64>(result) * KEPT;
    const hard = load<f64>(result, 8);
    const keeps = value >= 0 && value < Infinity && value <= hard;
    const passes = ((exempt >> check) & 1) != 0 && value == value && hard == hard;
    if (!keeps && !passes) verdict |= REFUSED << check;
    else if (value > load<f64>(result, 16)) verdict |= WARNED << check;
  }
  return verdict;
}

/**
 * 1 / equity, to make money a share of it; Infinity when there is none, so that any amount is too
 * much; NaN when equity is not a finite number.
 */
export function perEquity(equity: f64): f64 {
  return abs(equity) < Infinity ? 1 / max(0, equity) : NaN;
}
