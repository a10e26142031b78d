// Owns whether the simulated venue takes an order: its filters, then the money behind it.
// Promise: refuses what a real venue refuses, in its words (words.ts); changes nothing.
import { isOnGrid, notionalOf, priceOf, qtyOf } from '../../core/instrument.ts';
import { asQty } from '../../core/units.ts';
import { spentAsset, spentBy } from './accounts.ts';
import { initialMargin, marginBalance, settleNotional } from './margin.ts';
import type { PaperOrder } from './order.ts';
import type { VenueState } from './state.ts';
import type { Refusal } from './words.ts';

/** Why the order is refused; null: it is taken. `order` is not on the shelf. */
export function refusalOf(state: VenueState, order: PaperOrder): Refusal | null {
  const filtered = filterOf(state, order);
  if (filtered !== null) return filtered;
  return order.instrument.kind === 'spot' ? spotFunds(state, order) : contractFunds(state, order);
}

function filterOf(state: VenueState, order: PaperOrder): Refusal | null {
  const { instrument, qty, price, type } = order;
  const { minQty, maxQty, maxMarketQty, marketLot } = instrument.rules;
  if (state.instruments.get(instrument.key) === undefined) return 'symbol';
  if (!(qty > 0)) return 'quantity';
  if (!isOnGrid(qty, type === 'market' ? marketLot : instrument.lot)) return 'lot';
  if (qty < minQty) return 'min_quantity';
  const most = type === 'market' ? maxMarketQty : maxQty;
  if (most !== null && qty > most) return 'max_quantity';
  if (!(price > 0)) return 'price';
  if (!isOnGrid(price, instrument.tick)) return 'tick';
  const mark = state.marks.mark(instrument);
  if (!state.books.isReady(instrument) || Number.isNaN(mark)) return 'no_book';
  return priceFilters(order, mark);
}

function priceFilters(order: PaperOrder, mark: number): Refusal | null {
  const { instrument, qty, price, reduceOnly } = order;
  const { minNotional, priceBand } = instrument.rules;
  const limit = priceOf(instrument, price);
  const isOutside =
    priceBand !== null && (limit > mark * priceBand.high || limit < mark * priceBand.low);
  if (isOutside) return 'band';
  // Spot has no reduce-only; futures let it through below the least notional.
  const isExempt = reduceOnly && instrument.kind !== 'spot';
  const notional = notionalOf(instrument, limit, qtyOf(instrument, asQty(qty)));
  return notional < minNotional && !isExempt ? 'min_notional' : null;
}

function spotFunds(state: VenueState, order: PaperOrder): Refusal | null {
  const { account, instrument, side, price, remaining } = order;
  const { amount, reserved } = state.accounts.balance(
    account,
    instrument.venue,
    spentAsset(instrument, side),
  );
  return amount - reserved < spentBy(instrument, side, price, remaining) ? 'balance' : null;
}

function contractFunds(state: VenueState, order: PaperOrder): Refusal | null {
  const { account, instrument, side, remaining, reduceOnly } = order;
  const position = state.accounts.position(account, instrument);
  if (reduceOnly) return canOnlyReduce(state, order, position.qty) ? null : 'reduce_only';
  const group = state.accounts.group(account, instrument);
  const adding = {
    instrument,
    buys: side === 'buy' ? remaining : 0,
    sells: side === 'sell' ? remaining : 0,
  };
  const before = initialMargin(group, state.marks, state.leverage, null);
  const after = initialMargin(group, state.marks, state.leverage, adding);
  if (after <= before) return null; // it opens nothing: closing needs no margin
  const notional = settleNotional(instrument, state.marks.mark(instrument), remaining);
  const fee = notional * Math.max(0, instrument.takerFee);
  return marginBalance(group, state.marks) < after + fee ? 'margin' : null;
}

// Together with what rests to reduce already it must not be more than the position.
function canOnlyReduce(state: VenueState, order: PaperOrder, held: number): boolean {
  const { id, account, instrument, side, remaining } = order;
  const isClosing = side === 'buy' ? held < 0 : held > 0;
  if (!isClosing) return false;
  let resting = 0;
  for (const one of state.orders.openOn(instrument)) {
    const counts = one.reduceOnly && one.account === account && one.side === side && one.id !== id;
    if (counts) resting += one.remaining;
  }
  return resting + remaining <= Math.abs(held);
}
