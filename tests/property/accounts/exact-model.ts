// Owns an independent model of accounts: fractions that add up signed cash flows, no averages.
// Promise: shares no code with the rooms it checks; nothing in it is ever rounded.
import type { Instrument } from '../../../engine/core/instrument.ts';

/** n / d with d > 0; reduced where denominators differ. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Rational = { n: 0n, d: 1n };

/** A plain decimal, exactly. */
export function rational(text: string): Rational {
  const [whole = '0', digits = ''] = text.split('.');
  return { n: BigInt(whole + digits), d: 10n ** BigInt(digits.length) };
}

export const negate = ({ n, d }: Rational): Rational => ({ n: -n, d });
export const times = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
const over = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d, d: a.d * b.n });

export const plus = (a: Rational, b: Rational): Rational =>
  a.d === b.d ? { n: a.n + b.n, d: a.d } : reduce(a.n * b.d + b.n * a.d, a.d * b.d);

function reduce(n: bigint, d: bigint): Rational {
  let [a, b] = [n < 0n ? -n : n, d];
  while (b > 0n) [a, b] = [b, a % b];
  return a > 1n ? { n: n / a, d: d / a } : { n, d };
}

export const toDouble = ({ n, d }: Rational): number => Number((n * 10n ** 24n) / d) / 1e24;

/** Whether both are the same but for `count` roundings of 10^-18. */
export function isWithin(a: Rational, b: Rational, count: number): boolean {
  const { n, d } = plus(a, negate(b));
  return (n < 0n ? -n : n) * 10n ** 18n <= BigInt(count) * d;
}

export interface Trade {
  readonly account: string;
  readonly strategy: string;
  readonly instrument: Instrument;
  readonly buys: boolean;
  readonly price: string;
  readonly qty: string;
  readonly fee: { readonly asset: string; readonly amount: string } | null;
  readonly makes: boolean;
}

/** Quantity that came in, and what was paid for it: price x quantity, or coins. */
interface Flow {
  readonly instrument: Instrument;
  qty: Rational;
  paid: Rational;
}

export interface Model {
  readonly money: Map<string, Rational>; // 'account venue asset': all but profit of contracts
  readonly contracts: Map<string, Flow>; // 'account instrument'
  readonly holdings: Map<string, Held>; // 'account strategy instrument'
}

/** Quantity, and cash flow in the settle asset with the worth of the fees taken off. */
export interface Held {
  qty: Rational;
  cash: Rational;
}

export const createModel = (): Model => ({
  money: new Map(),
  contracts: new Map(),
  holdings: new Map(),
});

export function addMoney(
  { money }: Model,
  account: string,
  venue: string,
  asset: string,
  amount: Rational,
): void {
  const key = `${account} ${venue} ${asset}`;
  money.set(key, plus(money.get(key) ?? ZERO, amount));
}

/** As the venue says, else by the schedule: of the coins that come in, or of the value. */
function feeOf(trade: Trade, value: Rational): { asset: string; amount: Rational } {
  const { instrument, buys, qty, fee, makes } = trade;
  if (fee !== null) return { asset: fee.asset, amount: rational(fee.amount) };
  const rate = rational(String(makes ? instrument.makerFee : instrument.takerFee));
  return instrument.kind === 'spot' && buys
    ? { asset: instrument.base, amount: times(rational(qty), rate) }
    : { asset: instrument.settle, amount: times(value, rate) };
}

/** `rateOf`: for fees in an asset that the instrument does not know. */
export function addTrade(model: Model, trade: Trade, rateOf: (asset: string) => Rational): void {
  const { account, strategy, instrument, buys } = trade;
  const { venue, kind, base, quote, key } = instrument;
  const price = rational(trade.price);
  const size = rational(trade.qty);
  const units = times(size, rational(String(instrument.multiplier)));
  const value = kind === 'inverse' ? over(units, price) : times(units, price);
  const signed = buys ? size : negate(size);
  const fee = feeOf(trade, value);
  addMoney(model, account, venue, fee.asset, negate(fee.amount));
  // Inverse contracts are worth -units / price: their coins flow the other way round.
  const flowsIn = buys === (kind === 'inverse');
  const holder = `${account} ${strategy} ${key}`;
  const held = model.holdings.get(holder) ?? { qty: ZERO, cash: ZERO };
  model.holdings.set(holder, held);
  held.qty = plus(held.qty, signed);
  held.cash = plus(held.cash, flowsIn ? value : negate(value));
  if (kind === 'spot' && fee.asset === base) {
    held.qty = plus(held.qty, negate(fee.amount));
  } else if (fee.asset === instrument.settle) {
    held.cash = plus(held.cash, negate(fee.amount));
  } else {
    const worth = over(times(fee.amount, rateOf(fee.asset)), rateOf(instrument.settle));
    held.cash = plus(held.cash, negate(worth));
  }
  if (kind === 'spot') {
    addMoney(model, account, venue, base, signed);
    addMoney(model, account, venue, quote, buys ? negate(value) : value);
    return;
  }
  const place = `${account} ${key}`;
  const flow = model.contracts.get(place) ?? { instrument, qty: ZERO, paid: ZERO };
  model.contracts.set(place, flow);
  flow.qty = plus(flow.qty, signed);
  flow.paid = plus(flow.paid, buys ? value : negate(value));
}

/** Profit since ever of contracts at a mark, in the settle asset: worth less what was paid. */
export function contractProfit({ instrument, qty, paid }: Flow, mark: Rational): Rational {
  const units = times(qty, rational(String(instrument.multiplier)));
  return instrument.kind === 'inverse'
    ? plus(paid, negate(over(units, mark)))
    : plus(times(units, mark), negate(paid));
}
