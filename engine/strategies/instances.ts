// Owns which strategies a configuration runs: their specifications, names and instruments.
// Promise: `execution.strategy` is one instance of that name; every problem is told with its path.
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import { MANUAL } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import { BUILT_INS, builtInOf } from './built-ins.ts';
import { readParameters } from './parameters.ts';

export interface InstanceSpec {
  readonly name: string;
  readonly module: string; // a built-in one, or the path of a file
  readonly account: string;
  readonly instruments: readonly string[]; // keys, symbols, or '*'
  readonly parameters: Readonly<Record<string, unknown>>;
  /** A user's file in a worker of its own; built-in ones never are. */
  readonly isolated: boolean;
}

/** The instances of a configuration, in its order. */
export function instancesOf(config: Config): readonly InstanceSpec[] {
  const { execution, strategies } = config;
  const [account = 'main'] = config.compliance.accounts;
  if (strategies.length > 0) {
    return strategies.map((one) => specOf(config, { ...one, account: one.account ?? account }));
  }
  if (execution.strategy === 'none') return [];
  const { strategy: module, parameters } = execution;
  const base = { name: module, module, account, instruments: ['*'], isolated: false };
  return [specOf(config, { ...base, parameters })];
}

// What the house says of sizes holds for built-in strategies that are not told otherwise.
function specOf(config: Config, spec: InstanceSpec): InstanceSpec {
  const module = builtInOf(spec.module);
  if (module === null) return spec;
  const house: Readonly<Record<string, unknown>> = {
    notionalUsd: config.main.defaultOrderNotionalUsd,
    maxPositionUsd: config.risk.maxPositionUsd,
    strongConfidence: config.ai.strongConfidence,
  };
  const known = Object.entries(house).filter(([name]) => Object.hasOwn(module.parameters, name));
  const parameters = { ...Object.fromEntries(known), ...spec.parameters };
  return { ...spec, parameters, isolated: false };
}

/** Everybody who may own an order or a position: the instances, and a person's hand. */
export const strategyNamesOf = (config: Config): readonly string[] => [
  ...instancesOf(config).map(({ name }) => name),
  MANUAL,
];

/** The instruments of an instance, in the order of `all`. */
export function instrumentsOf(
  { instruments: wanted }: Pick<InstanceSpec, 'instruments'>,
  all: readonly Instrument[],
): readonly Instrument[] {
  if (wanted.includes('*')) return all;
  const names = new Set(wanted);
  return all.filter(({ key, symbol }) => names.has(key) || names.has(symbol));
}

/** Where the instance stands in the configuration. */
const pathOf = (config: Config, index: number): string =>
  config.strategies.length === 0 ? 'execution' : `strategies.${index}`;

/** What contradicts itself whatever is traded: accounts, parameters of built-in strategies. */
export function problemsOfInstances(config: Config): readonly FieldProblem[] {
  const { accounts } = config.compliance;
  return instancesOf(config).flatMap((spec, index) => {
    const path = pathOf(config, index);
    const problems: FieldProblem[] = [];
    if (!accounts.includes(spec.account)) {
      const message = `'${spec.account}' is not in compliance.accounts: ${accounts.join(', ')}`;
      problems.push({ path: `${path}.account`, message });
    }
    const module = builtInOf(spec.module);
    if (module === null) return [...problems, ...problemsOfFile(spec.module, `${path}.module`)];
    const read = readParameters(module.parameters, spec.parameters, `${path}.parameters`);
    return read.kind === 'invalid' ? [...problems, ...read.problems] : problems;
  });
}

const FILE = /\.(?:ts|mts|js|mjs)$/;

function problemsOfFile(module: string, path: string): readonly FieldProblem[] {
  if (FILE.test(module)) return [];
  const known = [...BUILT_INS.keys()].join(', ');
  const message = `'${module}' is neither built in (${known}) nor a .ts, .mts, .js or .mjs file`;
  return [{ path, message }];
}

/** Instruments that are named and not traded by this run. */
export function problemsOfTraded(
  config: Config,
  all: readonly Pick<Instrument, 'key' | 'symbol'>[],
): readonly FieldProblem[] {
  const known = new Set(all.flatMap(({ key, symbol }) => [key, symbol]));
  const example = all[0]?.key ?? 'SYMBOL.venue';
  return config.strategies.flatMap(({ instruments }, index) =>
    instruments
      .filter((wanted) => wanted !== '*' && !known.has(wanted))
      .map((wanted) => ({
        path: `strategies.${index}.instruments`,
        message: `${wanted} is not traded by this run; name a key like ${example}`,
      })),
  );
}
