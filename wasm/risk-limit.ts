// Owns how a check answers: what is asked against a limit, hard and soft, with slack for rounding.
// Promise: NaN and what is not finite never keep a limit; an infinite limit refuses nothing else.

// Rounding of a handful of products and sums, as a share of the numbers that went in: an order at a
// limit in decimals passes although 0.1 + 0.2 > 0.3 in doubles. No lot is that small.
export const SLACK: f64 = 1e-15;

// Verdicts: the low word has a bit for each check that says no, the high word for each that warns.
export const REFUSED: u64 = 1;
export const WARNED: u64 = 4294967296;

/**
 * Writes {asked, hard, soft} at `result` and answers REFUSED, WARNED or 0, shifted by `check`.
 * Refused: `asked` is negative, not finite, or beyond hard + slack. An exempt order passes over the
 * limit, but never where asked or hard is NaN. Warned: not refused and beyond soft + slack.
 */
export function answer(
  results: u32,
  check: u32,
  asked: f64,
  hard: f64,
  soft: f64,
  slack: f64,
  exempt: bool,
): u64 {
  const result = results + check * 24;
  store<f64>(result, asked);
  store<f64>(result, hard, 8);
  store<f64>(result, soft, 16);
  const reach = asked + slack; // not finite where asked or slack is not
  const keeps = reach >= 0 && reach < Infinity && asked <= hard + slack;
  if (!keeps && !(exempt && asked == asked && hard == hard)) return REFUSED << check;
  return asked > soft + slack ? WARNED << check : 0;
}

/** The same for a limit that lies as a pair { hard, soft } at `limit`. */
export function answerLimit(
  results: u32,
  check: u32,
  asked: f64,
  limit: u32,
  slack: f64,
  exempt: bool,
): u64 {
  return answer(results, check, asked, load<f64>(limit), load<f64>(limit, 8), slack, exempt);
}

/** The same for a fact that has one level only: it refuses or says nothing. */
export function answerFact(results: u32, check: u32, asked: f64, allowed: f64, slack: f64): u64 {
  return answer(results, check, asked, allowed, allowed, slack, false);
}

/** 1 / equity; 0 when there is none, NaN when it is not a finite number. */
export function perEquity(equity: f64): f64 {
  if (!(abs(equity) < Infinity)) return NaN;
  return equity > 0 ? 1 / equity : 0;
}

/** Amount as a share of equity; Infinity when there is none, NaN when either is not known. */
export function shareOf(amount: f64, per: f64): f64 {
  if (per == 0) return amount == amount ? Infinity : NaN;
  return amount * per;
}
