// Owns the rows on correctness: tests of limits and golden numbers, random orders, mutants.
// Promise: counts come from the tests themselves; a file that ran no test does not pass.
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../invocation.ts';
import { say } from '../terminal.ts';
import { type Finished, startNode } from './process.ts';
import { atLeast, exactly, isSo, missing, type ValidationRow } from './row.ts';

const TEST_SECONDS_MAX = 300;

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[]; // names
  readonly reasons: readonly string[]; // of the skipped
}

/** Reads what node --test says in TAP (its summary lines, and the names of what failed). */
export function readTap(text: string): TestCounts {
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const lines = text.split('\n');
  const failures = lines.flatMap((line) => /^\s*not ok \d+ - (.*)$/.exec(line)?.[1] ?? []);
  const reasons = lines.flatMap((line) => /# SKIP (.+)$/.exec(line)?.[1] ?? []);
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped'),
    failures,
    reasons: [...new Set(reasons)],
  };
}

function runTests(patterns: readonly string[]): Promise<Finished> {
  const files = globSync([...patterns], { cwd: ROOT }).sort();
  const flags = ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap'];
  return startNode([...flags, '--test-concurrency=2', ...files], TEST_SECONDS_MAX).finished;
}

const LIMIT_TESTS = [
  'tests/unit/wasm/risk*.test.ts',
  'tests/unit/wasm/scenarios*.test.ts',
  'tests/property/wasm/risk*.test.ts',
  'tests/unit/risk/*.test.ts',
];
const GOLDEN_TESTS = ['tests/integration/risk/golden-*.test.ts'];

/** Below, at and above every limit: of the kernel, and of the tables and controllers around it. */
export async function testLimits(): Promise<ValidationRow[]> {
  const counts = readTap((await runTests(LIMIT_TESTS)).out);
  return [rowOfTests('below, at and above every limit', counts, LIMIT_TESTS)];
}

export async function testGoldenNumbers(): Promise<ValidationRow[]> {
  const counts = readTap((await runTests(GOLDEN_TESTS)).out);
  return [rowOfTests('golden numbers', counts, GOLDEN_TESTS)];
}

export function rowOfTests(
  check: string,
  counts: TestCounts,
  patterns: readonly string[],
): ValidationRow {
  const { passed, failed, skipped, failures, reasons } = counts;
  const promised = 'every test passes';
  if (failed === 0 && skipped > 0) {
    return missing(check, promised, `${skipped} tests skipped: ${reasons.join('; ')}`);
  }
  const measured = `${passed} passed, ${failed} failed`;
  const told = failed > 0 ? failures.slice(0, 5).join('; ') : patterns.join(' ');
  return isSo(check, promised, measured, told, passed > 0 && failed === 0);
}

// ---- Random orders ----------------------------------------------------------------------------

interface RandomOrders {
  readonly orders: number;
  readonly approved: number;
  readonly refused: number;
  readonly nearLimit: number;
  readonly disagreements: readonly { readonly index: number; readonly what: readonly string[] }[];
  readonly byCheck: readonly { readonly alone: number; readonly close: number }[];
}

interface RandomOrdersModule {
  readonly runRandomOrders: (options: { seed: string; orders: number }) => RandomOrders;
}

const ALONE_MIN = 100;

/** In parts of 50,000 from a seed each, so that this process stays ready to be stopped. */
export async function askRandomOrders(orders: number): Promise<ValidationRow[]> {
  const path = join(ROOT, 'tests', 'property', 'risk', 'random-orders.ts');
  if (!existsSync(path)) return [missing('random orders', 'agree', 'no tests in this checkout')];
  const { runRandomOrders } = (await import(pathToFileURL(path).href)) as RandomOrdersModule;
  const parts: RandomOrders[] = [];
  const size = 50_000;
  for (let done = 0; done < orders; done += size) {
    const seed = `validate/${done}`;
    parts.push(runRandomOrders({ seed, orders: Math.min(size, orders - done) }));
    say(`    ${done + size} of ${orders} orders`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return randomOrderRows(parts, orders);
}

export function randomOrderRows(parts: readonly RandomOrders[], orders: number): ValidationRow[] {
  const sum = (pick: (part: RandomOrders) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0);
  const first = parts.flatMap(({ disagreements }) => disagreements)[0];
  const told =
    `${sum(({ approved }) => approved)} approved, ${sum(({ refused }) => refused)} refused, ` +
    `${sum(({ nearLimit }) => nearLimit)} too near their limit for doubles to tell` +
    (first === undefined ? '' : `; first at ${first.index}: ${first.what.join(', ')}`);
  const checks = parts[0]?.byCheck.length ?? 0;
  const least = (name: 'alone' | 'close'): number =>
    Math.min(
      ...Array.from({ length: checks }, (_, check) => sum((p) => p.byCheck[check]?.[name] ?? 0)),
    );
  return [
    exactly(
      'random orders asked',
      orders,
      sum((part) => part.orders),
      '',
      told,
    ),
    exactly(
      'random orders on which kernel and exact model differ',
      0,
      sum(({ disagreements }) => disagreements.length),
      '',
      'the model is written apart, in bigint rationals, and knows no kernel',
    ),
    atLeast(
      'times the rarest check refused alone',
      ALONE_MIN,
      checks === 0 ? 0 : least('alone'),
      '',
      `${checks} checks; each was kept within 1e-9 of its limit ${least('close')} times or more`,
    ),
  ];
}

// ---- Mutants ------------------------------------------------------------------------------------

interface MutationReport {
  readonly score: number;
  readonly files: readonly {
    readonly path: string;
    readonly mutants: number;
    readonly survived: number;
  }[];
  readonly equivalents: readonly unknown[];
  readonly seconds: number;
}

const SCORE_MIN = 0.9;
const MUTATION_SECONDS_MAX = 1500;

/** One mutation run: what is mutated, how, and the least share that tests must notice. */
export interface MutationPlan {
  readonly what: string;
  readonly args: readonly string[];
  readonly least: number;
}

const sampleOf = (mutants: number): MutationPlan => ({
  what: `mutants of kernel and engine/risk noticed, ${mutants} drawn of all operators`,
  args: ['--sample', String(mutants)],
  least: SCORE_MIN,
});
const comparisonsOf = (files: string, what: string, least: number): MutationPlan => ({
  what,
  args: ['--only', 'comparisons', '--files', files],
  least,
});

/** Every comparison, one by one; and of all other operators what ten minutes allow. */
export const WHOLE_MUTATION: readonly MutationPlan[] = [
  comparisonsOf('wasm/**', 'every single comparison of the kernel noticed', 1),
  comparisonsOf('engine/risk/**', 'comparisons of engine/risk noticed', SCORE_MIN),
  sampleOf(300),
];
export const QUICK_MUTATION: readonly MutationPlan[] = [sampleOf(100)];

export async function countMutants(plan: MutationPlan): Promise<ValidationRow[]> {
  const path = join(ROOT, 'tests', 'mutation', 'main.ts');
  if (!existsSync(path)) return [missing(plan.what, 'a score', 'no tests in this checkout')];
  const folder = mkdtempSync(join(tmpdir(), 'colin-validate-'));
  const file = join(folder, 'mutation.json');
  try {
    const flags = ['--disable-warning=ExperimentalWarning'];
    const args = [...flags, path, '--json', file, '--min', String(plan.least), ...plan.args];
    const onLine = (line: string): void => say(`    ${line}`);
    const { code, err } = await startNode(args, MUTATION_SECONDS_MAX, onLine).finished;
    if (!existsSync(file)) throw new Error(`exit code ${code}: ${err.slice(-500)}`);
    return [mutationRow(JSON.parse(readFileSync(file, 'utf8')) as MutationReport, plan)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function mutationRow(report: MutationReport, plan: MutationPlan): ValidationRow {
  const { files, score, equivalents, seconds } = report;
  const mutants = files.reduce((total, file) => total + file.mutants, 0);
  const survived = files.reduce((total, file) => total + file.survived, 0);
  const told =
    `${mutants} mutants of ${files.length} files, ` +
    `${survived} survived, ${equivalents.length} equivalent left out, ${Math.round(seconds)} s`;
  const row = atLeast(plan.what, plan.least, score, '', told);
  return { ...row, passed: row.passed === true && mutants > 0 };
}
