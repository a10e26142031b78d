// Owns who holds what can be sold or closed on an instrument, in whole steps.
// Promise: pure; no more than its venue has; coins that no strategy bought belong to `manual`.
import type { AccountsReader } from '../accounts/accounts-slice.ts';
import { AMOUNT_SCALE, type Amount } from '../accounts/amount.ts';
import { carrierOf } from '../accounts/carriers.ts';
import { FLAT, type Position } from '../accounts/position.ts';
import type { Instrument } from '../core/instrument.ts';
import { MANUAL } from '../core/order.ts';
import type { Owner } from '../risk/reduction.ts';

export interface OwnersGround {
  readonly accounts: AccountsReader;
  readonly names: readonly string[]; // accounts of this run
  readonly traded: () => readonly Instrument[];
}

/**
 * Contracts: what each strategy of each account holds. Spot: the coins that lie at the venue, of
 * every strategy what it bought there, and the rest, deposits above all, with `manual`, on the pair
 * that carries the coin (accounts/carriers.ts; of a dollar-like coin the first). Collateral of
 * contracts cannot be sold where it lies, so it belongs to no instrument here.
 */
export function ownersOf(ground: OwnersGround, instrument: Instrument): readonly Owner[] {
  return instrument.kind === 'spot'
    ? ownersOfCoins(ground, instrument)
    : holders(ground, instrument);
}

/** Signed steps a strategy, or everybody (null), can sell or close, in an account or in all. */
export function heldBy(
  ground: OwnersGround,
  instrument: Instrument,
  strategy: string | null,
  account: string | null = null,
): number {
  let steps = 0;
  for (const owner of ownersOf(ground, instrument)) {
    if (strategy !== null && owner.strategy !== strategy) continue;
    if (account === null || owner.account === account) steps += owner.qty;
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
  return owners.sort(byName);
}

/** Who is asked first must not depend on who traded first: a recovered engine knows no order. */
const byName = (a: Pick<Owner, 'account' | 'strategy'>, b: typeof a): number =>
  compare(a.account, b.account) || compare(a.strategy, b.strategy);
const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

interface Claim {
  readonly account: string;
  readonly strategy: string;
  readonly pair: Instrument;
  readonly wanted: Amount;
}

/**
 * The balance is shared out once, whichever pair is asked about: strategies by name, then `manual`
 * what it bought on other pairs than the carrier, then all that is left on the carrier.
 */
function ownersOfCoins(ground: OwnersGround, instrument: Instrument): Owner[] {
  const { accounts, names } = ground;
  const { venue, base } = instrument;
  const pairs = ground
    .traded()
    .filter((one) => one.kind === 'spot' && one.venue === venue && one.base === base);
  const carrier = carrierOf(pairs, base, venue)?.instrument ?? pairs[0];
  const claims = claimsOn(accounts, pairs);
  const owners: Owner[] = [];
  for (const account of names) {
    let rest = accounts.balance(account, venue, base);
    const take = (strategy: string, pair: Instrument | undefined, wanted: Amount): void => {
      const taken = wanted < rest ? wanted : rest;
      if (taken <= 0n) return;
      rest -= taken;
      const qty = pair?.key === instrument.key ? stepsOf(instrument, taken) : 0;
      if (qty !== 0) owners.push({ account, strategy, qty });
    };
    const own = claims.filter((claim) => claim.account === account);
    const byHand = own.filter(({ strategy, pair }) => strategy === MANUAL && pair !== carrier);
    const bought = own.filter(({ strategy }) => strategy !== MANUAL).sort(byName);
    for (const { strategy, pair, wanted } of [...bought, ...byHand]) take(strategy, pair, wanted);
    take(MANUAL, carrier, rest);
  }
  return owners;
}

/** What was bought on each pair, by whom; pairs in their order. */
const claimsOn = (accounts: AccountsReader, pairs: readonly Instrument[]): readonly Claim[] =>
  pairs.flatMap((pair) =>
    [...accounts.heldOf(pair.key)].flatMap(({ record: { account, strategy }, position }) =>
      strategy === null || position.qty <= 0n
        ? []
        : [{ account, strategy, pair, wanted: position.qty }],
    ),
  );
