// Owns the slice `accounts`: ledger, positions, holdings, capital, and which movements were booked.
// Promise: exact; changed by fold alone; a fact that contradicts what stands is refused whole.
import { assert } from '../core/assert.ts';
import { hashOf } from '../core/json.ts';
import type { Fact, FactOf } from '../facts/fact.ts';
import { type HoldingRecord, LEDGER_BOOKS, type LedgerBook, type Posting } from '../facts/money.ts';
import type { Slice } from '../facts/slice.ts';
import type { Amount } from './amount.ts';
import { type Capital, createCapital, PENDING_MAX, type PendingCapital } from './capital.ts';
import { createHoldings, type Held } from './holdings.ts';
import { createLedger, type Ledger, type LedgerRow } from './ledger.ts';
import { createMovements, MOVEMENT_IDS, type MovementsSaved } from './movement-ids.ts';
import type { Position } from './position.ts';

export interface AccountsSaved {
  readonly fills: number; // ever booked
  readonly opened: readonly string[]; // accounts of which anything was ever booked, sorted
  readonly ledger: readonly Posting[];
  readonly holdings: readonly HoldingRecord[];
  readonly capital: { readonly value: number; readonly pending: readonly PendingCapital[] };
  readonly movements: MovementsSaved;
}

/** What the rooms read. */
export interface AccountsReader {
  /** What an account holds at a venue. */
  balance(account: string, venue: string, asset: string): Amount;
  ledger(account: string, venue: string, book: LedgerBook, asset: string): Amount;
  ledgerRows(): Iterable<LedgerRow>;
  /** FLAT where nothing was ever traded. */
  position(account: string, instrument: string): Position;
  holding(account: string, strategy: string, instrument: string): Position;
  /** Positions of accounts (strategy null) and holdings of strategies, of one instrument. */
  heldOf(instrument: string): Iterable<Held>;
  /** Holdings of one strategy over all accounts. */
  heldBy(strategy: string): Iterable<Held>;
  /** Instruments that were ever traded. */
  traded(): Iterable<string>;
  /** Net capital at the marks of its day, base currency, and what has none yet. */
  capital(): Capital;
  nextFillNumber(): number;
  /** Unique for ever: counts every movement that was booked. */
  nextMovementId(): string;
  /** Whether anything was ever booked of this account: then opening deposits are past. */
  wasOpened(account: string): boolean;
  hasMovement(id: string): boolean;
  /** Of the newest movement whose id is no longer known; 0: none was forgotten. */
  forgottenUs(): number;
  isBalanced(): boolean;
}

export type Accounts = Slice<AccountsSaved> & AccountsReader;

interface State {
  readonly ledger: Ledger;
  readonly holdings: ReturnType<typeof createHoldings>;
  readonly capital: ReturnType<typeof createCapital>;
  readonly movements: ReturnType<typeof createMovements>;
  readonly opened: Set<string>;
  fills: number;
}

/** `movementIds`: how many ids of movements are remembered; older ones go by their time. */
export function createAccounts(movementIds = MOVEMENT_IDS): Accounts {
  const state: State = {
    ledger: createLedger(),
    holdings: createHoldings(),
    capital: createCapital(),
    movements: createMovements(movementIds),
    opened: new Set(),
    fills: 0,
  };
  const save = (): AccountsSaved => ({
    fills: state.fills,
    opened: [...state.opened].sort(),
    ledger: state.ledger.save(),
    holdings: state.holdings.save(),
    capital: state.capital.save(),
    movements: state.movements.save(),
  });
  return {
    name: 'accounts',
    fold: (fact, timeUs) => foldFact(state, fact, timeUs),
    save,
    load(saved) {
      assert(Number.isSafeInteger(saved.fills) && saved.fills >= 0, 'accounts: no count of fills');
      state.fills = saved.fills;
      state.opened.clear();
      for (const account of saved.opened) state.opened.add(account);
      state.ledger.load(saved.ledger);
      state.holdings.load(saved.holdings);
      state.capital.load(saved.capital);
      state.movements.load(saved.movements);
    },
    hash: () => hashOf(save()),
    ...readers(state),
  };
}

function readers(state: State): AccountsReader {
  const { ledger, holdings, capital, movements } = state;
  return {
    balance: (account, venue, asset) => ledger.sum(account, venue, 'balance', asset),
    ledger: (account, venue, book, asset) => ledger.sum(account, venue, book, asset),
    ledgerRows: () => ledger.rows(),
    position: (account, instrument) => holdings.find(account, null, instrument),
    holding: (account, strategy, instrument) => holdings.find(account, strategy, instrument),
    heldOf: (instrument) => holdings.of(instrument),
    heldBy: (strategy) => holdings.by(strategy),
    traded: () => holdings.instruments(),
    capital: () => capital.read(),
    nextFillNumber: () => state.fills + 1,
    nextMovementId: () => `m${movements.count() + 1}`,
    wasOpened: (account) => state.opened.has(account),
    hasMovement: (id) => movements.has(id),
    forgottenUs: () => movements.forgottenUs(),
    isBalanced: () => ledger.isBalanced(),
  };
}

/** Every check comes before the first change. */
function foldFact(state: State, fact: Fact, timeUs: number): void {
  if (fact.kind === 'fill') foldFill(state, fact);
  else if (fact.kind === 'money') foldMoney(state, fact, timeUs);
  else if (fact.kind === 'capital_valued') state.capital.settle(fact.id, fact.value);
}

function foldFill(state: State, { fill, postings, position, holding }: FactOf<'fill'>): void {
  const expected = state.fills + 1;
  assert(
    fill.number === expected,
    `fill ${fill.id} has number ${fill.number}, expected ${expected}`,
  );
  const isOfFill = ({ account, instrument }: HoldingRecord): boolean =>
    account === fill.account && instrument === fill.instrument;
  assert(
    isOfFill(position) && position.strategy === null,
    `fill ${fill.id}: its position belongs to somebody else`,
  );
  assert(
    isOfFill(holding) && holding.strategy === fill.strategy,
    `fill ${fill.id}: its holding belongs to somebody else`,
  );
  post(state, postings);
  state.holdings.put(position);
  state.holdings.put(holding);
  state.fills += 1;
}

function foldMoney(state: State, fact: FactOf<'money'>, timeUs: number): void {
  const { id, movement, instrument, postings, value } = fact;
  assert(!state.movements.has(id), `movement ${id} was already booked`);
  assert(value === null || Number.isFinite(value), `movement ${id} is worth ${value}`);
  assert(value !== null || state.capital.hasRoom(), `movement ${id}: too many wait for marks`);
  post(state, postings);
  if (movement === 'funding' && instrument !== null) {
    const paid = postings.find(({ book }) => book === 'balance');
    if (paid !== undefined) state.holdings.fund(instrument, paid);
  }
  if (value === null) state.capital.wait(id, postings);
  else state.capital.add(value);
  state.movements.add(id, timeUs);
}

function post({ ledger, opened }: State, postings: readonly Posting[]): void {
  ledger.post(postings);
  for (const { account } of postings) opened.add(account);
}

/** Longest names for the size to hold: accounts, strategies and instruments; venues, assets. */
const NAME_BYTES_MAX = 64 + 16; // with its key
const SHORT_BYTES_MAX = 32 + 16;
/** '-', 2^53 steps and 18 digits behind the point, quoted, with its key. */
const AMOUNT_BYTES_MAX = 64;
const ID_BYTES_MAX = 64 + 32; // with its time

export interface AccountsCapacities {
  readonly accounts: number;
  readonly purses: number; // an asset of an account at a venue
  readonly holdings: number; // an instrument of an account, or of a strategy in it
}

/** Bytes that save() can take as JSON. */
export function accountsSizeMax({ accounts, purses, holdings }: AccountsCapacities): number {
  const posting = NAME_BYTES_MAX + 3 * SHORT_BYTES_MAX + AMOUNT_BYTES_MAX;
  const holding = 3 * NAME_BYTES_MAX + 6 * AMOUNT_BYTES_MAX;
  const pending = PENDING_MAX * (ID_BYTES_MAX + 2 * (SHORT_BYTES_MAX + AMOUNT_BYTES_MAX));
  const rows = purses * LEDGER_BOOKS.length * posting;
  const names = accounts * NAME_BYTES_MAX;
  return 256 + names + rows + holdings * holding + pending + MOVEMENT_IDS * ID_BYTES_MAX;
}
