// Owns what every command reads first: its options, the configuration and the folders.
// Promise: a wrong option or setting is named with what to do; nothing starts half-configured.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import {
  type ConfigProblem,
  type ConfigResult,
  resolveConfig,
  type Secrets,
} from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import { complain } from './terminal.ts';

/** The checkout: the folder that holds the launcher. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', default: false },
  state: { type: 'string' },
  config: { type: 'string' },
  set: { type: 'string', multiple: true, default: [] as string[] },
} as const satisfies ParseArgsConfig['options'];

export interface Options {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** The options of one command, or null after a complaint (exit code 2). */
export function readOptions(
  command: string,
  args: readonly string[],
  own: NonNullable<ParseArgsConfig['options']>,
): Options | null {
  try {
    const parsed = parseArgs({
      args: [...args],
      options: { ...GLOBAL_OPTIONS, ...own },
      allowPositionals: true,
      strict: true,
    });
    return { values: parsed.values, positionals: parsed.positionals };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    complain(`${reason.split('. ')[0] ?? reason}. 'colin help ${command}' lists the options.`);
    return null;
  }
}

export const textOption = (options: Options, name: string): string | undefined => {
  const value = options.values[name];
  return typeof value === 'string' ? value : undefined;
};

export const listOption = (options: Options, name: string): readonly string[] => {
  const value = options.values[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};

export const flagOption = (options: Options, name: string): boolean =>
  options.values[name] === true;

/** For commands that take options only: a word too many is more likely a mistake than a wish. */
export function hasWords(command: string, { positionals }: Options): boolean {
  if (positionals.length === 0) return false;
  complain(`${command} takes no '${positionals[0]}'; 'colin help ${command}' lists the options.`);
  return true;
}

/** A path as the user wrote it, from where the user stands. */
export const userPath = (path: string): string =>
  isAbsolute(path) ? path : resolve(process.cwd(), path);

/** A path from the configuration, from the checkout. */
export const housePath = (path: string): string => (isAbsolute(path) ? path : join(ROOT, path));

/** Where the durable state of a run lies. */
export function stateDirOf(options: Options): string {
  const state = textOption(options, 'state');
  return state === undefined ? join(ROOT, 'state') : userPath(state);
}

export interface Setup {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly stateDir: string;
  readonly json: boolean;
}

/** The configuration as the file, the environment and the options give it. */
export function readConfig(options: Options, extra: readonly string[] = []): ConfigResult {
  const file = readConfigFile(textOption(options, 'config'));
  if (file.kind === 'problem') return { kind: 'invalid', problems: [file.problem], config: null };
  return resolveConfig({
    file: file.content,
    environment: process.env,
    settings: [...extra, ...listOption(options, 'set')],
  });
}

/** Configuration and folders, or null after every problem was named (exit code 3). */
export function readSetup(options: Options, extra: readonly string[] = []): Setup | null {
  const result = readConfig(options, extra);
  if (result.kind === 'invalid') {
    reportProblems(result.problems);
    return null;
  }
  return {
    config: result.config,
    secrets: result.secrets,
    stateDir: stateDirOf(options),
    json: flagOption(options, 'json'),
  };
}

export function reportProblems(problems: readonly ConfigProblem[]): void {
  for (const { path, message } of problems) complain(`configuration: ${path}: ${message}`);
}

type FileResult =
  | { readonly kind: 'read'; readonly content: unknown }
  | { readonly kind: 'problem'; readonly problem: ConfigProblem };

function readConfigFile(named: string | undefined): FileResult {
  const path = named === undefined ? join(ROOT, 'colin.config.json') : userPath(named);
  if (!existsSync(path)) {
    if (named === undefined) return { kind: 'read', content: undefined };
    return { kind: 'problem', problem: { path, message: 'there is no such file' } };
  }
  try {
    return { kind: 'read', content: JSON.parse(readFileSync(path, 'utf8')) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'problem', problem: { path, message: `is not readable JSON: ${message}` } };
  }
}

/** The compiled kernels; the launcher builds them. Throws where they are missing. */
export function readKernels(): WebAssembly.Module {
  const path = join(ROOT, 'build', 'colin.wasm');
  if (!existsSync(path)) throw new Error(`${path} is missing: start through ./colin, it builds it`);
  return new WebAssembly.Module(readFileSync(path));
}
