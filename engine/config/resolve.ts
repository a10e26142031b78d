// Owns how the configuration comes together: defaults < file < environment < flags.
// Promise: every problem is reported at once, with its path; nothing half-valid gets through.
import { type Config, configSchema } from './schema.ts';

export interface ConfigProblem {
  readonly path: string; // 'risk.maxLeverage'
  readonly message: string;
}

export type ConfigResult =
  | { readonly kind: 'resolved'; readonly config: Config; readonly secrets: Secrets }
  | {
      readonly kind: 'invalid';
      readonly problems: readonly ConfigProblem[];
      /** Read, though its parts contradict each other. Null: it cannot be read. */
      readonly config: Config | null;
    };

/** Kept apart from the configuration, so that it can be shown, hashed and journalled. */
export interface Secrets {
  readonly adminApiKeys: readonly string[];
  readonly jwtSecretKey: string | null;
}

export interface ConfigSources {
  readonly file: unknown; // parsed JSON of colin.config.json, undefined when there is none
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly settings: readonly string[]; // --set group.key=value
}

// Names fixed by product.md section 2; further rooms add theirs when they read them.
const FROM_ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['ENVIRONMENT', 'main.environment'],
  ['LOG_LEVEL', 'main.logLevel'],
];

export function resolveConfig(sources: ConfigSources): ConfigResult {
  const problems: ConfigProblem[] = [];
  const tree = copyTree(sources.file, problems);
  for (const [name, path] of FROM_ENVIRONMENT) {
    const value = sources.environment[name];
    if (value !== undefined && value !== '') setPath(tree, path, value.toLowerCase());
  }
  for (const setting of sources.settings) applySetting(tree, setting, problems);
  const parsed = configSchema.safeParse(tree);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(toProblems));
  else problems.push(...crossCheck(parsed.data, sources));
  if (!parsed.success) return { kind: 'invalid', problems, config: null };
  const config = withStrategyLimits(parsed.data);
  if (problems.length > 0) return { kind: 'invalid', problems, config };
  return { kind: 'resolved', config, secrets: readSecrets(sources.environment) };
}

/** Limits beside a strategy are limits of the tree like any other. */
function withStrategyLimits(config: Config): Config {
  const { risk } = config;
  const own = config.strategies
    .filter(({ limits }) => Object.keys(limits).length > 0)
    .map(({ name, limits }) => [name, limits] as const);
  if (own.length === 0) return config;
  const strategies = { ...risk.limits.strategies, ...Object.fromEntries(own) };
  return { ...config, risk: { ...risk, limits: { ...risk.limits, strategies } } };
}

function problemsOfStrategies({ strategies, risk }: Config): ConfigProblem[] {
  const names = strategies.map(({ name }) => name);
  return strategies.flatMap(({ name, limits }, index) => {
    const path = `strategies.${index}`;
    const problems: ConfigProblem[] = [];
    if (names.indexOf(name) < index) {
      problems.push({ path: `${path}.name`, message: `'${name}' is the name of another one` });
    }
    if (Object.keys(limits).length > 0 && Object.hasOwn(risk.limits.strategies, name)) {
      const message = `give them here or in risk.limits.strategies.${name}, not in both`;
      problems.push({ path: `${path}.limits`, message });
    }
    return problems;
  });
}

function copyTree(file: unknown, problems: ConfigProblem[]): Record<string, unknown> {
  if (file === undefined) return {};
  if (typeof file === 'object' && file !== null && !Array.isArray(file)) {
    return structuredClone(file) as Record<string, unknown>;
  }
  problems.push({ path: '(file)', message: 'must be a JSON object of groups, e.g. {"risk":{}}' });
  return {};
}

function applySetting(
  tree: Record<string, unknown>,
  setting: string,
  problems: ConfigProblem[],
): void {
  const equals = setting.indexOf('=');
  if (equals < 1) {
    problems.push({ path: setting, message: '--set wants group.key=value' });
    return;
  }
  const text = setting.slice(equals + 1);
  setPath(tree, setting.slice(0, equals), parseScalar(text));
}

// A value that is JSON is taken as that (numbers, booleans, arrays), everything else as text.
function parseScalar(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function setPath(tree: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let node = tree;
  for (const key of keys) {
    const child = Object.hasOwn(node, key) ? node[key] : undefined;
    const next = typeof child === 'object' && child !== null ? child : {};
    setOwn(node, key, next);
    node = next as Record<string, unknown>;
  }
  setOwn(node, last, value);
}

// Assigning to '__proto__' would hide a key from the schema; defined, it is unknown like any other.
function setOwn(node: Record<string, unknown>, key: string, value: unknown): void {
  const shape = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(node, key, shape);
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function toProblems(issue: Issue): ConfigProblem[] {
  const path = issue.path.map(String);
  if (issue.keys === undefined) return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'unknown key; see `colin config schema` for the known ones',
  }));
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

function crossCheck(config: Config, sources: ConfigSources): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (config.risk.drawdownWarning >= config.risk.drawdownHard) {
    problems.push({
      path: 'risk.drawdownWarning',
      message: `must be below drawdownHard, which is ${config.risk.drawdownHard}`,
    });
  }
  const { strategyDrawdownWarning, strategyDrawdownHard } = config.risk;
  if (strategyDrawdownWarning >= strategyDrawdownHard) {
    problems.push({
      path: 'risk.strategyDrawdownWarning',
      message: `must be below strategyDrawdownHard, which is ${strategyDrawdownHard}`,
    });
  }
  const { accounts } = config.compliance;
  if (accounts.length === 0 || new Set(accounts).size < accounts.length) {
    const message = 'name at least one account, and each of them once';
    problems.push({ path: 'compliance.accounts', message });
  }
  problems.push(...problemsOfStrategies(config));
  if (
    !LOOPBACK.has(config.main.host) &&
    readSecrets(sources.environment).adminApiKeys.length === 0
  ) {
    problems.push({
      path: 'main.host',
      message: `${config.main.host} is not loopback: set ADMIN_API_KEYS before listening there`,
    });
  }
  return problems;
}

function readSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  return {
    adminApiKeys: (environment.ADMIN_API_KEYS ?? '')
      .split(',')
      .map((k) => k.trim())
      .filter(Boolean),
    jwtSecretKey: environment.JWT_SECRET_KEY ?? null,
  };
}
