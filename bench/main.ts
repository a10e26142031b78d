// Owns the command line of the benchmarks: which one, how much, and against which saved baseline.
// Promise: figures come with their conditions; a baseline is compared as ratios only.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { flagOption, readOptions, textOption, userPath } from '../cli/invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText, say } from '../cli/terminal.ts';
import { FULL_ACCOUNTS, runAccountsBench, TINY_ACCOUNTS } from './accounts.ts';
import { runKernelBench } from './kernels.ts';
import { FULL, type PipelineResult, runPipelineBench, TINY } from './pipeline.ts';
import { FULL_RISK, PROMISED, type RiskRow, runRiskBench, TINY_RISK } from './risk.ts';
import { problemsOfScale, type ScaleRow } from './risk-scale.ts';

const OPTIONS = {
  baseline: { type: 'string' },
  save: { type: 'string' },
  tiny: { type: 'boolean', default: false },
} as const;
const NAMES = ['accounts', 'kernels', 'pipeline', 'risk'] as const;
const MEASURES = { accounts, kernels, pipeline, risk } as const;

const DURATIONS = {
  accounts: 'a few seconds',
  kernels: 'about a minute',
  pipeline: 'about a minute',
  risk: 'about three minutes',
} as const;

/** Figure by name, for comparing one run with another: nanoseconds or microseconds. */
type Figures = Readonly<Record<string, number>>;

interface BenchDocument {
  readonly bench: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly figures: Figures;
  readonly ratios?: Figures; // this run / baseline
  readonly result: unknown;
}

export async function runBenchmarks(args: string[]): Promise<number> {
  const options = readOptions('bench', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const name = NAMES.find((candidate) => candidate === options.positionals[0]);
  if (name === undefined || options.positionals.length > 1) {
    complain(`bench wants one of ${NAMES.join(', ')}. 'colin help bench' shows examples.`);
    return EXIT.usage;
  }
  const tiny = flagOption(options, 'tiny');
  say(`bench ${name}: ${tiny ? 'a tiny run, no figures to quote' : DURATIONS[name]}`);
  const measured = await MEASURES[name](tiny);
  const baseline = textOption(options, 'baseline');
  const document: BenchDocument = {
    bench: name,
    machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.versions.node },
    figures: measured.figures,
    ...(baseline === undefined ? {} : { ratios: compare(measured.figures, userPath(baseline)) }),
    result: measured.result,
  };
  const save = textOption(options, 'save');
  if (save !== undefined) writeFileSync(userPath(save), `${JSON.stringify(document, null, 2)}\n`);
  if (flagOption(options, 'json')) await printDocument(document);
  else await printText(`${measured.table}\n${ratioTable(document.ratios)}`);
  const { problems = [] } = measured;
  for (const problem of problems) complain(problem);
  return problems.length > 0 ? EXIT.checkFailed : EXIT.done;
}

interface Measured {
  readonly figures: Figures;
  readonly result: unknown;
  readonly table: string;
  /** Why these figures are not what they claim to be; none for most benchmarks. */
  readonly problems?: readonly string[];
}

async function accounts(tiny: boolean): Promise<Measured> {
  const result = runAccountsBench(tiny ? TINY_ACCOUNTS : FULL_ACCOUNTS);
  const figures = Object.fromEntries(
    result.map(({ instruments, fillUs }) => [`a fill among ${instruments}`, fillUs]),
  );
  const rows = result.map(({ instruments, fillUs, foldsPerSecond, equityUs }) => [
    String(instruments),
    fillUs.toFixed(2),
    foldsPerSecond.toFixed(0),
    equityUs.toFixed(2),
  ]);
  const head = ['instruments', 'a fill, µs', 'fills folded/s', 'equity, µs'];
  return { figures, result, table: formatTable(head, rows) };
}

async function kernels(tiny: boolean): Promise<Measured> {
  const result = await runKernelBench({ tiny });
  const figures = Object.fromEntries(result.rows.map((row) => [row.name, row.kernelNs.p50]));
  const rows = result.rows.map((row) => [
    row.name,
    row.kernelNs.p50.toFixed(1),
    row.kernelNs.p99.toFixed(1),
    row.plainNs.p50.toFixed(1),
    `${row.plainPerKernel.toFixed(2)}x`,
  ]);
  const head = ['kernel, ns', 'p50', 'p99', 'plain p50', 'plain/kernel'];
  const table = `${formatTable(head, rows)}\n\n${scaleTable(result.scale)}`;
  return { figures, result, table, problems: tiny ? [] : problemsOfScale(result.scale) };
}

/** What a fill costs the risk tables and the whole engine, and the end of an order. */
function scaleTable(scale: readonly ScaleRow[]): string {
  const rows = scale.map(({ instruments, riskNs, fillNs, endNs, ratios }) => [
    String(instruments),
    ...[riskNs, ratios.risk, fillNs, ratios.fill, endNs, ratios.end].map((value, k) =>
      k % 2 === 0 ? value.toFixed(0) : `${value.toFixed(2)}x`,
    ),
  ]);
  const head = ['instruments, ns', 'fill, risk', '', 'fill, all', '', 'end of order', ''];
  return formatTable(head, rows);
}

async function pipeline(tiny: boolean): Promise<Measured> {
  const result: PipelineResult = await runPipelineBench(tiny ? TINY : FULL);
  const figures = Object.fromEntries(
    result.rows.flatMap(({ variant, tickToOrderUs }) =>
      Object.entries(tickToOrderUs).map(([q, us]) => [`${variant} ${q}`, us] as const),
    ),
  );
  const rows = result.rows.map(({ variant, orders, tickToOrderUs }) => [
    variant,
    String(orders),
    ...Object.values(tickToOrderUs).map((us) => us.toFixed(1)),
  ]);
  const head = ['tick to order, µs', 'orders', 'p50', 'p99', 'p99.9', 'max'];
  return { figures, result, table: `${formatTable(head, rows)}\n\n${result.conditions}` };
}

async function risk(tiny: boolean): Promise<Measured> {
  const result = await runRiskBench(tiny ? TINY_RISK : FULL_RISK, say);
  const figures = Object.fromEntries(
    result.rows.flatMap(({ variant, p50, p99, p999 }) => [
      [`${variant} p50`, p50.median],
      [`${variant} p99`, p99.median],
      [`${variant} p99.9`, p999.median],
    ]),
  );
  const range = ({ median, min, max }: RiskRow['p50']): string =>
    `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
  const percent = ({ median, min, max }: RiskRow['p50']): string =>
    [median, min, max].map((share) => (100 * share).toFixed(2)).join(' / ');
  const rows = result.rows.map((row) => [
    row.variant,
    range(row.p50),
    `${PROMISED[row.variant].p50}`,
    range(row.p99),
    `${PROMISED[row.variant].p99}`,
    range(row.p999),
    percent(row.slowShare),
    row.framesPerSecond.median.toFixed(0),
    row.ordersPerSecond.median.toFixed(0),
  ]);
  const head = [
    'risk check, µs',
    'p50',
    'promised',
    'p99',
    'promised',
    'p99.9',
    '% above 20 µs',
    'frames/s',
    'orders/s',
  ];
  const problems = result.rows.flatMap(({ variant, problems: found }) =>
    found.map((problem) => `not as promised: ${variant}, ${problem}`),
  );
  return {
    figures,
    result,
    table: `${formatTable(head, rows)}\n\n${result.conditions}`,
    problems: tiny ? [] : problems,
  };
}

function compare(figures: Figures, path: string): Figures {
  const saved = JSON.parse(readFileSync(path, 'utf8')) as BenchDocument;
  const ratios = Object.entries(figures).flatMap(([name, value]) => {
    const before = saved.figures[name];
    return before === undefined || before === 0 ? [] : [[name, value / before] as const];
  });
  return Object.fromEntries(ratios);
}

function ratioTable(ratios: Figures | undefined): string {
  if (ratios === undefined) return '';
  const rows = Object.entries(ratios).map(([name, ratio]) => [name, `${ratio.toFixed(2)}x`]);
  return `\n${formatTable(['this run / baseline', 'ratio'], rows)}\n`;
}
