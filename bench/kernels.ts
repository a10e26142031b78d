// Owns the kernel benchmark: each kernel against the same algorithm in plain TypeScript.
// Promise: equal results are asserted before a time is shown; tiny runs are the same code.
import { createRandom } from '../engine/core/random.ts';
import * as layout from '../wasm/layout.ts';
import { analysisCases } from './analysis-cases.ts';
import { bookCases } from './book-cases.ts';
import { type BenchCase, type BenchRow, type Effort, formatRows, measureCase } from './harness.ts';
import { createKernelState } from './kernel-state.ts';
import { checkPlain, type PlainRisk } from './plain-risk.ts';

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
}

const NOW_US = 1_700_000_000_000_000;

/** Sizes: as promised (1000 instruments, 1000 levels), or small enough for a test. */
const sizesOf = (tiny: boolean) =>
  tiny ? { instruments: 8, levels: 40 } : { instruments: 1000, levels: 1000 };

/** Prints a table to stderr and returns the same as data; nanoseconds per call. */
export async function runKernelBench(options: KernelBenchOptions): Promise<KernelBenchReport> {
  const { instruments, levels } = sizesOf(options.tiny);
  const cases = [
    emptyCase(),
    riskCase(instruments),
    ...bookCases(levels),
    ...analysisCases(options.tiny),
  ];
  const rows: BenchRow[] = [];
  for (const bench of cases) {
    rows.push(measureCase(bench, effortOf(bench, options.tiny)));
    await new Promise((resolve) => setImmediate(resolve)); // let signals through between rows
  }
  process.stderr.write(`${formatRows(rows)}\n`);
  const { version: node, platform, arch } = process;
  const { tiny } = options;
  return { bench: 'kernels', node, platform: `${platform}-${arch}`, tiny, instruments, rows };
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

/** One order against every limit and the marginal VaR; most pass, some break each kind of limit. */
function riskCase(instruments: number): BenchCase {
  const kernel = createRiskState(instruments);
  const plain = createRiskState(instruments);
  const { kernels } = kernel.state;
  const { system, rows, rowCount, covariance, order } = kernel.risk;
  let kernelMasks = 0;
  let plainMasks = 0;
  return {
    name: `risk check, ${instruments} instruments`,
    callsPerSample: 1,
    tolerance: 0,
    kernel: {
      run: (k) => {
        writeOrder(kernel.risk, k);
        const mask = kernels.riskCheck(system, rows, rowCount, covariance, order);
        kernelMasks = (kernelMasks * 31 + mask) % 1e9;
      },
      result: () => riskResult(kernel.risk, kernelMasks),
    },
    plain: {
      run: (k) => {
        writeOrder(plain.risk, k);
        plainMasks = (plainMasks * 31 + checkPlain(plain.risk)) % 1e9;
      },
      result: () => riskResult(plain.risk, plainMasks),
    },
  };
}

const riskResult = (risk: PlainRisk, masks: number): Float64Array => {
  const answers = risk.numbers.slice(risk.order / 8 + 5, (risk.order + layout.ORDER_BYTES) / 8);
  return Float64Array.of(masks, ...answers);
};

function writeOrder(risk: PlainRisk, k: number): void {
  const { numbers, words, order } = risk;
  words[(order + layout.ORDER_INSTRUMENT) / 4] = (k * 7919) % risk.rowCount;
  words[(order + layout.ORDER_SIDE) / 4] = k & 1;
  words[(order + layout.ORDER_FLAGS) / 4] = k % 16 === 0 ? layout.ORDER_REDUCE_ONLY : 0;
  numbers[(order + layout.ORDER_PRICE) / 8] = k % 3 === 0 ? 0 : 96 + (k % 10);
  numbers[(order + layout.ORDER_QTY) / 8] = 1 + (k % 97);
  numbers[(order + layout.ORDER_NOW_US) / 8] = NOW_US + k * 100;
}

function createRiskState(instruments: number) {
  const covarianceBytes = layout.COVARIANCE_WEIGHTS + 8 * (3 * instruments + instruments ** 2);
  const rowBytes = instruments * layout.RISK_ROW_BYTES;
  const state = createKernelState(covarianceBytes + rowBytes + 4096);
  const { numbers, words } = state;
  const system = state.take(layout.RISK_SYSTEM_BYTES);
  const rows = state.take(rowBytes);
  const order = state.take(layout.ORDER_BYTES);
  const covariance = state.take(covarianceBytes);
  const risk = { numbers, words, system, rows, rowCount: instruments, covariance, order };
  fillSystem(risk);
  fillRows(risk);
  words[covariance / 4] = instruments;
  const random = createRandom('bench covariance');
  const base = (covariance + layout.COVARIANCE_WEIGHTS) / 8;
  for (let k = 0; k < instruments; k += 1) {
    numbers[base + k] = 1000 * random.normal();
    numbers[base + instruments + k] = random.normal();
    numbers[base + 3 * instruments + k * (instruments + 1)] = 4e-4 * (1 + random.uniform());
  }
  return { state, risk };
}

function fillSystem({ numbers, system }: PlainRisk): void {
  const set = (column: number, value: number): void => {
    numbers[(system + column) / 8] = value;
  };
  set(layout.RISK_EQUITY, 1_000_000);
  set(layout.RISK_EQUITY_US, NOW_US);
  set(layout.RISK_GROSS, 150_000);
  set(layout.RISK_VARIANCE, 1e8);
  set(layout.RISK_TOKENS, 1000);
  set(layout.RISK_TOKENS_US, NOW_US);
  set(layout.RISK_MAX_ORDER_NOTIONAL, 9000);
  set(layout.RISK_MAX_EXPOSURE, 0.2);
  set(layout.RISK_MAX_LEVERAGE, 3);
  set(layout.RISK_MAX_OPEN_ORDERS, 100);
  set(layout.RISK_RATE_PER_SECOND, 10_000);
  set(layout.RISK_RATE_BURST, 1000);
  set(layout.RISK_MARK_AGE_US_MAX, 1e15);
  set(layout.RISK_EQUITY_AGE_US_MAX, 1e15);
  set(layout.RISK_VAR_LIMIT, 0.02);
  set(layout.RISK_VAR_Z, 1.6448536269514722);
}

function fillRows({ numbers, words, rows, rowCount }: PlainRisk): void {
  const random = createRandom('bench rows');
  for (let k = 0; k < rowCount; k += 1) {
    const row = rows + k * layout.RISK_ROW_BYTES;
    const set = (column: number, value: number): void => {
      numbers[(row + column) / 8] = value;
    };
    words[row / 4] = layout.ROW_TRADABLE | (k % 8 === 0 ? layout.ROW_INVERSE : 0);
    set(layout.ROW_MARK, 100);
    set(layout.ROW_MARK_US, NOW_US);
    set(layout.ROW_MULTIPLIER, k % 8 === 0 ? 100 : 1);
    set(layout.ROW_QUOTE_RATE, 1);
    set(layout.ROW_POSITION, random.integer(200) - 100);
    set(layout.ROW_OPEN_BUY, random.integer(20));
    set(layout.ROW_OPEN_SELL, random.integer(20));
    set(layout.ROW_MAX_POSITION, 15_000);
    set(layout.ROW_MAX_ORDER_QTY, 90);
    set(layout.ROW_COLLAR, 0.05);
    set(layout.ROW_EXPOSURE, 10_000);
  }
}
