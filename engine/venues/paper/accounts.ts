// Owns what accounts have at the simulated venue: balances by asset, reservations, positions.
// Promise: exact, and its own: moved by deposits, fills, fees and funding, never by the ledger.
import { assert } from '../../core/assert.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Side } from '../../core/order.ts';
import {
  absolute,
  feeOf,
  type Money,
  moneyOf,
  moneyText,
  qtyMoney,
  quotient,
  worthOf,
} from './money.ts';

export interface Balance {
  readonly account: string;
  readonly venue: string;
  readonly asset: string;
  amount: Money;
  reserved: Money; // by resting spot orders that would spend it
}

/** Netted as the venue does. `cost`: signed worth at entry, settle asset; exact. */
export interface Position {
  readonly account: string;
  instrument: Instrument; // as it is listed now
  qty: number; // steps, signed
  cost: Money;
  openBuys: number; // steps of resting orders that may add
  openSells: number;
}

/** Positions of one account at one venue that share their collateral. */
export interface MarginGroup {
  readonly balance: Balance;
  readonly positions: Position[];
}

export interface Trade {
  readonly account: string;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly liquidity: 'maker' | 'taker';
}

export interface ChargedFee {
  readonly asset: string;
  readonly amount: Money; // + paid, - earned
}

export interface Accounts {
  balance(account: string, venue: string, asset: string): Balance;
  balances(): readonly Balance[];
  position(account: string, instrument: Instrument): Position;
  /** It has come, or come back with another slot: its positions are of this one from here on. */
  list(instrument: Instrument): void;
  positions(): readonly Position[];
  group(account: string, instrument: Instrument): MarginGroup;
  groups(): Iterable<MarginGroup>;
  /** Books a fill; what it cost in fees. */
  fill(trade: Trade): ChargedFee;
}

export function createAccounts(): Accounts {
  const balances = new Map<string, Balance>();
  const positions = new Map<string, Position>();
  const groups = new Map<string, MarginGroup>();
  const balance: Accounts['balance'] = (account, venue, asset) => {
    const key = `${account}/${venue}/${asset}`;
    const known = balances.get(key);
    if (known !== undefined) return known;
    const opened: Balance = { account, venue, asset, amount: 0n, reserved: 0n };
    balances.set(key, opened);
    return opened;
  };
  const group: Accounts['group'] = (account, { venue, settle }) => {
    const key = `${account}/${venue}/${settle}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    const opened: MarginGroup = { balance: balance(account, venue, settle), positions: [] };
    groups.set(key, opened);
    return opened;
  };
  const position: Accounts['position'] = (account, instrument) => {
    const key = `${account}/${instrument.key}`;
    const known = positions.get(key);
    if (known !== undefined) return known;
    const opened: Position = { account, instrument, qty: 0, cost: 0n, openBuys: 0, openSells: 0 };
    positions.set(key, opened);
    group(account, instrument).positions.push(opened);
    return opened;
  };
  return {
    balance,
    balances: () => [...balances.values()],
    position,
    list(instrument) {
      for (const one of positions.values()) {
        if (one.instrument.key === instrument.key) one.instrument = instrument;
      }
    },
    positions: () => [...positions.values()],
    group,
    groups: () => groups.values(),
    fill(trade) {
      const { kind } = trade.instrument;
      if (kind === 'spot') return fillSpot(balance, trade);
      return fillContract(balance, position(trade.account, trade.instrument), trade);
    },
  };
}

const rateOf = ({ instrument, liquidity }: Trade): number =>
  liquidity === 'maker' ? instrument.makerFee : instrument.takerFee;

function fillSpot(balance: Accounts['balance'], trade: Trade): ChargedFee {
  const { account, instrument, side, price, qty } = trade;
  const { venue, base, quote, rules } = instrument;
  const size = qtyMoney(instrument, qty);
  const worth = worthOf(instrument, side, price, qty);
  const isBuy = side === 'buy';
  const inBase = isBuy && rules.feeIn === 'received';
  const fee = { asset: inBase ? base : quote, amount: feeOf(inBase ? size : worth, rateOf(trade)) };
  balance(account, venue, base).amount += isBuy ? size : -size;
  balance(account, venue, quote).amount += isBuy ? -worth : worth;
  balance(account, venue, fee.asset).amount -= fee.amount;
  return fee;
}

function fillContract(balance: Accounts['balance'], position: Position, trade: Trade): ChargedFee {
  const { account, instrument, side, price, qty } = trade;
  const { venue, settle } = instrument;
  const money = balance(account, venue, settle);
  money.amount += move(position, side, price, qty);
  const fee = feeOf(worthOf(instrument, side, price, qty), rateOf(trade));
  money.amount -= fee;
  return { asset: settle, amount: fee };
}

/** Moves a position at its average cost; the profit that this realises. */
function move(position: Position, side: Side, price: number, qty: number): Money {
  const { instrument } = position;
  const sign = side === 'buy' ? 1 : -1;
  const worth = worthOf(instrument, side, price, qty);
  const held = Math.abs(position.qty);
  const isAdding = held === 0 || Math.sign(position.qty) === sign;
  if (isAdding) {
    position.qty += sign * qty;
    position.cost += BigInt(sign) * worth;
    return 0n;
  }
  const closed = Math.min(qty, held);
  const exit = closed === qty ? worth : worthOf(instrument, side, price, closed);
  const isInverse = instrument.kind === 'inverse';
  const part = position.cost * BigInt(closed);
  const released = quotient(part, BigInt(held), isInverse ? 'down' : 'up'); // the smaller profit
  position.qty += sign * qty;
  position.cost += BigInt(sign) * (worth - exit) - released;
  // `exit` with the sign of the closing side is minus what the closed part is worth now.
  const now = BigInt(-sign) * exit;
  return isInverse ? released - now : now - released;
}

/** What an open spot order keeps back: of the quote asset to buy (fee included where it is due). */
export function spentBy(instrument: Instrument, side: Side, price: number, qty: number): Money {
  if (side === 'sell') return qtyMoney(instrument, qty);
  const worth = worthOf(instrument, side, price, qty);
  if (instrument.rules.feeIn === 'received') return worth;
  return worth + feeOf(worth, Math.max(0, instrument.makerFee, instrument.takerFee));
}

export const spentAsset = ({ base, quote }: Instrument, side: Side): string =>
  side === 'buy' ? quote : base;

/** A positive amount from text, or why it is none. */
export function readAmount(text: string): Money | string {
  const amount = moneyOf(text);
  if (amount === null) return `'${text}' is no plain decimal of at most 18 places`;
  return amount > 0n ? amount : `'${text}' is not above 0`;
}

/** A contract's position as the venue shows it, for saving and for who reconciles. */
export interface PositionText {
  readonly account: string;
  readonly instrument: string; // key
  readonly qty: number; // steps, signed
  readonly cost: string;
}

export const positionText = ({ account, instrument, qty, cost }: Position): PositionText => ({
  account,
  instrument: instrument.key,
  qty,
  cost: moneyText(cost),
});

/** Sets a position that a caller or a saved venue tells of. */
export function openPosition(accounts: Accounts, instrument: Instrument, told: PositionText): void {
  const cost = moneyOf(told.cost);
  const where = `position of ${told.account} in ${told.instrument}`;
  assert(cost !== null, `${where}: cost '${told.cost}' is no plain decimal`);
  assert(Number.isSafeInteger(told.qty), `${where}: ${told.qty} is no whole number of steps`);
  const isSound = told.qty === 0 ? cost === 0n : absolute(cost) > 0n;
  assert(isSound, `${where}: ${told.qty} steps cannot have cost ${told.cost}`);
  const position = accounts.position(told.account, instrument);
  position.qty = told.qty;
  position.cost = cost;
}
