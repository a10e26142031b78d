// Owns the reading of a strategy module: what a file must export, and what create() must give.
// Promise: pure; a wrong shape is told by name, with what is expected; nothing wrong gets through.
import type { AnyModule } from './built-ins.ts';
import { problemsOfSchema, readParameters } from './parameters.ts';
import { type Context, type Desk, type Strategy, StrategyError } from './strategy.ts';
import { shown } from './wish.ts';

export type Checked<T> =
  | { readonly kind: 'sound'; readonly value: T }
  | { readonly kind: 'problem'; readonly reason: string };

const problem = (reason: string): { readonly kind: 'problem'; readonly reason: string } => ({
  kind: 'problem',
  reason,
});

const EXPECTED = 'expected `export const strategy = { parameters, create }`';

/** The module among the exports of a file. */
export function checkModule(exported: unknown): Checked<AnyModule> {
  // A file without a single import or export is CommonJS to Node, which gives it these two.
  const names = Object.keys(exported ?? {}).filter(
    (name) => name !== 'default' && name !== 'module.exports',
  );
  const module = (exported as { readonly strategy?: unknown } | null)?.strategy;
  if (module === undefined) {
    const found = names.length === 0 ? 'exports nothing' : `exports ${names.join(', ')}`;
    return problem(`${found}; ${EXPECTED}`);
  }
  if (typeof module !== 'object' || module === null) {
    return problem(`strategy is a ${module === null ? 'null' : typeof module}; ${EXPECTED}`);
  }
  const { parameters, create } = module as { readonly parameters?: unknown; create?: unknown };
  if (typeof create !== 'function') return problem(`strategy.create is no function; ${EXPECTED}`);
  const problems = problemsOfSchema(parameters, 'strategy.parameters');
  if (problems.length > 0) {
    return problem(problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
  }
  return { kind: 'sound', value: module as AnyModule };
}

const METHODS = [
  ...['onStart', 'onStop', 'onBook', 'onSignal', 'onFill', 'onOrder', 'onRefused', 'onBar'],
  ...['onTimer', 'save', 'load'],
];

/** A strategy made by `module` for a desk. Throws what create() throws. */
export function createStrategy(
  module: AnyModule,
  given: Readonly<Record<string, unknown>>,
  desk: Desk,
): Checked<Strategy> {
  const read = readParameters(module.parameters, given, 'parameters');
  if (read.kind === 'invalid') {
    return problem(read.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  }
  const made: unknown = module.create({ parameters: read.values as Context['parameters'], desk });
  refusePromise('create', made);
  if (typeof made !== 'object' || made === null) {
    return problem('create() gave no strategy; expected an object of handlers like onBook');
  }
  const isBad = (name: string): boolean =>
    METHODS.includes(name) && typeof (made as Record<string, unknown>)[name] !== 'function';
  const known = `known: ${METHODS.join(', ')}`;
  const keys = Object.keys(made);
  const bad = keys.find(isBad);
  if (bad !== undefined) return problem(`${bad} is no function`);
  const odd = keys.find((name) => /^on[A-Z]/.test(name) && !METHODS.includes(name));
  if (odd !== undefined) return problem(`there is no handler '${odd}'; ${known}`);
  if (!METHODS.some((name) => name in made)) return problem(`create() gave no handler; ${known}`);
  return { kind: 'sound', value: made as Strategy };
}

/**
 * Throws for a handler that answers with a promise: what it asks for later belongs to no call, and
 * where it fails nobody would hear of it but the whole thread.
 */
export function refusePromise(handler: string, said: unknown): void {
  if (typeof said !== 'object' || said === null) return;
  if (!('then' in said) || typeof said.then !== 'function') return;
  Promise.resolve(said).catch(() => undefined); // told here, whatever becomes of it
  throw new StrategyError(
    `${handler}() gave a promise; it ends when it returns: leave async and await out`,
  );
}

/**
 * What was thrown, with its place: in the file at `url`, or where its syntax is wrong. Anything can
 * be thrown, and nothing thrown may fail here: its texts are the user's code, too.
 */
export function describeThrown(thrown: unknown, url: string): string {
  try {
    return thrown instanceof Error ? describeError(thrown, url) : `threw ${textOf(thrown)}`;
  } catch {
    return 'threw what cannot be shown';
  }
}

function describeError(thrown: Error, url: string): string {
  const message = `${textOf(thrown.name)}: ${textOf(thrown.message)}`.slice(0, 1000);
  const stack: unknown = thrown.stack; // anybody may set it to anything
  const [first = '', ...calls] = typeof stack === 'string' ? stack.split('\n') : [];
  // A syntax error begins with the place, whichever file it is in; others have it in a call.
  const line = thrown instanceof SyntaxError ? first : calls.find((one) => isIn(one, url));
  const place = /([^/\\]+?)(?:\?[^:]*)?:(\d+(?::\d+)?)\)?$/.exec(line ?? '');
  return place === null ? message : `${message} (${place[1]}:${place[2]})`;
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 1000) : shown(value);
const isIn = (line: string, url: string): boolean => url !== '' && line.includes(url);
