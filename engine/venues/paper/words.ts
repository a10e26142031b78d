// Owns the words in which the simulated venue refuses: Binance's own messages and codes.
// Promise: one line a reason; what spot and futures say differently is told apart here only.
import type { Instrument } from '../../core/instrument.ts';

export type Refusal =
  | 'symbol'
  | 'quantity'
  | 'lot'
  | 'min_quantity'
  | 'max_quantity'
  | 'tick'
  | 'price'
  | 'band'
  | 'min_notional'
  | 'no_book'
  | 'reduce_only'
  | 'post_only'
  | 'balance'
  | 'margin'
  | 'too_many'
  | 'duplicate'
  | 'overloaded';

// Binance API docs, "Error codes" and "Filters", of spot and of USD-M futures.
const SPOT: Readonly<Record<Refusal, string>> = {
  symbol: 'Invalid symbol. (-1121)',
  quantity: 'Invalid quantity. (-1013)',
  lot: 'Filter failure: LOT_SIZE (-1013)',
  min_quantity: 'Filter failure: LOT_SIZE (-1013)',
  max_quantity: 'Filter failure: MARKET_LOT_SIZE or LOT_SIZE (-1013)',
  tick: 'Filter failure: PRICE_FILTER (-1013)',
  price: 'Invalid price. (-1013)',
  band: 'Filter failure: PERCENT_PRICE_BY_SIDE (-1013)',
  min_notional: 'Filter failure: NOTIONAL (-1013)',
  no_book: 'Market is closed. (-1013)',
  reduce_only: 'ReduceOnly Order is rejected. (-2022)',
  post_only: 'Order would immediately match and take. (-2010)',
  balance: 'Account has insufficient balance for requested action. (-2010)',
  margin: 'Margin is insufficient. (-2019)',
  too_many: 'Filter failure: MAX_NUM_ORDERS (-1013)',
  duplicate: 'Duplicate order sent. (-2010)',
  overloaded: 'Server is currently overloaded with other requests. (-1008)',
};
const FUTURES: Readonly<Record<Refusal, string>> = {
  ...SPOT,
  quantity: 'Quantity less than or equal to zero. (-4003)',
  lot: 'Qty not increased by step size. (-4023)',
  min_quantity: 'Quantity less than min quantity. (-4004)',
  max_quantity: 'Quantity greater than max quantity. (-4005)',
  tick: 'Price not increased by tick size. (-4014)',
  price: 'Price less than or equal to zero. (-4001)',
  band: 'Limit price is outside of the PERCENT_PRICE band. (-4016)',
  min_notional: "Order's notional is too small, unless it is reduce only. (-4164)",
  post_only: 'Post Only order will be rejected: it could not be executed as maker. (-5022)',
  balance: 'Balance is insufficient. (-2018)',
  too_many: 'Reach max open order limit. (-2025)',
  duplicate: 'ClientOrderId is duplicated. (-4116)',
};

export const refusalText = ({ kind }: Instrument, refusal: Refusal): string =>
  kind === 'spot' ? SPOT[refusal] : FUTURES[refusal];

export const UNKNOWN_ORDER = 'Unknown order sent. (-2011)';
export const NO_SUCH_ORDER = 'Order does not exist. (-2013)';
