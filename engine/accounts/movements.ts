// Owns decisions about money that moves without a trade: deposits, transfers, funding, interest.
// Promise: pure; what cannot be is refused with what, where and what to do; a fact sums to zero.
import type { MoneyReport } from '../core/event.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { FactOf } from '../facts/fact.ts';
import type { LedgerBook, Movement, Posting } from '../facts/money.ts';
import type { AccountsReader } from './accounts-slice.ts';
import {
  type Amount,
  amountOfRatio,
  formatAmount,
  fractionOf,
  parseAmount,
  toNumber,
} from './amount.ts';
import { PENDING_MAX } from './capital.ts';
import { line, move } from './ledger.ts';
import type { Rates } from './rates.ts';
import { worthOfAmounts } from './valuation.ts';

export interface Wish {
  readonly id: string; // unique for ever: the venue's, or AccountsReader.nextMovementId()
  readonly movement: Movement;
  readonly account: string;
  readonly venue: string; // from, in a transfer
  readonly toAccount: string; // of a transfer, else as `account`
  readonly toVenue: string;
  readonly asset: string;
  /** deposit, withdrawal, transfer: above 0. funding, interest: + to us, not 0. */
  readonly amount: string;
  readonly instrument: string | null; // funding: of which position
  readonly by: string;
  readonly reason: string;
  readonly timeUs: number; // when it happened, as its author says
}

export interface MovementGround {
  readonly accounts: AccountsReader;
  readonly rates: Rates;
  readonly hasAccount: (account: string) => boolean;
  readonly hasVenue: (venue: string) => boolean;
  /** What open orders and positions have put aside of an asset, real units (Funds.reserved). */
  readonly reserved: (account: string, venue: string, asset: string) => number;
}

export type MovementDecision =
  | { readonly kind: 'decided'; readonly fact: FactOf<'money'> }
  | { readonly kind: 'repeated' } // booked before: nothing is left to do
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

/** Every problem at once. A venue's own movements are not asked whether the balance suffices. */
export function decideMovement(ground: MovementGround, wish: Wish): MovementDecision {
  const { accounts } = ground;
  if (accounts.hasMovement(wish.id)) return { kind: 'repeated' };
  const amount = parseAmount(wish.amount);
  const problems = [
    ...idProblems(accounts, wish),
    ...placeProblems(ground, wish),
    ...amountProblems(ground, wish, amount),
  ];
  if (problems.length > 0 || amount === null) return { kind: 'refused', problems };
  const { id, movement, instrument, by, reason } = wish;
  const postings = postingsOf(wish, amount);
  const value = valueOfMovement(ground.rates, wish, amount);
  if (value === null && accounts.capital().pending.length >= PENDING_MAX) {
    const message = `${PENDING_MAX} movements wait for a price of their asset; wait for marks`;
    return { kind: 'refused', problems: [{ path: 'asset', message }] };
  }
  return {
    kind: 'decided',
    fact: { kind: 'money', id, movement, postings, instrument, by, reason, value },
  };
}

/** What a venue says it has moved by itself, as a wish. */
export const wishOfReport = (report: MoneyReport): Wish => ({
  id: report.id,
  movement: report.movement,
  account: report.account,
  venue: report.venue,
  toAccount: report.account,
  toVenue: report.venue,
  asset: report.asset,
  amount: report.amount,
  instrument: report.instrument?.key ?? null,
  by: report.venue,
  reason: '',
  timeUs: report.timeUs,
});

/** Facts for capital that waited for marks and has them now; none while one is missing. */
export function decideValuations(
  accounts: AccountsReader,
  rates: Rates,
): readonly FactOf<'capital_valued'>[] {
  const facts: FactOf<'capital_valued'>[] = [];
  for (const { id, amounts } of accounts.capital().pending) {
    const value = worthOfAmounts(rates, amounts);
    if (Number.isFinite(value)) facts.push({ kind: 'capital_valued', id, value });
  }
  return facts;
}

const problem = (path: string, message: string): FieldProblem[] => [{ path, message }];

const ID = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/; // a byte a character in a checkpoint

function idProblems(accounts: AccountsReader, { id, timeUs }: Wish): FieldProblem[] {
  if (!ID.test(id)) return problem('id', 'must be 1 to 64 visible ASCII characters, no quotes');
  if (!Number.isFinite(timeUs)) return problem('time', `${timeUs} is not a time`);
  return timeUs <= accounts.forgottenUs()
    ? problem('id', `${id} is too old to tell whether it was booked; reconcile the balance instead`)
    : [];
}

function placeProblems(ground: MovementGround, wish: Wish): FieldProblem[] {
  const { hasAccount, hasVenue, rates } = ground;
  const found: FieldProblem[] = [];
  const look = (path: string, what: string, name: string, isKnown: boolean): void => {
    if (!isKnown) found.push({ path, message: `there is no ${what} '${name}' in this run` });
  };
  look('account', 'account', wish.account, hasAccount(wish.account));
  look('venue', 'venue', wish.venue, hasVenue(wish.venue));
  if (wish.movement === 'transfer') {
    look('toAccount', 'account', wish.toAccount, hasAccount(wish.toAccount));
    look('toVenue', 'venue', wish.toVenue, hasVenue(wish.toVenue));
    if (wish.account === wish.toAccount && wish.venue === wish.toVenue) {
      found.push({ path: 'toVenue', message: 'a transfer needs two different places' });
    }
  }
  if (!rates.isPriceable(wish.asset)) {
    const message = `nothing in this run prices '${wish.asset}'; add an instrument that does`;
    found.push({ path: 'asset', message });
  }
  return found;
}

function amountProblems(
  { accounts, rates, reserved }: MovementGround,
  { movement, account, venue, asset, amount: text }: Wish,
  amount: Amount | null,
): FieldProblem[] {
  if (amount === null) {
    const message = `'${text}' is not a plain decimal of at most 18 places`;
    return problem('amount', message);
  }
  const isSigned = SIGNED.has(movement);
  if (amount === 0n || (!isSigned && amount < 0n)) {
    return problem('amount', isSigned ? 'must not be zero' : 'must be above zero');
  }
  if (movement === 'deposit') return boundProblems(rates, asset, text, amount);
  if (movement !== 'withdrawal' && movement !== 'transfer') return [];
  const balance = accounts.balance(account, venue, asset);
  const kept = keptOf(reserved(account, venue, asset));
  if (kept !== null && amount <= balance - kept) return [];
  const held = `${formatAmount(balance)} ${asset} at ${venue}`;
  const told = kept === null ? 'what nobody can tell yet' : formatAmount(kept);
  const of = kept === 0n ? '' : `, of it ${told} are kept for open orders and positions`;
  return problem('amount', `${text} is more than is free: ${account} has ${held}${of}`);
}

/** Up to the next digit of the ledger, so that it can be taken from a balance exactly. */
function keptOf(real: number): Amount | null {
  if (!Number.isFinite(real)) return null;
  const { numerator, scale } = fractionOf(real);
  return amountOfRatio(numerator, 10n ** BigInt(scale), 'up');
}

/** What is counted in doubles beside it would lose its cents, or its thousands. */
const UNITS_MAX = 1e15;
const WORTH_MAX = 1e12; // base currency

function boundProblems(rates: Rates, asset: string, text: string, amount: Amount): FieldProblem[] {
  const units = toNumber(amount);
  const isSmall = units <= UNITS_MAX && !(units * rates.rateOf(asset) > WORTH_MAX);
  if (isSmall) return [];
  const most = `${UNITS_MAX.toLocaleString('en-US')} units or ${WORTH_MAX.toLocaleString('en-US')}`;
  return problem('amount', `${text} ${asset} is more than ${most} dollars: is it a slip?`);
}

const SIGNED: ReadonlySet<Movement> = new Set(['funding', 'interest']);

/** The world's side. */
const OTHER_SIDE = {
  deposit: 'capital',
  withdrawal: 'capital',
  funding: 'funding',
  interest: 'interest',
} as const satisfies Record<Exclude<Movement, 'transfer'>, LedgerBook>;

function postingsOf(wish: Wish, amount: Amount): Posting[] {
  const { movement, asset } = wish;
  if (movement === 'transfer') {
    const to = { account: wish.toAccount, venue: wish.toVenue, asset };
    return [line(wish, 'balance', -amount), line(to, 'balance', amount)];
  }
  const signed = movement === 'withdrawal' ? -amount : amount;
  return move(wish, OTHER_SIDE[movement], 'balance', signed);
}

function valueOfMovement(rates: Rates, { movement, asset }: Wish, amount: Amount): number | null {
  if (movement !== 'deposit' && movement !== 'withdrawal') return 0;
  const signed = movement === 'deposit' ? amount : -amount;
  const value = toNumber(signed) * rates.rateOf(asset);
  return Number.isFinite(value) ? value : null;
}
