// Owns how the deposits of the configuration are spread over the venues of a run.
// Promise: every coin of them is somewhere, or its asset is refused by name.
import type { Instrument, VenueId } from '../core/instrument.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { FactOf } from '../facts/fact.ts';
import { type Amount, formatAmount, parseAmount } from './amount.ts';
import { isDollarLike } from './dollars.ts';
import { decideMovement, type MovementGround } from './movements.ts';

/** By asset: a decimal that is spread by the rule below, or decimals by venue. */
export type Deposits = Readonly<Record<string, string | Readonly<Record<VenueId, string>>>>;

export type OpeningDecision =
  | { readonly kind: 'decided'; readonly fact: FactOf<'money'> | null } // null: no deposit
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

/**
 * One deposit of each asset at each venue, all in one fact: a crash must not leave a part of them.
 * For an account of which nothing was ever booked. A plain decimal goes
 * - for a coin that spot pairs trade as their base: to the venue of the first of them (by slot);
 * - for money (dollar-like coins, and what is quote of spot pairs or settles contracts): in equal
 *   parts to the venues that spend or settle it, what division leaves to the first;
 * - else to the first venue that has an instrument of the asset.
 * Every problem is told at once, with its place in the configuration; then there is no fact.
 */
export function decideOpening(
  ground: MovementGround,
  account: string,
  deposits: Deposits,
  instruments: readonly Instrument[],
  nowUs: number,
): OpeningDecision {
  const problems: FieldProblem[] = [];
  const facts: FactOf<'money'>[] = [];
  for (const [asset, given] of Object.entries(deposits)) {
    const path = `execution.deposits.${asset}`;
    const parts = typeof given === 'string' ? partsOf(asset, given, instruments) : given;
    if (Object.keys(parts).length === 0) {
      const known = assetsOf(instruments).join(', ');
      const message = `no venue of this run trades ${asset} or settles in it; use ${known}`;
      problems.push({ path, message });
    }
    for (const [venue, amount] of Object.entries(parts)) {
      if (parseAmount(amount) === 0n) continue; // nothing to deposit
      const id = ground.accounts.nextMovementId();
      const decision = decideMovement(ground, depositOf(id, account, venue, asset, amount, nowUs));
      if (decision.kind === 'decided') facts.push(decision.fact);
      if (decision.kind !== 'refused') continue;
      const at = typeof given === 'string' ? path : `${path}.${venue}`;
      problems.push(...decision.problems.map(({ message }) => ({ path: at, message })));
    }
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'decided', fact: together(facts) };
}

const NAMED_MAX = 8;

/** The first assets that orders of these instruments spend. */
const assetsOf = (instruments: readonly Instrument[]): readonly string[] =>
  [
    ...new Set(
      instruments.flatMap(({ kind, base, quote, settle }) =>
        kind === 'spot' ? [quote, base] : [settle],
      ),
    ),
  ].slice(0, NAMED_MAX);

function together(facts: readonly FactOf<'money'>[]): FactOf<'money'> | null {
  const [first] = facts;
  if (first === undefined) return null;
  const isValued = facts.every(({ value }) => value !== null);
  const value = facts.reduce((sum, one) => sum + (one.value ?? 0), 0);
  const postings = facts.flatMap((one) => one.postings);
  return { ...first, postings, value: isValued ? value : null };
}

const depositOf = (
  id: string,
  account: string,
  venue: string,
  asset: string,
  amount: string,
  timeUs: number,
) =>
  ({
    id,
    movement: 'deposit',
    account,
    venue,
    toAccount: account,
    toVenue: venue,
    asset,
    amount,
    instrument: null,
    by: 'configuration',
    reason: 'execution.deposits',
    timeUs,
  }) as const;

function partsOf(
  asset: string,
  text: string,
  instruments: readonly Instrument[],
): Record<string, string> {
  const [first, ...others] = venuesFor(asset, instruments);
  const amount = parseAmount(text);
  if (first === undefined) return {};
  if (amount === null) return { [first]: text };
  const each: Amount = amount / BigInt(others.length + 1);
  const rest = amount - each * BigInt(others.length);
  const shares = others.map((venue) => [venue, formatAmount(each)] as const);
  return Object.fromEntries([[first, formatAmount(rest)], ...shares]);
}

/** In the order of their first such instrument. */
function venuesFor(asset: string, instruments: readonly Instrument[]): readonly VenueId[] {
  const of = (isIt: (instrument: Instrument) => boolean): VenueId[] => [
    ...new Set(instruments.filter(isIt).map(({ venue }) => venue)),
  ];
  const asCoin = of(({ kind, base }) => kind === 'spot' && base === asset);
  if (asCoin.length > 0 && !isDollarLike(asset)) return asCoin.slice(0, 1);
  const asMoney = of(({ kind, quote, settle }) => (kind === 'spot' ? quote : settle) === asset);
  if (asMoney.length > 0) return asMoney;
  return of(({ base, quote }) => base === asset || quote === asset).slice(0, 1);
}
