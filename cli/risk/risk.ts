// Owns `colin risk`: its subcommands and their options, over files or over the running book.
// Promise: a wrong option exits 2, a file that cannot be used 3; without files the system is asked.
import type { ParseArgsConfig } from 'node:util';
import { API_OPTIONS } from '../control/api-client.ts';
import { type Options, readOptions } from '../invocation.ts';
import { complain, EXIT } from '../terminal.ts';
import { runBacktest } from './backtest.ts';
import { runCheck } from './check.ts';
import { runCovariance } from './covariance.ts';
import { runStress } from './stress.ts';
import { runVar } from './var.ts';

const OPTIONS = {
  returns: { type: 'string' },
  portfolio: { type: 'string' },
  incremental: { type: 'string', multiple: true },
  paths: { type: 'string' },
  seed: { type: 'string' },
  window: { type: 'string', multiple: true },
  scenarios: { type: 'string' },
  equity: { type: 'string' },
  'loss-limit': { type: 'string' },
  day: { type: 'boolean' },
  price: { type: 'string' },
  'reduce-only': { type: 'boolean' },
  ...API_OPTIONS,
} as const satisfies ParseArgsConfig['options'];

type OptionName = keyof typeof OPTIONS;

interface Subcommand {
  readonly run: (options: Options) => Promise<number>;
  readonly takes: readonly OptionName[];
  readonly takesWords?: boolean;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  var: { run: runVar, takes: ['returns', 'portfolio', 'incremental', 'paths', 'seed', 'url'] },
  covariance: { run: runCovariance, takes: ['returns', 'window', 'url'] },
  backtest: { run: runBacktest, takes: ['returns', 'portfolio', 'window'] },
  stress: {
    run: runStress,
    takes: ['portfolio', 'scenarios', 'equity', 'loss-limit', 'returns', 'day', 'url'],
  },
  check: { run: runCheck, takes: ['price', 'reduce-only', 'url'], takesWords: true },
};

/** Runs one subcommand; its exit code. Unexpected faults of the file system are thrown. */
export async function runRisk(args: string[]): Promise<number> {
  const options = readOptions('risk', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const [name = '', ...rest] = options.positionals;
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand === undefined) {
    const wrong = name === '' ? 'which risk?' : `there is no 'risk ${name}'.`;
    complain(`${wrong} Say risk ${Object.keys(SUBCOMMANDS).join(', ')}; 'colin help risk'.`);
    return EXIT.usage;
  }
  const given = (Object.keys(OPTIONS) as OptionName[]).filter(
    (option) => options.values[option] !== undefined,
  );
  const strange = given.find((option) => !subcommand.takes.includes(option));
  const [word] = subcommand.takesWords === true ? [] : rest;
  if (word !== undefined || strange !== undefined) {
    complain(`risk ${name} takes no '${word ?? `--${strange}`}'; 'colin help risk'.`);
    return EXIT.usage;
  }
  return subcommand.run(options);
}
