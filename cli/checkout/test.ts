// Owns `colin test`: types, lint, then every test file on two processes, with line coverage.
// Promise: exit 0 only when all of it passed and coverage stands above the bar; no test sees a key.
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { flagOption, readOptions } from '../invocation.ts';
import { complain, EXIT, formatTable, paint, printDocument, printText, say } from '../terminal.ts';
import { type CoverageSummary, type FileCoverage, summarizeCoverage } from './coverage.ts';
import { createTestLog, type TestLog } from './test-log.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const LINES_PERCENT_MIN = 90;
const PROCESSES = 2;
const UNLOADED_SHOWN = 10;
const FILE_MS_MAX = 180_000;

// The browser runs the dashboard; the end-to-end tests look at it there, where V8 of Node does not.
const MEASURED = ['engine/**/*.ts', 'workers/**/*.ts', 'gateway/**/*.ts'];
const UNMEASURED = ['dashboard/**', 'tests/**'];

// A developer's shell may hold live keys and a real database: no test may find them.
const SECRET =
  /^(ENVIRONMENT|LOG_LEVEL|DB_.*|.*_API_(KEY|SECRET|PASSPHRASE)|JWT_.*|ADMIN_API_KEYS)$/;

interface TestReport {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
  readonly coverage: CoverageSummary | null;
}

/** Arguments: [PATTERN …] [--json]. A pattern is a part of a test file's path. */
export async function runTests(args: string[]): Promise<number> {
  const options = readOptions('test', args, {});
  if (options === null) return EXIT.usage;
  const patterns = options.positionals;
  const files = globSync('tests/**/*.test.ts', { cwd: CHECKOUT }).sort();
  if (files.length === 0) {
    complain('no tests here: `colin test` works in a checkout of the source');
    return EXIT.unavailable;
  }
  const isWhole = patterns.length === 0;
  const chosen = files.filter(
    (file) => isWhole || patterns.some((pattern) => file.includes(pattern)),
  );
  if (chosen.length === 0) {
    complain(`no test file matches ${patterns.join(' ')}`);
    return EXIT.usage;
  }
  // All of it runs, so that one look shows everything that is wrong.
  const isSound = !isWhole || (await passesStaticChecks());
  const report = await runFiles(chosen, isWhole);
  await (flagOption(options, 'json') ? printDocument(report) : printText(describe(report)));
  return isSound ? verdict(report) : EXIT.checkFailed;
}

// Biome colours even what goes into a pipe.
const COLOURS = process.stderr.isTTY && !process.env.NO_COLOR ? '--colors=force' : '--colors=off';

async function passesStaticChecks(): Promise<boolean> {
  const types = await passes('types', 'typescript/bin/tsc', '--noEmit', '-p', '.');
  const lint = await passes('format and lint', '@biomejs/biome/bin/biome', 'ci', COLOURS, '.');
  return types && lint;
}

/** Runs a tool of node_modules on this Node; its words go to stderr only when it says no. */
function passes(title: string, script: string, ...args: string[]): Promise<boolean> {
  const startMs = performance.now();
  const tool = spawn(process.execPath, [join(CHECKOUT, 'node_modules', script), ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const words: Buffer[] = [];
  tool.stdout.on('data', (chunk: Buffer) => words.push(chunk));
  tool.stderr.on('data', (chunk: Buffer) => words.push(chunk));
  return new Promise((settle) => {
    tool.once('error', (error) => {
      complain(`${title}: ${error.message}`);
      settle(false);
    });
    tool.once('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(words));
      const mark = code === 0 ? paint('green', '✔') : paint('red', '✖');
      say(`${mark} ${title} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
      settle(code === 0);
    });
  });
}

async function runFiles(files: readonly string[], isWhole: boolean): Promise<TestReport> {
  for (const name of Object.keys(process.env)) if (SECRET.test(name)) delete process.env[name];
  // Code that comes from the compile cache is measured less precisely.
  process.env.NODE_DISABLE_COMPILE_CACHE = '1';
  const startMs = performance.now();
  const log = createTestLog(CHECKOUT, say);
  const events = run({
    files: files.map((file) => join(CHECKOUT, file)),
    concurrency: PROCESSES,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    timeout: FILE_MS_MAX,
    coverage: isWhole,
    ...(isWhole ? { coverageIncludeGlobs: MEASURED, coverageExcludeGlobs: UNMEASURED } : {}),
  });
  let coverage: CoverageSummary | null = null;
  for await (const event of events) {
    if (event.type === 'test:coverage') coverage = measure(event.data.summary.files);
    else log.accept(event);
  }
  log.printFailures();
  return { ...countsOf(log), durationMs: Math.round(performance.now() - startMs), coverage };
}

const countsOf = (log: TestLog) => ({
  tests: log.passed + log.failed + log.skipped,
  passed: log.passed,
  failed: log.failed,
  skipped: log.skipped,
});

interface MeasuredFile {
  readonly path: string;
  readonly totalLineCount: number;
  readonly coveredLineCount: number;
  readonly totalBranchCount: number;
  readonly coveredBranchCount: number;
}

function measure(files: readonly MeasuredFile[]): CoverageSummary {
  const loaded: FileCoverage[] = files.map((file) => ({
    path: relative(CHECKOUT, file.path),
    lines: file.totalLineCount,
    coveredLines: file.coveredLineCount,
    branches: file.totalBranchCount,
    coveredBranches: file.coveredBranchCount,
  }));
  const paths = globSync(MEASURED, { cwd: CHECKOUT, exclude: UNMEASURED });
  const texts = new Map(paths.map((path) => [path, readFileSync(join(CHECKOUT, path), 'utf8')]));
  return summarizeCoverage(loaded, texts);
}

function describe(report: TestReport): string {
  const { coverage } = report;
  const lines = [
    `${report.tests} tests: ${report.passed} passed, ${report.failed} failed, ` +
      `${report.skipped} skipped, in ${(report.durationMs / 1000).toFixed(1)} s`,
  ];
  if (coverage !== null) {
    const rows = coverage.folders.map((row) => [
      row.folder,
      String(row.files),
      row.linePercent.toFixed(1),
      row.branchPercent.toFixed(1),
    ]);
    lines.push('', formatTable(['coverage', 'files', 'lines %', 'branches %'], rows), '');
    for (const { path, linePercent } of coverage.worst) {
      if (linePercent < LINES_PERCENT_MIN) lines.push(`  ${linePercent.toFixed(1)} %  ${path}`);
    }
    if (coverage.unloaded.length > 0) {
      const shown = coverage.unloaded.slice(0, UNLOADED_SHOWN).join(', ');
      lines.push(`  never loaded by a test: ${coverage.unloaded.length} files: ${shown}`);
    }
    lines.push(
      `line coverage ${coverage.linePercent.toFixed(2)} % (at least ${LINES_PERCENT_MIN} %), ` +
        `branches ${coverage.branchPercent.toFixed(2)} %`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function verdict({ failed, tests, coverage }: TestReport): number {
  if (failed > 0 || tests === 0) return EXIT.checkFailed;
  if (coverage === null) return EXIT.done;
  return coverage.linePercent >= LINES_PERCENT_MIN ? EXIT.done : EXIT.checkFailed;
}
