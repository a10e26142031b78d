// Owns the checks of an order against the whole book: one asset, margin, value at risk, stress.
// Promise: a loss that cannot be computed, or margin nobody knows, is refused.
import {
  CHECK_CONCENTRATION,
  CHECK_HISTORICAL_VAR,
  CHECK_MARGIN,
  CHECK_STRESS,
  CHECK_VAR,
  COVARIANCE_N,
  CELL_EXPOSURE,
  COVARIANCE_WEIGHTS,
  LEVEL_PORTFOLIO,
  MARGIN_BALANCE,
  MARGIN_US,
  MARGIN_USED,
  ORDER_HISTORICAL_AFTER,
  ORDER_INSTRUMENT,
  ORDER_NOW_US,
  ORDER_RESULTS,
  ORDER_STRESS_AFTER,
  ORDER_VAR_AFTER,
  RISK_CONCENTRATION,
  RISK_COVARIANCE,
  RISK_FLAGS,
  RISK_HISTORICAL_VAR,
  RISK_HISTORY,
  RISK_MARGIN_AGE_US_MAX,
  RISK_SHOCKS,
  RISK_STRESS,
  RISK_USES_HISTORY,
  RISK_VAR,
  RISK_VARIANCE,
  RISK_VAR_Z,
  ROW_LONG,
  ROW_MARGIN_RATE,
  ROW_VARIANCE,
  ROW_POSITION,
} from './layout';
import { endsOf, netAfter, sidesOf, worseOf, worstOf } from './risk-book';
import { answer, answerFact, answerLimit, perEquity } from './risk-limit';
import { assetOf, bookOf, marginOf } from './risk-place';
import { scenarioLossAfter } from './scenarios';

/** The checks from CHECK_CONCENTRATION to CHECK_STRESS; `ends` of the row's book, in money. */
export function askPortfolio(
  system: u32,
  order: u32,
  row: u32,
  side: u32,
  qty: f64,
  unit: f64,
  ends: v128,
  equity: f64,
): v128 {
  const move = weightMove(row, ends);
  let answers = askConcentration(system, order, row, ends, perEquity(equity));
  answers = v128.and(answers, askMargin(system, order, row, side, qty, unit));
  answers = v128.and(answers, askVar(system, order, row, move, equity));
  return v128.and(answers, askScenarios(system, order, move, equity));
}

/** Net worst case of the row's base asset, with `ends` of its book, as a share of equity. */
function askConcentration(system: u32, order: u32, row: u32, ends: v128, per: f64): v128 {
  const net = netAfter(assetOf(system, row), row + ROW_POSITION, ends);
  const limit = system + RISK_CONCENTRATION;
  return answerLimit(order + ORDER_RESULTS, CHECK_CONCENTRATION, net * per, limit);
}

/**
 * Initial margin of the account at its margin place with the worst case of its own book after the
 * order, against its collateral there; NaN, which refuses, where the venue did not say, or said it
 * too long ago. `unit`: money per unit at the mark.
 */
function askMargin(system: u32, order: u32, row: u32, side: u32, qty: f64, unit: f64): v128 {
  const margin = marginOf(system, order, row);
  const book = bookOf(system, order, row, LEVEL_PORTFOLIO);
  const ends = f64x2.mul(endsOf(book, sidesOf(side, qty)), f64x2.splat(unit));
  const rate = load<f64>(row, ROW_MARGIN_RATE);
  const held = load<f64>(book, CELL_EXPOSURE) * rate;
  const used = load<f64>(margin, MARGIN_USED) - held + worstOf(ends) * rate;
  const age = abs(load<f64>(order, ORDER_NOW_US) - load<f64>(margin, MARGIN_US));
  const fresh = age <= load<f64>(system, RISK_MARGIN_AGE_US_MAX);
  const balance = fresh ? load<f64>(margin, MARGIN_BALANCE) : NaN;
  return answerFact(order + ORDER_RESULTS, CHECK_MARGIN, used, balance);
}

/**
 * By how much the order moves the weight of its instrument: what is worse of both `ends` of the
 * book with it, less what is worse of those it holds. An order on the other side of a larger open
 * one moves nothing, and one that turns the worst case round moves more than itself. The weight in
 * the covariance is the same but for what it lags the mark, and would be a cache line more.
 */
function weightMove(row: u32, ends: v128): f64 {
  return worseOf(ends) - worseOf(v128.load(row, ROW_LONG));
}

/**
 * Daily normal VaR after the order: z sqrt(w'Sw + 2 d (Sw)_i + d^2 S_ii), d the move of its weight
 * (RiskMetrics Technical Document 1996), against a fraction of equity.
 */
function askVar(system: u32, order: u32, row: u32, delta: f64, equity: f64): v128 {
  const covariance = load<u32>(system, RISK_COVARIANCE);
  const instrument = load<u32>(order, ORDER_INSTRUMENT);
  const n = load<u32>(covariance, COVARIANCE_N);
  let after: f64 = NaN;
  if (instrument < n) {
    const sigma = covariance + COVARIANCE_WEIGHTS + (n + instrument) * 8;
    const own = load<f64>(row, ROW_VARIANCE); // the matrix has it far from everything else
    const change = delta * (2 * load<f64>(sigma) + delta * own);
    const variance = load<f64>(system, RISK_VARIANCE) + change;
    if (own >= 0) after = load<f64>(system, RISK_VAR_Z) * sqrt(max(0, variance));
  }
  store<f64>(order, after, ORDER_VAR_AFTER);
  return askLoss(order, CHECK_VAR, after, system + RISK_VAR, equity);
}

/** Historical VaR and the worst stress loss after the order; 0 where the system asks for none. */
function askScenarios(system: u32, order: u32, delta: f64, equity: f64): v128 {
  let historical: f64 = 0;
  let stress: f64 = 0;
  if (usesHistory(system)) {
    const instrument = load<u32>(order, ORDER_INSTRUMENT);
    // The short one first: the processor fetches the long one's first lines while it waits.
    stress = max(0, scenarioLossAfter(load<u32>(system, RISK_SHOCKS), instrument, delta));
    historical = max(0, scenarioLossAfter(load<u32>(system, RISK_HISTORY), instrument, delta));
  }
  store<f64>(order, historical, ORDER_HISTORICAL_AFTER);
  store<f64>(order, stress, ORDER_STRESS_AFTER);
  return v128.and(
    askLoss(order, CHECK_HISTORICAL_VAR, historical, system + RISK_HISTORICAL_VAR, equity),
    askLoss(order, CHECK_STRESS, stress, system + RISK_STRESS, equity),
  );
}

export function usesHistory(system: u32): bool {
  return (load<u32>(system, RISK_FLAGS) & RISK_USES_HISTORY) != 0;
}

/**
 * A loss in money against `limit`, a pair of fractions of equity. No limit (Infinity) stays none
 * whatever the equity is.
 */
function askLoss(order: u32, check: u32, loss: f64, limit: u32, equity: f64): v128 {
  const fractions = v128.load(limit);
  const amounts = f64x2.mul(fractions, f64x2.splat(equity));
  const none = f64x2.eq(fractions, f64x2.splat(Infinity));
  return answer(order + ORDER_RESULTS, check, loss, v128.bitselect(fractions, amounts, none));
}
