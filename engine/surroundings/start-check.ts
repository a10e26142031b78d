// Owns what must fit before an engine is built: limits with names, and the journal with both.
// Promise: pure; every problem at once, each saying what to change; none: nothing will contradict.
import { BASE_CURRENCY } from '../accounts/dollars.ts';
import type { LedgerRow } from '../accounts/ledger.ts';
import { decideOpening } from '../accounts/opening.ts';
import { pricingProblems } from '../accounts/pricing-problems.ts';
import type { Rates } from '../accounts/rates.ts';
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import type { FieldProblem } from '../core/ports.ts';
import { heldAssets } from '../execution/needed.ts';
import { levelsWithin } from '../memory/plan.ts';
import { checkTree, limitTreeOf, type RiskNames } from '../risk/limits.ts';
import { instrumentsMax } from '../run/instruments-slice.ts';
import type { State } from '../state.ts';
import { problemsOfCheckpoint, ringBytesFor } from '../storage/checkpoint-size.ts';
import { problemsOfInstances, problemsOfTraded } from '../strategies/instances.ts';
import { depositsOf } from './deposits.ts';
import { namesOf, sizesOf, slotsOf } from './ground.ts';
import { assetsMax, openMoney } from './money.ts';
import { treeInForce } from './risk-rooms.ts';

/**
 * What contradicts itself whatever is traded: limits of scopes there are, of unknown accounts and
 * strategies, of a child above its parent. Venues and instruments are taken as the limits name
 * them; a start knows better (problemsOfStart).
 */
export function problemsOfConfig(config: Config): readonly FieldProblem[] {
  const { limits } = config.risk;
  const instruments = Object.keys(limits.instruments).map((key) => ({
    key,
    venue: key.slice(key.lastIndexOf('.') + 1),
  }));
  const venues = new Set([...Object.keys(limits.venues), ...instruments.map(({ venue }) => venue)]);
  const names = { ...namesOf(config, []), venues: [...venues], instruments };
  const tree = limitTreeOf(config.risk, names, config.main.maxPortfolioValueUsd);
  const ofTree = tree.kind === 'invalid' ? tree.problems : [];
  return [...problemsOfInstances(config), ...ofTree, ...problemsOfRings(config, [])];
}

/** `state`: as the journal left it; empty on a fresh state folder. */
export function problemsOfStart(
  config: Config,
  instruments: readonly Instrument[],
  state: State,
): readonly string[] {
  const names = namesOf(config, instruments);
  const configured = limitTreeOf(config.risk, names, config.main.maxPortfolioValueUsd);
  const own = configured.kind === 'invalid' ? configured.problems : [];
  const capacity = problemsOfCapacity(config, instruments, state);
  if (capacity.length > 0) return capacity; // nothing of this size could be looked into
  const { rates } = openMoney(config, instruments, state);
  const problems = [
    ...problemsOfInstances(config),
    ...pricingProblems(instruments, rates),
    ...problemsOfTraded(config, instruments),
    ...own,
  ];
  const lines = [...problems.map(lineOf), ...problemsOfBooks(config, instruments.length)];
  if (lines.length > 0) return lines; // what follows is worked out from these
  return [
    ...problemsOfRings(config, instruments).map(lineOf),
    ...problemsOfDeposits(config, instruments, state).map(lineOf),
    ...problemsOfInstruments(state, names),
    ...problemsOfWorth(rates, state),
    ...problemsOfOwners(state, names),
    ...problemsOfPlaces(state, names),
    ...problemsOfLimits(config, state, names),
  ];
}

const lineOf = ({ path, message }: FieldProblem): string => `${path}: ${message}`;

/** What an engine with more room has left. Keys, ids and ended orders are forgotten instead. */
function problemsOfCapacity(
  { capacity }: Config,
  instruments: readonly Instrument[],
  { orders, instruments: known, accounts }: State,
): string[] {
  const slots = slotsOf({ capacity }, instruments.length);
  const lines: string[] = [];
  if (orders.openCount > capacity.orders) {
    lines.push(
      `capacity.orders: ${orders.openCount} orders live in the state folder, more than ` +
        `${capacity.orders}; raise it to ${orders.openCount} ${WAY_OUT}`,
    );
  }
  if (known.size > instrumentsMax(slots)) {
    lines.push(
      `capacity.instruments: ${known.size} instruments were traded with the state folder, more ` +
        `than twice ${slots}; raise it to ${Math.ceil(known.size / 2)} ${WAY_OUT}`,
    );
  }
  const held = [...accounts.ledgerRows()].map(({ asset }) => asset);
  const named = instruments.flatMap(({ base, quote, settle }) => [base, quote, settle]);
  const assets = new Set([BASE_CURRENCY, ...held, ...named]).size;
  if (assets > assetsMax(slots)) {
    lines.push(
      `capacity.instruments: the state folder and this run have ${assets} assets, more than the ` +
        `${assetsMax(slots)} that ${slots} slots leave room for; raise it ${WAY_OUT}`,
    );
  }
  return lines;
}

function problemsOfRings(
  config: Config,
  instruments: readonly Instrument[],
): readonly FieldProblem[] {
  const sizes = sizesOf(config, instruments);
  const least = ringBytesFor(sizes);
  const { journalRingBytes, gatewayRingBytes } = config.capacity;
  return problemsOfCheckpoint(sizes, {
    journalBytes: journalRingBytes ?? least,
    gatewayBytes: gatewayRingBytes ?? least,
  });
}

function problemsOfBooks(config: Config, instruments: number): string[] {
  const { bookBytesMax, levels } = config.capacity;
  const slots = slotsOf(config, instruments);
  if (levelsWithin(bookBytesMax, slots, levels) !== null) return [];
  return [
    `capacity.bookBytesMax: ${bookBytesMax} bytes give ${slots} books less than 64 levels a ` +
      'side; raise it, lower capacity.instruments, or trade fewer instruments',
  ];
}

/** Money that nobody could put anywhere, or that no mark of this run could ever price. */
function problemsOfDeposits(
  config: Config,
  instruments: readonly Instrument[],
  state: State,
): readonly FieldProblem[] {
  const [account = ''] = config.compliance.accounts;
  if (state.accounts.wasOpened(account)) return [];
  const { money } = openMoney(config, instruments, state);
  const decision = decideOpening(money, account, depositsOf(config), instruments, 1);
  return decision.kind === 'refused' ? decision.problems : [];
}

const WAY_OUT = 'or choose another folder with --state';

function problemsOfInstruments(state: State, names: RiskNames): string[] {
  const known = new Set(names.instruments.map(({ key }) => key));
  const held = [...state.accounts.traded()].filter((key) =>
    [...state.accounts.heldOf(key)].some(
      ({ position }) => position.qty !== 0n && isContract(state, key),
    ),
  );
  const keys = [...held, ...[...state.orders.open()].map(({ instrument }) => instrument.key)];
  const missing = [...new Set(keys)].filter((key) => !known.has(key));
  if (missing.length === 0) return [];
  return [
    `the state folder holds ${missing.join(', ')}, which this run does not trade; ` +
      `start it with the same instruments ${WAY_OUT}`,
  ];
}

/** Equity would be unknown for as long as the run lasts. */
function problemsOfWorth(rates: Pick<Rates, 'isPriceable'>, { accounts }: State): string[] {
  const lost = heldAssets(accounts).filter((asset) => !rates.isPriceable(asset));
  if (lost.length === 0) return [];
  return [
    `the state folder holds ${lost.join(', ')}, which nothing in this run prices in ` +
      `${BASE_CURRENCY}; start it with a pair that does ${WAY_OUT}`,
  ];
}

/** Coins lie at their venue whether a pair trades them or not. */
const isContract = ({ instruments }: State, key: string): boolean =>
  instruments.find(key)?.kind !== 'spot';

// A position without its owner, an order without its limits: nobody could say what they may do.
function problemsOfOwners({ accounts, orders }: State, names: RiskNames): string[] {
  const held = [...accounts.traded()]
    .flatMap((key) => [...accounts.heldOf(key)])
    .filter(({ position }) => position.qty !== 0n)
    .map(({ record }) => record);
  const owned = [...held, ...orders.open()];
  const problemOf = (what: string, used: string[], known: readonly string[]): string[] => {
    const missing = [...new Set(used)].filter((name) => !known.includes(name));
    if (missing.length === 0) return [];
    const list = missing.map((name) => `'${name}'`).join(', ');
    return [`the state folder holds orders or positions of ${what} ${list}, which is not there`];
  };
  const balances = [...accounts.ledgerRows()].filter(isBalance).map(({ account }) => account);
  const ofAccounts = problemOf(
    'account',
    [...owned.map(({ account }) => account), ...balances],
    names.portfolios,
  );
  const strategies = owned.flatMap(({ strategy }) => (strategy === null ? [] : [strategy]));
  return [
    ...ofAccounts.map((text) => `${text}: name it in compliance.accounts, ${WAY_OUT}`),
    ...problemOf('strategy', strategies, names.strategies).map(
      (text) => `${text}: name it in strategies, ${WAY_OUT}`,
    ),
  ];
}

const isBalance = ({ book, amount }: LedgerRow): boolean => book === 'balance' && amount !== 0n;

function problemsOfPlaces({ accounts }: State, names: RiskNames): string[] {
  const places = [...accounts.ledgerRows()].filter(isBalance).map(({ venue }) => venue);
  const missing = [...new Set(places)].filter((venue) => !names.venues.includes(venue));
  if (missing.length === 0) return [];
  return [
    `the state folder holds money at ${missing.join(', ')}, where this run trades nothing; ` +
      `start it with an instrument of each ${WAY_OUT}`,
  ];
}

/** Limits that people changed while it ran outlive a restart, so they have to fit it. */
function problemsOfLimits(config: Config, state: State, names: RiskNames): string[] {
  const limits = treeInForce(config, names, state);
  if (limits.version <= 1) return []; // the configuration's own
  return checkTree(limits, names).map(
    ({ message }) =>
      `limits version ${limits.version}, changed while the last engine ran: ${message}; ` +
      `start it with the same names ${WAY_OUT}`,
  );
}
