// Owns one lane of the run: a copy of the checkout in a temporary folder, and trials in it.
// Promise: the checkout itself is never written; a trial that hangs is killed with its process.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Outcome = 'survived' | 'killed' | 'timeout';

export interface Lane {
  readonly folder: string;
  /** Runs test files until the first failure; `survived`: none failed. */
  try(tests: readonly string[], options: TrialOptions): Promise<Outcome>;
  write(path: string, text: string | Uint8Array): void;
  close(): void;
}

export interface TrialOptions {
  readonly timeoutMs: number;
  /** File of another kernel build, from the lane's folder; null: the checkout's own. */
  readonly kernels: string | null;
  /** Shows what the tests said: for a baseline that fails. */
  readonly isLoud?: boolean;
}

const COPIED = ['engine', 'wasm', 'tests', 'workers', 'gateway', 'bench', 'types', 'package.json'];
// Random orders past a mutant of the kernel: enough to meet every check, few enough to be quick.
const RISK_ORDERS = '3000';

export function openLane(checkout: string): Lane {
  const folder = mkdtempSync(join(tmpdir(), 'colin-mutants-'));
  for (const name of COPIED) cpSync(join(checkout, name), join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'build']) {
    symlinkSync(join(checkout, name), join(folder, name));
  }
  const running = new Set<ChildProcess>();
  const environment = {
    ...process.env,
    COLIN_SHARED: process.env.COLIN_SHARED ?? resolve(checkout, '../shared'),
    COLIN_RISK_ORDERS: RISK_ORDERS,
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  };
  return {
    folder,
    async try(tests, options) {
      // One process for the unit tests, where most mutants end, another for what takes longer.
      const isUnit = (path: string): boolean => path.startsWith('tests/unit/');
      const groups = [tests.filter(isUnit), tests.filter((path) => !isUnit(path))];
      for (const group of groups.filter(({ length }) => length > 0)) {
        const outcome = await tryTests(folder, environment, group, options, running);
        if (outcome !== 'survived') return outcome;
      }
      return 'survived';
    },
    write(path, text) {
      writeFileSync(join(folder, path), text);
    },
    close() {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function tryTests(
  folder: string,
  environment: NodeJS.ProcessEnv,
  tests: readonly string[],
  { timeoutMs, kernels, isLoud = false }: TrialOptions,
  running: Set<ChildProcess>,
): Promise<Outcome> {
  const env = { ...environment };
  if (kernels !== null) env.COLIN_KERNELS = join(folder, kernels);
  const args = ['--test-reporter=tap', 'tests/mutation/trial.ts', ...tests];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'pipe' });
  running.add(child);
  return new Promise((done, fail) => {
    let outcome: Outcome = 'survived';
    const end = (as: Outcome): void => {
      if (outcome === 'survived') outcome = as;
      if (!isLoud || as === 'timeout') child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    let tail = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (isLoud) process.stderr.write(chunk);
      const text = tail + chunk.toString();
      if (/^\s*not ok /m.test(text)) end('killed');
      tail = text.slice(text.lastIndexOf('\n') + 1);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (isLoud) process.stderr.write(chunk);
    });
    child.on('error', fail);
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      done(outcome === 'survived' && code !== 0 ? 'killed' : outcome);
    });
  });
}
