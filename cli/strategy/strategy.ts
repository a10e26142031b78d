// Owns `colin strategy new|check|list`: a file to begin with, its practice, what is configured.
// Promise: check runs a file as the system would, in a worker, and exits 4 when it fails.
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { BUILT_INS } from '../../engine/strategies/built-ins.ts';
import { type InstanceSpec, instancesOf } from '../../engine/strategies/instances.ts';
import type { ParameterSchema } from '../../engine/strategies/parameters.ts';
import {
  createStrategyModules,
  problemsOfFiles,
} from '../../engine/surroundings/strategy-modules.ts';
import {
  flagOption,
  housePath,
  type Options,
  ROOT,
  readOptions,
  readSetup,
  reportProblems,
  textOption,
  userPath,
} from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText, say } from '../terminal.ts';
import { createPractice, type PracticeReport } from './practice.ts';
import { createPracticeMarket } from './practice-market.ts';
import { templateOf } from './template.ts';

const OPTIONS = {
  parameters: { type: 'string' },
  seed: { type: 'string', default: 'colin' },
  inside: { type: 'boolean', default: false },
} as const;

export async function runStrategy(args: string[]): Promise<number> {
  const options = readOptions('strategy', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const [action, ...words] = options.positionals;
  switch (action) {
    case 'new':
      return words.length === 1 || words.length === 2
        ? writeNew(words)
        : misused('new NAME [FILE]');
    case 'check':
      return words.length === 1 ? check(words[0] ?? '', options) : misused('check FILE');
    case 'list':
      return words.length === 0 ? list(options) : misused('list');
    default:
      return misused('new NAME [FILE], check FILE or list');
  }
}

function misused(wanted: string): number {
  complain(`strategy wants ${wanted}. 'colin help strategy' shows examples.`);
  return EXIT.usage;
}

// ---- new ------------------------------------------------------------------------------------

const NAME = /^[a-z0-9][a-z0-9-]{0,47}$/;

function writeNew([name = '', file = `${name}.ts`]: readonly string[]): number {
  if (!NAME.test(name) || name === 'manual') {
    complain(`'${name}' is no name: 1 to 48 small letters, digits and dashes, and not 'manual'.`);
    return EXIT.usage;
  }
  const path = userPath(file);
  if (!path.endsWith('.ts')) {
    complain(`${path} must end in .ts.`);
    return EXIT.usage;
  }
  if (existsSync(path)) {
    complain(`${path} is there already; choose another file.`);
    return EXIT.usage;
  }
  if (!existsSync(dirname(path))) {
    complain(`there is no folder ${dirname(path)}; make it first.`);
    return EXIT.usage;
  }
  const way = relative(dirname(path), join(ROOT, 'engine', 'strategies', 'strategy.ts'));
  const types = way.startsWith('.') ? way : `./${way}`;
  writeFileSync(path, templateOf(name, types));
  const entry = { name, module: path, instruments: ['*'], parameters: {} };
  say(`${path} is written. Try it:\n\n  colin strategy check ${path}\n`);
  say(`Then run it: in colin.config.json\n\n  ${JSON.stringify({ strategies: [entry] })}\n`);
  return EXIT.done;
}

// ---- check ----------------------------------------------------------------------------------

async function check(file: string, options: Options): Promise<number> {
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const parameters = parametersOf(textOption(options, 'parameters') ?? '{}');
  if (parameters === null) return EXIT.usage;
  const isBuiltIn = BUILT_INS.has(file);
  const name = 'checked';
  const spec: InstanceSpec = {
    name,
    module: isBuiltIn ? file : userPath(file),
    account: 'main',
    instruments: ['*'],
    parameters,
    isolated: !isBuiltIn && !flagOption(options, 'inside'),
  };
  const report = await practise(spec, setup.config, textOption(options, 'seed') ?? 'colin');
  if (setup.json) await printDocument({ file: spec.module, ...report });
  else await printText(formatPractice(spec.module, report));
  if (report.state === 'running') return EXIT.done;
  complain(`${basename(spec.module)}: ${report.reason}`);
  return EXIT.checkFailed;
}

function parametersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  complain(`--parameters wants a JSON object like '{"restMs":1000}', not ${text.slice(0, 60)}`);
  return null;
}

type Settings = NonNullable<ReturnType<typeof readSetup>>['config'];

async function practise(
  spec: InstanceSpec,
  config: Settings,
  seed: string,
): Promise<PracticeReport> {
  const { strategyHost, risk } = config;
  const limits = {
    intentsPerSecond: strategyHost.intentsPerSecond ?? risk.ordersPerSecond,
    intentsBurst: strategyHost.intentsBurst ?? risk.ordersBurst,
    callMsMax: strategyHost.callMsMax,
    isolatedTimeoutMs: strategyHost.isolatedTimeoutMs,
  };
  const practice = createPractice(spec, limits, seed);
  const market = createPracticeMarket(seed);
  const modules = createStrategyModules({
    traded: () => market.instruments,
    limits: strategyHost,
    pathOf: (module) => module,
    onNews: (name, news) => practice.onNews(name, news),
    onOutput: (_name, text) => practice.log(text),
  });
  try {
    const opened = await modules.openAll([spec]);
    return await practice.run(opened.get(spec.name) ?? null, modules.left);
  } finally {
    await modules.close();
  }
}

function formatPractice(file: string, report: PracticeReport): string {
  const { orders, fills, cancels, amends, refused, heldBack } = report;
  const positions = Object.entries(report.positions).map(([key, qty]) => `${qty} ${key}`);
  const logs = report.logs.map((line) => `  ${line}`);
  return [
    `${file}: ${report.state === 'running' ? 'ran to the end' : report.state}`,
    `${report.seconds} s of a generated market: ${report.books} books, ${report.signals} signals`,
    `orders ${orders}, fills ${fills}, cancels ${cancels}, amends ${amends}`,
    `refused ${refused}, held back ${heldBack}`,
    `position ${positions.length === 0 ? 'none' : positions.join(', ')}`,
    `saves ${report.saved ? 'something' : 'nothing'}`,
    ...(logs.length === 0 ? [] : ['it said', ...logs]),
    '',
  ].join('\n');
}

// ---- list -----------------------------------------------------------------------------------

async function list(options: Options): Promise<number> {
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const configured = instancesOf(setup.config);
  const builtIn = [...BUILT_INS].map(([name, { parameters }]) => ({ name, parameters }));
  const problems = problemsOfFiles(setup.config, housePath);
  if (setup.json) await printDocument({ configured, builtIn });
  else
    await printText(
      `${formatConfigured(configured)}\n\n${builtIn.map(formatBuiltIn).join('\n\n')}\n`,
    );
  reportProblems(problems);
  return problems.length > 0 ? EXIT.configuration : EXIT.done;
}

function formatConfigured(specs: readonly InstanceSpec[]): string {
  if (specs.length === 0) return 'no strategy is configured: orders by hand only';
  const rows = specs.map((spec) => [
    spec.name,
    spec.module,
    spec.account,
    spec.instruments.join(' '),
    JSON.stringify(spec.parameters),
    spec.isolated ? 'worker' : 'engine',
  ]);
  return formatTable(['name', 'module', 'account', 'instruments', 'parameters', 'thread'], rows);
}

function formatBuiltIn({
  name,
  parameters,
}: {
  name: string;
  parameters: ParameterSchema;
}): string {
  const rows = Object.entries(parameters).map(([parameter, spec]) => [
    parameter,
    spec.kind,
    String(spec.default),
    spec.unit ?? '',
    spec.doc,
  ]);
  const head = ['parameter', 'kind', 'default', 'unit', 'what'];
  return `built in: ${name}\n${formatTable(head, rows)}`;
}
