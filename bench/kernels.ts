// Owns the kernel benchmark: each kernel against the same algorithm in plain TypeScript.
// Promise: equal results are asserted before a time is shown; tiny runs are the same code.
import { analysisCases } from './analysis-cases.ts';
import { bookCases } from './book-cases.ts';
import { type BenchCase, type BenchRow, type Effort, formatRows, measureCase } from './harness.ts';
import { createKernelState } from './kernel-state.ts';
import { riskCases } from './risk-cases.ts';
import { FULL_SCALE, runScaleBench, type ScaleRow, TINY_SCALE } from './risk-scale.ts';

export interface KernelBenchOptions {
  readonly tiny: boolean;
}

export interface KernelBenchReport {
  readonly bench: 'kernels';
  readonly node: string;
  readonly platform: string;
  readonly tiny: boolean;
  readonly instruments: number;
  readonly rows: readonly BenchRow[];
  readonly scale: readonly ScaleRow[]; // what a fill costs, by number of instruments
}

/** Sizes: as promised (1000 instruments, 1000 scenarios, 1000 levels), or enough for a test. */
const sizesOf = (tiny: boolean) =>
  tiny
    ? { levels: 40, risk: { instruments: 8, held: 4, scenarios: 41, shocks: 5 } }
    : { levels: 1000, risk: { instruments: 1000, held: 200, scenarios: 1000, shocks: 32 } };

/** Prints a table to stderr and returns the same as data; nanoseconds per call. */
export async function runKernelBench(options: KernelBenchOptions): Promise<KernelBenchReport> {
  const { risk, levels } = sizesOf(options.tiny);
  const { instruments } = risk;
  const cases = [
    emptyCase(),
    ...riskCases(risk),
    ...bookCases(levels),
    ...analysisCases(options.tiny),
  ];
  const rows: BenchRow[] = [];
  for (const bench of cases) {
    rows.push(measureCase(bench, effortOf(bench, options.tiny)));
    await new Promise((resolve) => setImmediate(resolve)); // let signals through between rows
  }
  process.stderr.write(`${formatRows(rows)}\n`);
  const scale = runScaleBench(options.tiny ? TINY_SCALE : FULL_SCALE);
  const { version: node, platform, arch } = process;
  const { tiny } = options;
  const place = { node, platform: `${platform}-${arch}` };
  return { bench: 'kernels', ...place, tiny, instruments, rows, scale };
}

// About a second a row: enough calls for the optimising compilers of both contestants to settle.
function effortOf(bench: BenchCase, tiny: boolean): Effort {
  if (tiny) return { warmUpCalls: 4, samples: 16 };
  if (bench.effort !== undefined) return bench.effort;
  if (bench.callsPerSample === 1) return { warmUpCalls: 50_000, samples: 200_000 };
  return { warmUpCalls: 20_000, samples: 2000 };
}

/** The price of crossing from JavaScript into WASM and back: the sum of no numbers. */
function emptyCase(): BenchCase {
  const { kernels } = createKernelState(64);
  let kernelSum = 0;
  let plainSum = 0;
  const nothing = (at: number, n: number): number => at * n * 0;
  return {
    name: 'empty call',
    callsPerSample: 1000,
    tolerance: 0,
    kernel: {
      run: (k) => {
        kernelSum += kernels.sum(k & 63, 0);
      },
      result: () => Float64Array.of(kernelSum),
    },
    plain: {
      run: (k) => {
        plainSum += nothing(k & 63, 0);
      },
      result: () => Float64Array.of(plainSum),
    },
  };
}
