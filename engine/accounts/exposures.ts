// Owns what is held as exposure: the signed quantity of each instrument the risk tables must hold.
// Promise: every coin counts once, with one carrier; owners sum to the whole.
import type { Instrument } from '../core/instrument.ts';
import { MANUAL } from '../core/order.ts';
import type { Fact } from '../facts/fact.ts';
import { type Amount, toNumber } from './amount.ts';
import { carriedQty } from './carriers.ts';
import type { Cell } from './cells.ts';
import { contractProfit, type Net } from './nets.ts';
import { FLAT } from './position.ts';
import type { Worths } from './valuation.ts';

/** Whose: of everybody, of an account over its strategies, of a strategy over its accounts. */
export type Owner =
  | { readonly kind: 'all' }
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'strategy'; readonly strategy: string };

export const EVERYBODY: Owner = { kind: 'all' };

/**
 * Contracts: what is held. Coins: balances, and the profit of open contracts that pay in coins,
 * go to one carrier for each asset and venue (carriers.ts); a contract of face F and profit u in
 * coins moves like F and u coins together, so leaving u out would be wrong. A strategy has the
 * coins it bought less those it paid with; `manual` has the rest. NaN while a mark is missing that
 * turns coins into contracts.
 */
export function exposureOf(worths: Worths, instrument: Instrument, owner: Owner): number {
  if (owner.kind === 'strategy' && owner.strategy === MANUAL) {
    let rest = exposureOf(worths, instrument, EVERYBODY);
    for (const strategy of worths.shares.keys()) {
      if (strategy !== MANUAL) rest -= exposureOf(worths, instrument, { ...owner, strategy });
    }
    return rest;
  }
  const own = instrument.kind === 'spot' ? 0 : contractsOf(worths, instrument.key, owner).qty;
  let sum = own;
  const mark = worths.options.rates.markOf(instrument);
  for (const cell of worths.cells.carriedBy(instrument.key)) {
    const { carrier } = cell;
    if (carrier !== null) sum += carriedQty(carrier, coinsOf(worths, cell, owner), mark);
  }
  return sum;
}

/** Instruments whose exposure a folded fact may have changed; each once. */
export function touchedBy(worths: Worths, fact: Fact): readonly Instrument[] {
  if (fact.kind !== 'fill' && fact.kind !== 'money') return [];
  const touched: Instrument[] = [];
  const add = (instrument: Instrument | null | undefined): void => {
    if (instrument == null || touched.includes(instrument)) return;
    touched.push(instrument);
  };
  const instrument = fact.kind === 'fill' ? worths.options.find(fact.fill.instrument) : null;
  add(instrument);
  if (instrument !== null) {
    add(worths.cells.cell(instrument.venue, instrument.settle).carrier?.instrument);
  }
  for (const { venue, book, asset } of fact.postings) {
    if (book === 'balance') add(worths.cells.cell(venue, asset).carrier?.instrument);
  }
  return touched;
}

/**
 * Instruments whose exposure moves with marks alone: they carry coins in contracts, or profit in
 * coins. Look at them again at the pace of the guard, not per mark.
 */
export function movingExposures(worths: Worths): readonly Instrument[] {
  const moving = new Set<Instrument>();
  for (const { carrier, exact, settled } of worths.cells.all) {
    if (carrier === null) continue;
    const isOpen = settled.some((net) => isHeld(worths, net));
    const isByMark = carrier.unit === 'inverse' || carrier.unit === 'quote';
    if (isOpen || (isByMark && exact !== 0n)) moving.add(carrier.instrument);
  }
  return [...moving];
}

/** By an account or a strategy, even where all of them together hold nothing. */
function isHeld({ shares }: Worths, { instrument, qty, parts }: Net): boolean {
  if (qty !== 0) return true;
  for (const part of parts.values()) if (part.qty !== 0n) return true;
  for (const { nets } of shares.values())
    if ((nets.get(instrument.key)?.qty ?? 0) !== 0) return true;
  return false;
}

function coinsOf(worths: Worths, cell: Cell, owner: Owner): number {
  let sum = 0;
  if (owner.kind === 'all') sum = cell.real;
  else if (owner.kind === 'strategy') {
    sum = toNumber(worths.shares.get(owner.strategy)?.coins.get(cell) ?? 0n);
  } else sum = toNumber(cell.rows.reduce((all, row) => all + exactOf(row, owner.account), 0n));
  for (const { instrument } of cell.settled) {
    const { qty, cost } = contractsOf(worths, instrument.key, owner);
    sum += contractProfit(instrument, qty, cost, worths.options.rates.markOf(instrument));
  }
  return sum;
}

const exactOf = (row: { account: string; exact: Amount }, account: string): Amount =>
  row.account === account ? row.exact : 0n;

function contractsOf(worths: Worths, key: string, owner: Owner): Pick<Net, 'qty' | 'cost'> {
  if (owner.kind === 'strategy') return worths.shares.get(owner.strategy)?.nets.get(key) ?? NONE;
  const net = worths.nets.get(key);
  if (net === undefined || owner.kind === 'all') return net ?? NONE;
  const { qty, cost } = net.parts.get(owner.account) ?? FLAT;
  return { qty: toNumber(qty), cost: toNumber(cost) };
}

const NONE = { qty: 0, cost: 0 } as const;
