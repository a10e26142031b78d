// Owns the checks of an order against the whole book: one asset, margin, value at risk, stress.
// Promise: a loss that cannot be computed, or margin nobody knows, is refused.
import {
  ASSET_BYTES,
  CELL_EXPOSURE,
  CHECK_CONCENTRATION,
  CHECK_HISTORICAL_VAR,
  CHECK_MARGIN,
  CHECK_STRESS,
  CHECK_VAR,
  COVARIANCE_N,
  COVARIANCE_WEIGHTS,
  NODE_MARGIN_BALANCE,
  NODE_MARGIN_US,
  NODE_MARGIN_USED,
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
  RISK_VAR_Z,
  RISK_VARIANCE,
  ROW_MARGIN_RATE,
  ROW_POSITION,
} from './layout';
import { longEnd, netAfter, netSlack, shortEnd } from './risk-book';
import { answer, answerFact, answerLimit, SLACK, shareOf, WARNED } from './risk-limit';
import { scenarioLossAfter } from './scenarios';

/** Net worst case of the base asset (its sums are at `asset`) as a share of equity. */
export function checkConcentration(
  system: u32,
  order: u32,
  row: u32,
  asset: u32,
  sign: f64,
  qty: f64,
  unit: f64,
  per: f64,
  shrinks: bool,
): u64 {
  const book = row + ROW_POSITION;
  const long = longEnd(book, sign, qty) * unit;
  const short = shortEnd(book, sign, qty) * unit;
  const net = netAfter(asset, book, long, short);
  const slack = (netSlack(asset, book, long, short) + SLACK * net) * per;
  const limit = system + RISK_CONCENTRATION;
  const share = shareOf(net, per);
  return answerLimit(order + ORDER_RESULTS, CHECK_CONCENTRATION, share, limit, slack, shrinks);
}

/**
 * Initial margin of the venue with the worst case after the order, against its collateral. Margin
 * that is not known, or too old, refuses, and 0 is told; what shrinks the position always passes.
 */
export function checkMargin(
  system: u32,
  order: u32,
  row: u32,
  venue: u32,
  sign: f64,
  qty: f64,
  unit: f64,
  shrinks: bool,
): u64 {
  const book = row + ROW_POSITION;
  const worst = max(abs(longEnd(book, sign, qty)), abs(shortEnd(book, sign, qty))) * unit;
  const rate = load<f64>(row, ROW_MARGIN_RATE);
  const held = load<f64>(book, CELL_EXPOSURE) * rate;
  const used = load<f64>(venue, NODE_MARGIN_USED);
  const slack = SLACK * (abs(used) + abs(held) + worst * rate);
  const age = abs(load<f64>(order, ORDER_NOW_US) - load<f64>(venue, NODE_MARGIN_US));
  const balance = load<f64>(venue, NODE_MARGIN_BALANCE);
  const fresh = age <= load<f64>(system, RISK_MARGIN_AGE_US_MAX) && balance == balance;
  const asked = used - held + worst * rate;
  const results = order + ORDER_RESULTS;
  const verdict = answerFact(results, CHECK_MARGIN, asked, fresh ? balance : 0, slack);
  if (shrinks) return 0;
  return fresh ? verdict : 1 << CHECK_MARGIN;
}

/**
 * Daily normal VaR after the order: z sqrt(w'Sw + 2 d (Sw)_i + d^2 S_ii), d the signed notional
 * (RiskMetrics Technical Document 1996), against a fraction of equity.
 */
export function checkVar(system: u32, order: u32, delta: f64, equity: f64, shrinks: bool): u64 {
  const covariance = load<u32>(system, RISK_COVARIANCE);
  const instrument = load<u32>(order, ORDER_INSTRUMENT);
  const n = load<u32>(covariance, COVARIANCE_N);
  let after: f64 = NaN;
  if (instrument < n) {
    const sigma = covariance + COVARIANCE_WEIGHTS + (n + instrument) * 8;
    const diagonal = covariance + COVARIANCE_WEIGHTS + (3 * n + instrument * (n + 1)) * 8;
    const own = load<f64>(diagonal);
    const change = delta * (2 * load<f64>(sigma) + delta * own);
    const variance = load<f64>(system, RISK_VARIANCE) + change;
    if (own >= 0) after = load<f64>(system, RISK_VAR_Z) * sqrt(max(0, variance));
  }
  store<f64>(order, after, ORDER_VAR_AFTER);
  return answerLoss(order, CHECK_VAR, after, system + RISK_VAR, equity, shrinks);
}

/** Historical VaR and the worst stress loss after the order, where the system asks for them. */
export function checkScenarios(
  system: u32,
  order: u32,
  delta: f64,
  equity: f64,
  shrinks: bool,
): u64 {
  const instrument = load<u32>(order, ORDER_INSTRUMENT);
  const asked = (load<u32>(system, RISK_FLAGS) & RISK_USES_HISTORY) != 0;
  let historical: f64 = 0;
  let stress: f64 = 0;
  if (asked) {
    historical = max(0, scenarioLossAfter(load<u32>(system, RISK_HISTORY), instrument, delta));
    stress = max(0, scenarioLossAfter(load<u32>(system, RISK_SHOCKS), instrument, delta));
  }
  store<f64>(order, historical, ORDER_HISTORICAL_AFTER);
  store<f64>(order, stress, ORDER_STRESS_AFTER);
  const historicalLimit = system + RISK_HISTORICAL_VAR;
  const verdict =
    answerLoss(order, CHECK_HISTORICAL_VAR, historical, historicalLimit, equity, shrinks) |
    answerLoss(order, CHECK_STRESS, stress, system + RISK_STRESS, equity, shrinks);
  return asked ? verdict : 0;
}

/** A loss in money against `limit`, a pair of fractions of equity. */
function answerLoss(order: u32, check: u32, loss: f64, limit: u32, equity: f64, exempt: bool): u64 {
  const hard = fractionOf(load<f64>(limit), equity);
  const soft = fractionOf(load<f64>(limit, 8), equity);
  return answer(order + ORDER_RESULTS, check, loss, hard, soft, SLACK * loss, exempt);
}

/** No limit (Infinity) stays none whatever the equity; NaN where either is not known. */
function fractionOf(limit: f64, equity: f64): f64 {
  return limit < Infinity ? limit * equity : limit + 0 * equity;
}
