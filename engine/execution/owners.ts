// Owns who holds what can be sold or closed on an instrument, in whole steps.
// Promise: pure; no more than its venue has; coins that no strategy bought belong to `manual`.
import type { AccountsReader } from '../accounts/accounts-slice.ts';
import { AMOUNT_SCALE, type Amount } from '../accounts/amount.ts';
import { FLAT, type Position } from '../accounts/position.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Owner } from '../risk/reduction.ts';
import { MANUAL } from '../strategies/instances.ts';

export interface OwnersGround {
  readonly accounts: AccountsReader;
  readonly names: readonly string[]; // accounts of this run
  readonly traded: () => readonly Instrument[];
}

/**
 * Contracts: what each strategy of each account holds. Spot: the coins that lie at the venue, of
 * every strategy what it bought there, and the rest, deposits above all, with `manual`, on the
 * first pair that trades the coin there. Collateral of contracts cannot be sold where it lies, so
 * it belongs to no instrument here.
 */
export function ownersOf(ground: OwnersGround, instrument: Instrument): readonly Owner[] {
  return instrument.kind === 'spot'
    ? ownersOfCoins(ground, instrument)
    : holders(ground, instrument);
}

/** Signed steps that a strategy, or everybody (null), can sell or close on the instrument. */
export function heldBy(
  ground: OwnersGround,
  instrument: Instrument,
  strategy: string | null,
): number {
  let steps = 0;
  for (const owner of ownersOf(ground, instrument)) {
    if (strategy === null || owner.strategy === strategy) steps += owner.qty;
  }
  return steps;
}

/** What a strategy of an account has traded of the instrument and still holds, signed steps. */
export function createHoldingReader(
  accounts: Pick<AccountsReader, 'holding'>,
): (account: string, strategy: string, instrument: Instrument) => number {
  const steps = new WeakMap<Position, number>(); // a position is replaced, never changed
  return (account, strategy, instrument) => {
    const position = accounts.holding(account, strategy, instrument.key);
    const known = steps.get(position);
    if (known !== undefined) return known;
    const made = stepsOf(instrument, position.qty);
    if (position !== FLAT) steps.set(position, made);
    return made;
  };
}

/** Towards zero: what is less than a step cannot be traded. */
export const stepsOf = ({ qtyScale }: Instrument, qty: Amount): number =>
  Number(qty / 10n ** BigInt(AMOUNT_SCALE - qtyScale));

function holders({ accounts }: OwnersGround, instrument: Instrument): Owner[] {
  const owners: Owner[] = [];
  for (const { record, position } of accounts.heldOf(instrument.key)) {
    const { account, strategy } = record;
    const qty = stepsOf(instrument, position.qty);
    if (strategy !== null && qty !== 0) owners.push({ account, strategy, qty });
  }
  return owners;
}

function ownersOfCoins(ground: OwnersGround, instrument: Instrument): Owner[] {
  const { accounts, names } = ground;
  const { venue, base } = instrument;
  const pairs = ground
    .traded()
    .filter((one) => one.kind === 'spot' && one.venue === venue && one.base === base);
  const isFirst = pairs[0]?.key === instrument.key;
  const owners: Owner[] = [];
  for (const account of names) {
    let rest = accounts.balance(account, venue, base);
    const add = (strategy: string, wanted: Amount): void => {
      const taken = wanted < rest ? wanted : rest;
      if (taken <= 0n) return;
      rest -= taken;
      const qty = stepsOf(instrument, taken);
      if (qty !== 0) owners.push({ account, strategy, qty });
    };
    for (const pair of pairs) {
      for (const { record, position } of accounts.heldOf(pair.key)) {
        const isOwn = record.account === account && record.strategy !== null;
        if (!isOwn || record.strategy === MANUAL || position.qty <= 0n) continue;
        if (pair.key === instrument.key) add(record.strategy ?? MANUAL, position.qty);
        else rest -= position.qty < rest ? position.qty : rest;
      }
    }
    if (isFirst) add(MANUAL, rest);
    else add(MANUAL, accounts.holding(account, MANUAL, instrument.key).qty);
  }
  return owners;
}
