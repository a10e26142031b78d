// Owns the rows on speed: the benchmarks' own figures beside what was promised.
// Promise: nothing is measured here; a figure whose run was not as promised does not pass.

import { documentOf, runColin } from './process.ts';
import { atLeast, atMost, exactly, isSo, type ValidationRow } from './row.ts';

const BENCH_SECONDS_MAX = 400;

// ---- Kernels --------------------------------------------------------------------------------

interface KernelRow {
  readonly name: string;
  readonly kernelNs: { readonly p50: number; readonly p99: number };
  readonly plainNs: { readonly p50: number };
  readonly plainPerKernel: number;
  readonly calls: number;
}

interface KernelDocument {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly result: { readonly rows: readonly KernelRow[] };
}

interface KernelPromise {
  readonly begins: string; // of the benchmark's row
  readonly us: number; // median
}

const KERNELS: readonly KernelPromise[] = [
  { begins: 'risk check: limits + normal VaR', us: 1 },
  { begins: 'risk check with historical VaR', us: 4 },
  { begins: 'historical VaR', us: 60 },
  { begins: 'covariance update', us: 15 },
  { begins: 'Monte Carlo', us: 15_000 },
];

export async function measureKernels(): Promise<ValidationRow[]> {
  const document = documentOf(await runColin(['bench', 'kernels', '--json'], BENCH_SECONDS_MAX));
  return kernelRows(document as KernelDocument); // our own benchmark printed it
}

export function kernelRows({ machine, result }: KernelDocument): ValidationRow[] {
  const rows = KERNELS.map((promise) => {
    const row = result.rows.find(({ name }) => name.startsWith(promise.begins));
    if (row === undefined) {
      const told = `the kernel benchmark has no row '${promise.begins}'`;
      return isSo(`kernel: ${promise.begins}`, `<= ${promise.us} µs`, 'nothing', told, false);
    }
    const { kernelNs, plainNs, plainPerKernel, calls } = row;
    const conditions =
      `median of ${calls} calls, p99 ${us(kernelNs.p99)} µs; plain TypeScript ` +
      `${us(plainNs.p50)} µs in the same run, ${plainPerKernel.toFixed(2)} times the kernel, ` +
      'results equal';
    return atMost(`kernel: ${row.name}`, promise.us, us(kernelNs.p50), 'µs', conditions);
  });
  const told = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; unequal ends the run`;
  const compared = result.rows.length;
  return [
    ...rows,
    atLeast('kernels equal to plain TypeScript', KERNELS.length, compared, '', told),
  ];
}

const us = (ns: number): number => Math.round(ns) / 1000;

// ---- The running engine -----------------------------------------------------------------------

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

interface RiskBenchRow {
  readonly variant: string;
  readonly p50: Spread;
  readonly p99: Spread;
  readonly p999: Spread;
  readonly framesPerSecond: Spread;
  readonly ordersPerSecond: Spread;
  readonly problems: readonly string[];
  readonly rounds: readonly {
    readonly allocation: { readonly kernelBytes: number; readonly verdictBytes: number };
  }[];
}

interface RiskBenchDocument {
  readonly result: { readonly conditions: string; readonly rows: readonly RiskBenchRow[] };
}

const CHECKS: Readonly<Record<string, { readonly words: string; p50: number; p99: number }>> = {
  normal: { words: 'all limits, parametric VaR', p50: 1, p99: 5 },
  historical: { words: 'all limits, parametric and historical VaR, stress', p50: 4, p99: 15 },
};
const FRAMES_PER_SECOND = 20_000;

export async function measureRunningEngine(): Promise<ValidationRow[]> {
  const document = documentOf(await runColin(['bench', 'risk', '--json'], BENCH_SECONDS_MAX));
  return engineRows(document as RiskBenchDocument); // our own benchmark printed it
}

export function engineRows({ result }: RiskBenchDocument): ValidationRow[] {
  const rows = result.rows.flatMap((row) => rowsOf(row, result.conditions));
  return rows.length > 0 ? rows : [isSo('running engine', 'measured', 'nothing', '', false)];
}

function rowsOf(row: RiskBenchRow, conditions: string): ValidationRow[] {
  const { variant, problems, framesPerSecond, ordersPerSecond, rounds } = row;
  const promise = CHECKS[variant];
  if (promise === undefined) return [];
  const name = `running engine: ${promise.words}`;
  const [first] = rounds;
  return [
    atMost(`${name}, p50`, promise.p50, row.p50.median, 'µs', rangeOf(row.p50)),
    atMost(`${name}, p99`, promise.p99, row.p99.median, 'µs', rangeOf(row.p99)),
    atLeast(
      `${name}, frames processed`,
      FRAMES_PER_SECOND,
      Math.floor(framesPerSecond.min),
      'a second',
      `least of ${rounds.length} rounds; ${ordersPerSecond.median.toFixed(0)} orders a second; ` +
        conditions,
    ),
    exactly(
      `${name}, heap taken by a check`,
      0,
      Math.max(...rounds.map(({ allocation }) => allocation.kernelBytes)),
      'bytes',
      `in a loop of the engine that ran; with the approved order it hands on: ` +
        `${first?.allocation.verdictBytes} bytes`,
    ),
    isSo(
      `${name}, runs as promised`,
      'no gap, refusal or breaker',
      problems.length === 0 ? 'none' : `${problems.length}`,
      problems.join('; '),
      problems.length === 0,
    ),
  ];
}

const rangeOf = ({ min, max }: Spread): string =>
  `median of the rounds, which lie between ${min} and ${max} µs`;
