// Owns what an order needs and what is there for it: balances, margins, what open orders keep.
// Promise: asking allocates nothing; a reservation is made once and taken back once.
import { assert } from '../core/assert.ts';
import type { Instrument, InstrumentKind } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import type { Fact } from '../facts/fact.ts';
import type { AccountsReader } from './accounts-slice.ts';
import { toNumber } from './amount.ts';
import { contractProfit } from './nets.ts';
import type { Rates } from './rates.ts';

export interface FundsOptions {
  readonly accounts: AccountsReader;
  readonly rates: Rates;
  readonly names: readonly string[]; // accounts of this run
  readonly slots: number; // instruments at most
  readonly ordersMax: number; // open at once
  readonly initialMargin: Readonly<Record<InstrumentKind, number>>; // share of notional
}

export interface Funds {
  /** Ask before add. Places of money stay when instruments retire. */
  hasRoom(instrument: Instrument): boolean;
  /** Slots may be filled while running; renew() follows. */
  add(instrument: Instrument): void;
  /** Everything anew: after a load, or when slots were filled. */
  renew(): void;
  /** What open contracts bind, at the marks of now: at the pace of the guard. */
  revalue(): void;
  /** After a fact was folded: as much work as it has postings. */
  refresh(fact: Fact): void;
  spends(instrument: Instrument, side: Side): string;
  /** In the asset it spends, fee included; price: its limit, for market orders the collar. */
  need(account: string, instrument: Instrument, side: Side, qty: number, price: number): number;
  /** Of the asset that such an order spends, at its venue, less what open orders keep. */
  available(account: string, instrument: Instrument, side: Side): number;
  /** Contracts that the account holds, signed real units. */
  held(account: string, instrument: Instrument): number;
  /** Slots of the other spot pairs that trade its coin at its venue. */
  siblings(instrument: Instrument): readonly number[];
  /**
   * What this order keeps from now on, for the quantity that is still open: on placement, a partial
   * fill, an amend. The last word counts. A reduce-only order of a contract keeps nothing: do not
   * call it.
   */
  reserve(
    orderId: string,
    account: string,
    instrument: Instrument,
    side: Side,
    openQty: number,
    price: number,
  ): void;
  /** It ended; without a reservation nothing happens. */
  release(orderId: string): void;
  /**
   * By name, for people and movements: what open orders keep, and what positions bind beyond their
   * profit, which is no money yet. 0 where nobody knows the place.
   */
  reserved(account: string, venue: string, asset: string): number;
}

interface Purses {
  readonly options: FundsOptions;
  readonly accountAt: ReadonlyMap<string, number>;
  readonly instruments: (Instrument | null)[];
  readonly byKey: Map<string, Instrument>;
  readonly siblings: number[][]; // by slot
  readonly places: Map<string, number>; // account, venue, asset -> purse
  // By purse, real units of its asset.
  readonly owners: { readonly account: string; readonly venue: string; readonly asset: string }[];
  readonly balance: Float64Array;
  readonly kept: Float64Array; // by open orders
  readonly keepers: Int32Array; // open orders that keep something
  readonly bound: Float64Array; // margin of positions less their open profit
  // By account and slot.
  readonly purseOf: Int32Array; // two each: of a buy, of a sell
  readonly position: Float64Array; // contracts, signed
  readonly binds: Float64Array; // its part of `bound`
  readonly open: Map<number, { readonly name: string; readonly instrument: Instrument }>;
  // By reservation.
  readonly orders: Map<string, number>;
  readonly free: number[];
  readonly keptBy: Float64Array;
  readonly keptFrom: Int32Array;
}

/** Empty: add the instruments, then renew(). */
export function createFunds(options: FundsOptions): Funds {
  const p = openPurses(options);
  const need: Funds['need'] = (account, instrument, side, qty, price) =>
    needOf(p, accountOf(p, account), instrument, side, qty, price);
  const available: Funds['available'] = (account, instrument, side) =>
    availableIn(p, purseFor(p, accountOf(p, account), instrument, side));
  return {
    hasRoom: (instrument) => hasRoom(p, instrument),
    add: (instrument) => addInstrument(p, instrument),
    renew: () => renew(p),
    revalue: () => revalue(p),
    refresh: (fact) => refresh(p, fact),
    spends: spentBy,
    need,
    available,
    held: (account, instrument) =>
      p.position[cellOf(p, accountOf(p, account), instrument)] ?? Number.NaN,
    siblings: ({ index }) => p.siblings[index] ?? [],
    reserve(orderId, account, instrument, side, openQty, price) {
      const purse = purseFor(p, accountOf(p, account), instrument, side);
      keep(p, orderId, purse, need(account, instrument, side, openQty, price));
    },
    release: (orderId) => release(p, orderId),
    reserved: (account, venue, asset) => reservedIn(p, placeOf(p, account, venue, asset)),
  };
}

function openPurses(options: FundsOptions): Purses {
  const { names, slots, ordersMax } = options;
  const owned = names.length * slots;
  const purses = owned * 4; // each spends two assets at most, and slots are filled anew
  return {
    options,
    accountAt: new Map(names.map((name, k) => [name, k])),
    instruments: new Array<Instrument | null>(slots).fill(null),
    byKey: new Map(),
    siblings: Array.from({ length: slots }, () => []),
    places: new Map(),
    owners: [],
    balance: new Float64Array(purses),
    kept: new Float64Array(purses),
    keepers: new Int32Array(purses),
    bound: new Float64Array(purses),
    purseOf: new Int32Array(owned * 2).fill(-1),
    position: new Float64Array(owned),
    binds: new Float64Array(owned),
    open: new Map(),
    orders: new Map(),
    free: Array.from({ length: ordersMax }, (_, k) => ordersMax - 1 - k),
    keptBy: new Float64Array(ordersMax),
    keptFrom: new Int32Array(ordersMax),
  };
}

/** Spot spends the quote to buy and the base to sell; contracts bind their settle asset. */
function spentBy(instrument: Instrument, side: Side): string {
  if (instrument.kind !== 'spot') return instrument.settle;
  return side === 'buy' ? instrument.quote : instrument.base;
}

const placeOf = (p: Purses, account: string, venue: string, asset: string): number =>
  p.places.get(`${account}\0${venue}\0${asset}`) ?? -1;

function accountOf(p: Purses, account: string): number {
  const at = p.accountAt.get(account);
  assert(at !== undefined, `funds: there is no account '${account}' in this run`);
  return at;
}

const cellOf = (p: Purses, account: number, { index }: Instrument): number =>
  account * p.options.slots + index;

const purseFor = (p: Purses, account: number, instrument: Instrument, side: Side): number =>
  p.purseOf[cellOf(p, account, instrument) * 2 + (side === 'buy' ? 0 : 1)] ?? -1;

function addInstrument(p: Purses, instrument: Instrument): void {
  assert(instrument.index < p.options.slots, `funds: no slot for ${instrument.key}`);
  const former = p.instruments[instrument.index];
  if (former != null) p.byKey.delete(former.key);
  p.instruments[instrument.index] = instrument;
  p.byKey.set(instrument.key, instrument);
  p.siblings[instrument.index] = [];
  if (former != null) pairUp(p, former);
  pairUp(p, instrument);
  for (const [account, name] of p.options.names.entries()) {
    const at = cellOf(p, account, instrument) * 2;
    p.purseOf[at] = openPurse(p, name, instrument.venue, spentBy(instrument, 'buy'));
    p.purseOf[at + 1] = openPurse(p, name, instrument.venue, spentBy(instrument, 'sell'));
  }
}

/** The pairs of this one's coin at its venue. */
function pairUp(p: Purses, { venue, base }: Instrument): void {
  const pairs = p.instruments.flatMap((one) =>
    one?.kind === 'spot' && one.venue === venue && one.base === base ? [one.index] : [],
  );
  for (const slot of pairs) p.siblings[slot] = pairs.filter((other) => other !== slot);
}

function hasRoom(p: Purses, instrument: Instrument): boolean {
  const assets = new Set([spentBy(instrument, 'buy'), spentBy(instrument, 'sell')]);
  let added = 0;
  for (const name of p.options.names) {
    for (const asset of assets) if (placeOf(p, name, instrument.venue, asset) < 0) added += 1;
  }
  return instrument.index < p.options.slots && p.owners.length + added <= p.balance.length;
}

function openPurse(p: Purses, account: string, venue: string, asset: string): number {
  const known = placeOf(p, account, venue, asset);
  if (known >= 0) return known;
  const purse = p.owners.length;
  assert(purse < p.balance.length, `funds: no room for ${asset} of ${account} at ${venue}`);
  p.owners.push({ account, venue, asset });
  p.places.set(`${account}\0${venue}\0${asset}`, purse);
  return purse;
}

function renew(p: Purses): void {
  for (const [purse, { account, venue, asset }] of p.owners.entries()) {
    p.balance[purse] = toNumber(p.options.accounts.balance(account, venue, asset));
  }
  p.bound.fill(0);
  p.binds.fill(0);
  p.open.clear();
  for (const instrument of p.instruments) {
    if (instrument === null || instrument.kind === 'spot') continue;
    for (const name of p.options.names) bind(p, name, instrument);
  }
}

/** From scratch, so that no rounding stays; as much work as there are open contracts. */
function revalue(p: Purses): void {
  for (const at of p.open.keys()) {
    p.bound[p.purseOf[at * 2] ?? -1] = 0;
    p.binds[at] = 0;
  }
  for (const { name, instrument } of p.open.values()) bind(p, name, instrument);
}

function refresh(p: Purses, fact: Fact): void {
  if (fact.kind !== 'fill' && fact.kind !== 'money') return;
  for (const { account, venue, book, asset } of fact.postings) {
    const purse = book === 'balance' ? placeOf(p, account, venue, asset) : -1;
    if (purse < 0) continue;
    p.balance[purse] = toNumber(p.options.accounts.balance(account, venue, asset));
  }
  if (fact.kind !== 'fill') return;
  const { account, instrument: key } = fact.fill;
  const instrument = p.byKey.get(key);
  if (instrument === undefined || instrument.kind === 'spot') return;
  if (p.accountAt.has(account)) bind(p, account, instrument);
}

/** Margin at the mark (at entry while there is none) less the open profit. */
function bind(p: Purses, name: string, instrument: Instrument): void {
  const at = cellOf(p, accountOf(p, name), instrument);
  const held = p.options.accounts.position(name, instrument.key);
  const qty = toNumber(held.qty);
  const cost = toNumber(held.cost);
  const mark = p.options.rates.markOf(instrument);
  const isMarked = !Number.isNaN(mark);
  const value = isMarked ? valueAt(instrument, Math.abs(qty), mark) : Math.abs(cost);
  const profit = isMarked ? contractProfit(instrument, qty, cost, mark) : 0;
  const binds = value * p.options.initialMargin[instrument.kind] - profit;
  const purse = p.purseOf[at * 2] ?? -1;
  p.position[at] = qty;
  p.bound[purse] = (p.bound[purse] ?? 0) + binds - (p.binds[at] ?? 0);
  p.binds[at] = binds;
  if (qty !== 0) p.open.set(at, { name, instrument });
  else p.open.delete(at);
}

/** In the settle asset. */
const valueAt = ({ kind, multiplier }: Instrument, qty: number, price: number): number =>
  kind === 'inverse' ? (qty * multiplier) / price : qty * multiplier * price;

function needOf(
  p: Purses,
  account: number,
  instrument: Instrument,
  side: Side,
  qty: number,
  price: number,
): number {
  if (!(qty > 0 && price > 0)) return Number.NaN;
  const { kind, takerFee, rules } = instrument;
  const fee = Math.max(takerFee, 0);
  if (kind === 'spot') {
    if (side === 'sell') return qty;
    return qty * price * (rules.feeIn === 'received' ? 1 : 1 + fee);
  }
  // What closes the position needs nothing; the fee is due on the whole when some of it opens.
  const held = p.position[cellOf(p, account, instrument)] ?? 0;
  const closes = held > 0 === (side === 'sell') ? Math.min(qty, Math.abs(held)) : 0;
  const opens = qty - closes;
  if (opens <= 0) return 0;
  const margin = valueAt(instrument, opens, price) * p.options.initialMargin[kind];
  return margin + valueAt(instrument, qty, price) * fee;
}

function availableIn(p: Purses, purse: number): number {
  const { balance, kept, bound } = p;
  return (balance[purse] ?? Number.NaN) - (kept[purse] ?? 0) - (bound[purse] ?? 0);
}

const reservedIn = ({ kept, bound }: Purses, purse: number): number =>
  (kept[purse] ?? 0) + Math.max(0, bound[purse] ?? 0);

function keep(p: Purses, orderId: string, purse: number, amount: number): void {
  assert(amount >= 0 && amount < Number.MAX_VALUE, `funds: order ${orderId} keeps ${amount}`);
  release(p, orderId);
  const at = p.free.pop();
  assert(at !== undefined, `funds: more than ${p.options.ordersMax} orders keep something`);
  p.orders.set(orderId, at);
  p.keptBy[at] = amount;
  p.keptFrom[at] = purse;
  p.kept[purse] = (p.kept[purse] ?? 0) + amount;
  p.keepers[purse] = (p.keepers[purse] ?? 0) + 1;
}

function release(p: Purses, orderId: string): void {
  const at = p.orders.get(orderId);
  if (at === undefined) return;
  p.orders.delete(orderId);
  p.free.push(at);
  const purse = p.keptFrom[at] ?? -1;
  const keepers = (p.keepers[purse] ?? 0) - 1;
  p.keepers[purse] = keepers;
  // Rounding of the sums ends where nothing is kept any more.
  p.kept[purse] = keepers === 0 ? 0 : (p.kept[purse] ?? 0) - (p.keptBy[at] ?? 0);
}
