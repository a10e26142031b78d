// Owns the worth of what is held: equity and its age, profit of strategies, exposure of coins.
// Promise: a fill costs what it touches; a read what is held; what has no price is NaN and named.
import { type Instrument, type MarginPlace, notionalOf } from '../core/instrument.ts';
import { MANUAL } from '../core/order.ts';
import type { Fact } from '../facts/fact.ts';
import type { AccountsReader } from './accounts-slice.ts';
import { type Amount, parseAmount, toNumber } from './amount.ts';
import { carrierOf } from './carriers.ts';
import { type Cell, type Cells, createCells } from './cells.ts';
import { createDense, type Dense } from './dense.ts';
import { isDollarLike } from './dollars.ts';
import { bankedOf, contractProfit, createNet, type Net, setPart } from './nets.ts';
import { FLAT, type Position } from './position.ts';
import type { Rates } from './rates.ts';

export interface ValuationOptions {
  readonly accounts: AccountsReader;
  readonly rates: Rates;
  /** Of this run, or retired in it; null: its holdings count for `manual`. */
  readonly find: (key: string) => Instrument | null;
}

/** What a strategy holds over all accounts. */
export interface Share {
  readonly nets: Map<string, Net>; // by instrument
  readonly coins: Map<Cell, Amount>; // exact: coins bought, and money as it went and came
}

/** The state behind Valuation, for the rooms of this folder (exposures.ts, portfolio-view.ts). */
export interface Worths {
  readonly options: ValuationOptions;
  readonly cells: Cells;
  readonly nets: Map<string, Net>; // of accounts, by instrument
  readonly open: Dense<Net>; // contracts that are worth something over the accounts
  readonly shares: Map<string, Share>; // by strategy
}

/** Empty until reload(); call refresh() with every fact once it has been folded. */
export function openWorths(options: ValuationOptions): Worths {
  const { rates } = options;
  const carrier = (asset: string, venue: string) => carrierOf(rates.instruments(), asset, venue);
  return {
    options,
    cells: createCells((asset) => rates.indexOf(asset), carrier),
    nets: new Map(),
    open: createDense(),
    shares: new Map(),
  };
}

/** Everything anew from the slice: at the start, and after a slice was loaded. */
export function reload(worths: Worths): void {
  const { options, cells, nets, open, shares } = worths;
  cells.clear();
  nets.clear();
  open.clear();
  shares.clear();
  for (const { account, venue, book, asset, amount } of options.accounts.ledgerRows()) {
    if (book === 'balance') cells.set(account, venue, asset, amount);
  }
  for (const instrument of options.accounts.traded()) refreshHeld(worths, instrument);
}

/** Instruments came or went: who carries what is looked for again. */
export const renewCarriers = ({ cells }: Worths): void => cells.renewCarriers();

/** A fact that was folded: as much work as it has postings. Others than of money change nothing. */
export function refresh(worths: Worths, fact: Fact): void {
  if (fact.kind !== 'fill' && fact.kind !== 'money') return;
  const { accounts } = worths.options;
  for (const { account, venue, book, asset } of fact.postings) {
    if (book !== 'balance') continue;
    worths.cells.set(account, venue, asset, accounts.balance(account, venue, asset));
  }
  if (fact.kind === 'money') {
    if (fact.instrument !== null) refreshHeld(worths, fact.instrument);
    return;
  }
  const { account, strategy, instrument: key } = fact.fill;
  const instrument = worths.options.find(key);
  if (instrument === null) return;
  setPosition(worths, instrument, account, accounts.position(account, key));
  setHolding(worths, instrument, account, strategy, accounts.holding(account, strategy, key));
}

function refreshHeld(worths: Worths, key: string): void {
  const instrument = worths.options.find(key);
  if (instrument === null) return;
  for (const { record, position } of worths.options.accounts.heldOf(key)) {
    const { account, strategy } = record;
    if (strategy === null) setPosition(worths, instrument, account, position);
    else setHolding(worths, instrument, account, strategy, position);
  }
}

function setPosition(worths: Worths, instrument: Instrument, account: string, now: Position): void {
  const isNew = !worths.nets.has(instrument.key);
  const net = netOf(worths, worths.nets, instrument);
  setPart(net, account, now);
  if (instrument.kind === 'spot') return;
  worths.open.set(net, net.sum.qty !== 0n || net.sum.cost !== 0n);
  if (isNew) worths.cells.cell(instrument.venue, instrument.settle).settled.push(net);
}

function setHolding(
  worths: Worths,
  instrument: Instrument,
  account: string,
  strategy: string,
  now: Position,
): void {
  let share = worths.shares.get(strategy);
  if (share === undefined) {
    share = { nets: new Map(), coins: new Map() };
    worths.shares.set(strategy, share);
  }
  const before = setPart(netOf(worths, share.nets, instrument), account, now);
  const { venue, base, settle } = instrument;
  if (instrument.kind === 'spot') {
    addCoins(share, worths.cells.cell(venue, base), now.qty - before.qty);
  }
  const money = moneyOf(instrument, now) - moneyOf(instrument, before);
  addCoins(share, worths.cells.cell(venue, settle), money);
}

/** What a position left in its settle asset: spot gave its cost away, contracts did not. */
const moneyOf = (instrument: Instrument, position: Position): Amount =>
  bankedOf(position) - (instrument.kind === 'spot' ? position.cost : 0n);

const addCoins = ({ coins }: Share, cell: Cell, amount: Amount): unknown =>
  coins.set(cell, (coins.get(cell) ?? 0n) + amount);

function netOf({ options }: Worths, nets: Map<string, Net>, instrument: Instrument): Net {
  const known = nets.get(instrument.key);
  if (known !== undefined) return known;
  const net = createNet(instrument, options.rates);
  nets.set(instrument.key, net);
  return net;
}

// ---- Worth in the base currency; NaN where something that is held has no price -----------------

/** Coins at the rate of their asset, contracts at their own mark. */
export function profitOf({ options }: Worths, net: Net, qty: number, cost: number): number {
  const { rates } = options;
  if (qty === 0 && cost === 0) return 0;
  const rate = rates.rate(net.settleIndex);
  if (net.instrument.kind === 'spot') {
    return (qty === 0 ? 0 : qty * rates.rate(net.baseIndex)) - cost * rate;
  }
  return contractProfit(net.instrument, qty, cost, rates.markFor(net.instrument, qty)) * rate;
}

export function equityOf(worths: Worths): number {
  const { rates } = worths.options;
  let sum = 0;
  for (const { real, assetIndex } of worths.cells.held) sum += real * rates.rate(assetIndex);
  for (const net of worths.open.items) sum += profitOf(worths, net, net.qty, net.cost);
  return sum;
}

/** Oldest mark that equity needs, now where it needs none; 0 while it is unknown. */
export function equityUsOf(worths: Worths): number {
  const { rates } = worths.options;
  let us = Number.POSITIVE_INFINITY;
  for (const { assetIndex } of worths.cells.held) us = Math.min(us, rates.rateUs(assetIndex));
  for (const { instrument, settleIndex, sum } of worths.open.items) {
    us = Math.min(us, rates.rateUs(settleIndex));
    if (sum.qty !== 0n) us = Math.min(us, rates.markUsOf(instrument));
  }
  return us === Number.POSITIVE_INFINITY ? rates.nowUs() : us;
}

/**
 * Gross worth of what a strategy, or everybody (null), has on marks of which one `isIn`: contracts
 * on their own and on those of what they pay in, coins on the pairs that price them now.
 */
export function stakeOf(
  worths: Worths,
  strategy: string | null,
  isIn: (instrument: Instrument) => boolean,
): number {
  const { rates } = worths.options;
  const on = (asset: number, amount: number): number =>
    amount !== 0 && rates.goesOver(asset, isIn) ? Math.abs(amount * rates.rate(asset)) : 0;
  let sum = 0;
  if (strategy === null || strategy === MANUAL) {
    for (const { real, assetIndex } of worths.cells.held) sum += on(assetIndex, real);
    for (const net of worths.open.items) sum += contractsOn(worths, net, isIn);
    return sum;
  }
  for (const net of worths.shares.get(strategy)?.nets.values() ?? []) {
    const { instrument, qty, banked, cost, baseIndex, settleIndex } = net;
    const isSpot = instrument.kind === 'spot';
    sum += on(settleIndex, isSpot ? banked - cost : banked);
    sum += isSpot ? on(baseIndex, qty) : contractsOn(worths, net, isIn);
  }
  return sum;
}

function contractsOn(
  { options: { rates } }: Worths,
  { instrument, qty, settleIndex }: Net,
  isIn: (instrument: Instrument) => boolean,
): number {
  if (qty === 0 || !(isIn(instrument) || rates.goesOver(settleIndex, isIn))) return 0;
  return notionalOf(instrument, rates.markOf(instrument), qty) * rates.rateOf(instrument.quote);
}

/** What stands in the way of equity, sorted: assets without a rate, contracts without a mark. */
export function unpricedOf(worths: Worths): readonly string[] {
  const { rates } = worths.options;
  const names = new Set<string>();
  for (const { asset, assetIndex } of worths.cells.held) {
    if (Number.isNaN(rates.rate(assetIndex))) names.add(asset);
  }
  for (const { instrument, sum } of worths.open.items) {
    if (sum.qty !== 0n && Number.isNaN(rates.markOf(instrument))) names.add(instrument.key);
  }
  return [...names].sort();
}

/** null: over all venues, or all accounts. As much work as there are balances. */
export function worthOf(worths: Worths, account: string | null, venue: string | null): number {
  const { rates } = worths.options;
  let sum = 0;
  for (const row of worths.cells.rows) {
    if (account !== null && row.account !== account) continue;
    if (venue !== null && row.cell.venue !== venue) continue;
    if (row.exact !== 0n) sum += row.real * rates.rate(row.cell.assetIndex);
  }
  for (const net of worths.nets.values()) {
    const { instrument } = net;
    if (instrument.kind === 'spot' || (venue !== null && instrument.venue !== venue)) continue;
    sum += profitOfAccount(worths, net, account);
  }
  return sum;
}

/**
 * What backs an account's orders at a margin place: of contracts the balance of what they settle
 * in and their open profit; of spot the money that lies at the venue, and whatever its pairs carry.
 */
export function collateralAt(worths: Worths, place: MarginPlace, account: string): number {
  const { venue, asset } = place;
  if (asset === null) return spotBacking(worths, venue, account);
  const { rows, settled, assetIndex } = worths.cells.cell(venue, asset);
  const row = rows.find((one) => one.account === account);
  let sum =
    row === undefined || row.exact === 0n ? 0 : row.real * worths.options.rates.rate(assetIndex);
  for (const net of settled) sum += profitOfAccount(worths, net, account);
  return sum;
}

/** Coins count where their risk does: margin holds them against it there, wherever they lie. */
function spotBacking(worths: Worths, venue: string, account: string): number {
  const { cells, nets, options } = worths;
  const isThere = ({ carrier, venue: own }: Cell): boolean =>
    (carrier?.instrument.kind === 'spot' ? carrier.instrument.venue : own) === venue;
  let sum = 0;
  for (const { account: owner, cell, exact, real } of cells.rows) {
    if (owner !== account || exact === 0n || !isThere(cell)) continue;
    sum += real * options.rates.rate(cell.assetIndex);
  }
  for (const net of nets.values()) {
    const { kind, venue: own, settle } = net.instrument;
    if (kind === 'spot' || !isThere(cells.cell(own, settle))) continue;
    sum += profitOfAccount(worths, net, account);
  }
  return sum;
}

/** Of open contracts, base currency; null: of all accounts. */
function profitOfAccount(worths: Worths, net: Net, account: string | null): number {
  if (account === null) return profitOf(worths, net, net.qty, net.cost);
  const { qty, cost } = net.parts.get(account) ?? FLAT;
  return profitOf(worths, net, toNumber(qty), toNumber(cost));
}

/** Equity less what was put in at the marks of its day; NaN while some of that waits for marks. */
export function pnlOf(worths: Worths): number {
  const { value, pending } = worths.options.accounts.capital();
  return pending.length > 0 ? Number.NaN : equityOf(worths) - value;
}

/** What a pending movement is worth at the marks of this moment; NaN where one is missing. */
export function worthOfAmounts(rates: Rates, amounts: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const [asset, text] of Object.entries(amounts)) {
    const amount = parseAmount(text) ?? 0n;
    if (amount !== 0n) sum += toNumber(amount) * rates.rateOf(asset);
  }
  return sum;
}

/** Over restarts. `manual` has what no other strategy accounts for, so all sum to P&L. */
export function strategyProfitOf(worths: Worths, strategy: string): number {
  if (strategy !== MANUAL) return shareProfit(worths, strategy);
  let rest = pnlOf(worths);
  for (const other of worths.shares.keys()) {
    if (other !== MANUAL) rest -= shareProfit(worths, other);
  }
  return rest;
}

function shareProfit(worths: Worths, strategy: string): number {
  const { rates } = worths.options;
  let sum = 0;
  for (const net of worths.shares.get(strategy)?.nets.values() ?? []) {
    if (net.banked !== 0) sum += net.banked * rates.rate(net.settleIndex);
    sum += profitOf(worths, net, net.qty, net.cost);
  }
  return sum;
}

/** Balances of dollar-like coins over all accounts and venues, in coins: what a broken peg hits. */
export function stablecoinsOf({ cells }: Worths): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { asset, real } of cells.held) {
    if (isDollarLike(asset) && asset !== 'USD') sums.set(asset, (sums.get(asset) ?? 0) + real);
  }
  return Object.fromEntries([...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
}
