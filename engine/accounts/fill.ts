// Owns what a fill does to money: both assets, the fee in whatever it is charged in, the position.
// Promise: pure; the fact sums to zero, and shares of strategies sum to the account exactly.
import { assert } from '../core/assert.ts';
import type { OrderReport } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import { type Order, sideSign } from '../core/order.ts';
import { formatDecimal } from '../core/units.ts';
import type { FactOf } from '../facts/fact.ts';
import type { Posting } from '../facts/money.ts';
import type { AccountsReader } from './accounts-slice.ts';
import {
  AMOUNT_SCALE,
  type Amount,
  divide,
  formatAmount,
  fractionOf,
  parseAmount,
} from './amount.ts';
import { move } from './ledger.ts';
import {
  type Execution,
  executionValue,
  fill,
  type Position,
  toHoldingRecord,
} from './position.ts';

export type FillReport = Extract<OrderReport, { kind: 'fill' }>;

/** What is asked of the rates: base currency per unit of an asset, NaN where nobody can tell. */
export interface RateReader {
  rateOf(asset: string): number;
}

interface Fee {
  readonly asset: string;
  readonly amount: Amount; // + paid
}

/**
 * The fact of one fill; books nothing. For spot, what an account holds is its balance: the position
 * is the part of it that was traded on this instrument, and a fee taken from the coins that come in
 * leaves that much less in position and holding (as a sale at the fill's own price whose proceeds
 * are the fee). A fee in a third asset leaves the balance of the account; its worth is charged to
 * the position and the strategy, at the rates of the moment, or as the instrument's schedule has it
 * where nobody prices that asset. A deposit is no holding: coins that no strategy bought belong to
 * `manual` (valuation.ts).
 *
 * Asserts that price, quantity and fee are exact numbers: adapters refuse what is not (feeProblem).
 */
export function decideFill(
  accounts: AccountsReader,
  order: Pick<Order, 'id' | 'instrument' | 'account' | 'strategy' | 'side'>,
  report: FillReport,
  rates: RateReader,
): FactOf<'fill'> {
  const { instrument, account, strategy, side } = order;
  const { price } = report;
  assert(Number.isSafeInteger(price) && price > 0, `fill ${report.fillId}: price ${price}`);
  assert(Number.isSafeInteger(report.qty) && report.qty > 0, `fill ${report.fillId}: no quantity`);
  const qty = BigInt(report.qty) * 10n ** BigInt(AMOUNT_SCALE - instrument.qtyScale);
  const execution: Execution = { side, price, qty };
  const value = executionValue(instrument, execution);
  const fee = feeOf(instrument, report, side, qty, value);
  const charge = chargeOf(instrument, report, fee, value, rates);
  const before = accounts.position(account, instrument.key);
  const position = settle(instrument, before, execution, fee, charge);
  const own = accounts.holding(account, strategy, instrument.key);
  const holding = settle(instrument, own, execution, fee, charge);
  const realised = position.realised - before.realised;
  return {
    kind: 'fill',
    fill: {
      id: report.fillId,
      number: accounts.nextFillNumber(),
      orderId: order.id,
      account,
      strategy,
      instrument: instrument.key,
      side,
      price: formatDecimal(price, instrument.priceScale),
      qty: formatDecimal(report.qty, instrument.qtyScale),
      fee: formatAmount(fee.amount),
      feeAsset: fee.asset,
      realised: formatAmount(realised),
      liquidity: report.liquidity,
    },
    postings: postingsOf(account, instrument, execution, value, realised, fee),
    position: toHoldingRecord({ account, strategy: null }, instrument, position),
    holding: toHoldingRecord({ account, strategy }, instrument, holding),
  };
}

/** What is wrong with the fee of a report, in words, or null; for adapters, at the boundary. */
export function feeProblem(fee: FillReport['fee']): string | null {
  if (fee === null) return null;
  if (fee.asset === '' || fee.asset.includes('\0')) return 'the fee names no asset';
  return parseAmount(fee.amount) === null
    ? `the fee '${fee.amount}' ${fee.asset} is no plain decimal of at most 18 places`
    : null;
}

/** As the venue says, else by the schedule: of what comes in, the quote, or the settlement. */
function feeOf(
  instrument: Instrument,
  report: FillReport,
  side: Order['side'],
  qty: Amount,
  value: Amount,
): Fee {
  if (report.fee !== null) {
    const amount = parseAmount(report.fee.amount);
    assert(amount !== null, `fill ${report.fillId}: ${feeProblem(report.fee)}`);
    return { asset: report.fee.asset, amount };
  }
  const isTaken = instrument.kind === 'spot' && instrument.rules.feeIn === 'received';
  return isTaken && side === 'buy'
    ? { asset: instrument.base, amount: scheduled(instrument, report, qty) }
    : { asset: instrument.settle, amount: scheduled(instrument, report, value) };
}

const scheduled = (instrument: Instrument, report: FillReport, of: Amount): Amount => {
  const { makerFee, takerFee } = instrument;
  const rate = fractionOf(report.liquidity === 'maker' ? makerFee : takerFee);
  return divide(of * rate.numerator, 10n ** BigInt(rate.scale), 'up');
};

/** Worth of a fee in the settle asset; null where it is taken from the position's own coins. */
function chargeOf(
  instrument: Instrument,
  report: FillReport,
  fee: Fee,
  value: Amount,
  rates: RateReader,
): Amount | null {
  if (fee.amount === 0n || fee.asset === instrument.settle) return fee.amount;
  if (instrument.kind === 'spot' && fee.asset === instrument.base) return null;
  const rate = rates.rateOf(fee.asset) / rates.rateOf(instrument.settle);
  if (!(rate > 0 && rate < Number.MAX_VALUE)) return scheduled(instrument, report, value);
  const { numerator, scale } = fractionOf(rate);
  return divide(fee.amount * numerator, 10n ** BigInt(scale), 'up');
}

/** One and the same for an account's position and for a strategy's holding. */
function settle(
  instrument: Instrument,
  before: Position,
  execution: Execution,
  fee: Fee,
  charge: Amount | null,
): Position {
  const { position } = fill(instrument, before, execution);
  if (charge !== null) return { ...position, fees: position.fees + charge };
  const isPaid = fee.amount > 0n;
  const coins = fill(instrument, position, {
    side: isPaid ? 'sell' : 'buy',
    price: execution.price,
    qty: isPaid ? fee.amount : -fee.amount,
  });
  const worth = isPaid ? coins.value : -coins.value;
  return { ...coins.position, fees: coins.position.fees + worth };
}

/** Spot moves both assets; contracts move the account's realised profit; both pay the fee. */
function postingsOf(
  account: string,
  instrument: Instrument,
  { side, qty }: Execution,
  value: Amount,
  realised: Amount,
  fee: Fee,
): Posting[] {
  const { venue, base, quote, settle: asset } = instrument;
  const paid = move({ account, venue, asset: fee.asset }, 'balance', 'fees', fee.amount);
  if (instrument.kind !== 'spot') {
    return [...move({ account, venue, asset }, 'trading', 'balance', realised), ...paid];
  }
  const sign = BigInt(sideSign(side));
  return [
    ...move({ account, venue, asset: base }, 'trading', 'balance', sign * qty),
    ...move({ account, venue, asset: quote }, 'trading', 'balance', -sign * value),
    ...paid,
  ];
}
