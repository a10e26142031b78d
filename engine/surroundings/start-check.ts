// Owns what must fit before an engine is built: limits with names, and the journal with both.
// Promise: pure; every problem at once, each saying what to change; none: nothing will contradict.
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { Checkpoint } from '../facts/fact.ts';
import { checkTree, limitTreeOf, type RiskNames } from '../risk/limits.ts';
import { namesOf } from './ground.ts';

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
  return tree.kind === 'invalid' ? tree.problems : [];
}

/** `checkpoint`: where the last engine stopped, null on a fresh state folder. */
export function problemsOfStart(
  config: Config,
  instruments: readonly Instrument[],
  checkpoint: Checkpoint | null,
): readonly string[] {
  const names = namesOf(config, instruments);
  const configured = limitTreeOf(config.risk, names, config.main.maxPortfolioValueUsd);
  const own = configured.kind === 'invalid' ? configured.problems : [];
  const problems = own.map(({ path, message }) => `${path}: ${message}`);
  if (checkpoint === null) return problems;
  return [
    ...problems,
    ...problemsOfInstruments(checkpoint, names),
    ...problemsOfOwners(checkpoint, names),
    ...problemsOfLimits(checkpoint, names),
  ];
}

const WAY_OUT = 'or choose another folder with --state';

function problemsOfInstruments(checkpoint: Checkpoint, names: RiskNames): string[] {
  const known = new Set(names.instruments.map(({ key }) => key));
  const { positions, openOrders, books = [] } = checkpoint;
  const held = positions.filter(({ qty }) => qty !== '0');
  const keys = [...held, ...openOrders, ...books].map(({ instrument }) => instrument);
  const missing = [...new Set(keys)].filter((key) => !known.has(key));
  if (missing.length === 0) return [];
  return [
    `the state folder holds ${missing.join(', ')}, which this run does not trade; ` +
      `start it with the same instruments ${WAY_OUT}`,
  ];
}

// A position without its owner, an order without its limits: nobody could say what they may do.
function problemsOfOwners({ openOrders, books = [] }: Checkpoint, names: RiskNames): string[] {
  const owned = [...openOrders, ...books];
  const problemOf = (what: string, used: string[], known: readonly string[]): string[] => {
    const missing = [...new Set(used)].filter((name) => !known.includes(name));
    if (missing.length === 0) return [];
    const list = missing.map((name) => `'${name}'`).join(', ');
    return [`the state folder holds orders or positions of ${what} ${list}, which is not there`];
  };
  const accounts = problemOf(
    'account',
    owned.map(({ account }) => account),
    names.portfolios,
  );
  const strategies = owned.map(({ strategy }) => strategy);
  return [
    ...accounts.map((text) => `${text}: name it in compliance.accounts, ${WAY_OUT}`),
    ...problemOf('strategy', strategies, names.strategies).map((text) => `${text}: ${WAY_OUT}`),
  ];
}

/** Limits that people changed while it ran outlive a restart, so they have to fit it. */
function problemsOfLimits({ limits }: Checkpoint, names: RiskNames): string[] {
  if (limits === undefined || limits.version === 1) return []; // the configuration's own
  return checkTree(limits, names).map(
    ({ message }) =>
      `limits version ${limits.version}, changed while the last engine ran: ${message}; ` +
      `start it with the same names ${WAY_OUT}`,
  );
}
