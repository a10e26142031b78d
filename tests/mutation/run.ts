// Owns the course of a mutation run: baselines, then every mutant past the tests of its file.
// Promise: a baseline that fails ends the run, since its mutants would all look killed.
import { buildKernels } from './kernel-build.ts';
import { type Lane, type Outcome, openLane } from './lane.ts';
import { type Mutant, mutatedLine, withMutant } from './mutants.ts';
import type { Trial } from './report.ts';
import type { Target } from './targets.ts';

export interface Job {
  readonly target: Target;
  readonly mutant: Mutant;
}

export interface RunOptions {
  readonly checkout: string;
  readonly files: ReadonlyMap<string, string>; // as they were copied
  readonly jobs: readonly Job[];
  readonly processes: number;
  readonly onTrial: (trial: Trial, done: number) => void;
}

const KERNELS = 'mutated.wasm';
// A mutant may loop for ever; an honest one is as quick as the original, give or take the machine.
const TIMEOUT_FACTOR = 6;
const TIMEOUT_LEAST_MS = 5000;
const TIMEOUT_MOST_MS = 20_000;

export async function runMutants(options: RunOptions): Promise<readonly Trial[]> {
  const { checkout, files, jobs, processes, onTrial } = options;
  const lanes = Array.from({ length: processes }, () => openLane(checkout));
  const close = (): void => {
    for (const lane of lanes) lane.close();
  };
  // Stopped by hand, a run leaves nothing behind either.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      close();
      process.exit(2);
    });
  }
  try {
    for (const lane of lanes) for (const [path, text] of files) lane.write(path, text);
    const timeouts = await measureBaselines(lanes, files, jobs);
    const trials: Trial[] = [];
    let next = 0;
    const work = async (lane: Lane): Promise<void> => {
      for (let job = jobs[next]; job !== undefined; job = jobs[next]) {
        next += 1;
        const trial = await tryMutant(lane, files, job, timeouts.get(job.target.path) ?? 60_000);
        trials.push(trial);
        onTrial(trial, trials.length);
      }
    };
    await Promise.all(lanes.map(work));
    return trials;
  } finally {
    close();
  }
}

async function measureBaselines(
  lanes: readonly Lane[],
  files: ReadonlyMap<string, string>,
  jobs: readonly Job[],
): Promise<ReadonlyMap<string, number>> {
  const [lane] = lanes;
  if (lane === undefined) throw new Error('a mutation run needs a process');
  const kernels = await buildKernels(files);
  if (kernels === null) throw new Error('the kernels do not compile as they stand');
  const timeouts = new Map<string, number>();
  const measured = new Map<string, number>();
  for (const { target } of jobs) {
    if (timeouts.has(target.path)) continue;
    if (target.tests.length === 0) throw new Error(`no test belongs to ${target.path}`);
    const key = target.tests.join(' ');
    const ms = measured.get(key) ?? (await measure(lane, target, kernels));
    measured.set(key, ms);
    const timeoutMs = Math.max(TIMEOUT_LEAST_MS, Math.min(TIMEOUT_MOST_MS, TIMEOUT_FACTOR * ms));
    timeouts.set(target.path, timeoutMs);
  }
  return timeouts;
}

async function measure(lane: Lane, target: Target, kernels: Uint8Array): Promise<number> {
  lane.write(KERNELS, kernels);
  const started = performance.now();
  const outcome = await lane.try(target.tests, {
    timeoutMs: 120_000,
    kernels: KERNELS,
    isLoud: process.env.COLIN_MUTATION_LOUD === '1',
  });
  if (outcome !== 'survived') {
    throw new Error(`the tests of ${target.path} fail without a mutant: ${target.tests.join(' ')}`);
  }
  return performance.now() - started;
}

async function tryMutant(
  lane: Lane,
  files: ReadonlyMap<string, string>,
  { target, mutant }: Job,
  timeoutMs: number,
): Promise<Trial> {
  const text = files.get(target.path) ?? '';
  const mutated = withMutant(text, mutant);
  const becomes = mutatedLine(text, mutant);
  if (target.isKernel) {
    const bytes = await buildKernels(new Map(files).set(target.path, mutated));
    if (bytes === null) return { ...mutant, becomes, outcome: 'invalid' };
    lane.write(KERNELS, bytes);
    return { ...mutant, becomes, outcome: await tryTests(lane, target, timeoutMs, KERNELS) };
  }
  lane.write(target.path, mutated);
  const outcome = await tryTests(lane, target, timeoutMs, null);
  lane.write(target.path, text);
  return { ...mutant, becomes, outcome };
}

const tryTests = (
  lane: Lane,
  { tests }: Target,
  timeoutMs: number,
  kernels: string | null,
): Promise<Outcome> => lane.try(tests, { timeoutMs, kernels });
