// Owns the risk cases of the kernel benchmark: one order against every limit, with and without
// scenarios. Promise: both contestants get the same orders; most pass, some break each kind.
import * as layout from '../wasm/layout.ts';
import type { BenchCase } from './harness.ts';
import { checkPlain } from './plain-risk.ts';
import {
  createRiskState,
  NOW_US,
  PORTFOLIOS,
  type RiskSizes,
  type RiskState,
  STRATEGIES,
} from './risk-state.ts';

export const riskCases = (sizes: RiskSizes): readonly BenchCase[] => [
  riskCase(`risk check: limits + normal VaR, ${sizes.instruments} instruments`, sizes, false),
  riskCase(`risk check with historical VaR and stress, ${sizes.scenarios} scenarios`, sizes, true),
];

function riskCase(name: string, sizes: RiskSizes, usesHistory: boolean): BenchCase {
  const kernel = createRiskState(sizes, usesHistory);
  const plain = createRiskState(sizes, usesHistory);
  const { kernels } = kernel.state;
  const orders = drawOrders(kernel);
  let kernelSaid = 0;
  let plainSaid = 0;
  return {
    name,
    callsPerSample: 1,
    tolerance: 0,
    kernel: {
      run: (k) => {
        writeOrder(kernel, orders, k);
        kernels.riskCheck(kernel.system, kernel.order);
        kernelSaid = mixed(kernel, kernelSaid);
      },
      result: () => resultOf(kernel, kernelSaid),
    },
    plain: {
      run: (k) => {
        writeOrder(plain, orders, k);
        checkPlain(plain);
        plainSaid = mixed(plain, plainSaid);
      },
      result: () => resultOf(plain, plainSaid),
    },
  };
}

/** All masks so far, in one number. */
function mixed({ state, order }: RiskState, before: number): number {
  let said = before;
  for (const at of [layout.ORDER_HARD, layout.ORDER_HARD + 4, layout.ORDER_SOFT]) {
    said = (said * 31 + (state.words[(order + at) / 4] ?? 0)) % 1e9;
  }
  return said;
}

/** Masks, the last answers, what was spent at the nodes. */
function resultOf({ state, order, nodes, rows }: RiskState, said: number): Float64Array {
  const answers = state.copyOf(
    order + layout.ORDER_HARD,
    (layout.ORDER_SPARE - layout.ORDER_HARD) / 8,
  );
  const spent = state.copyOf(nodes, (rows - nodes) / 8);
  return Float64Array.of(said, ...answers, ...spent);
}

const ORDERS = 1024;
const INPUTS = layout.ORDER_NOW_US / 8; // the order record up to its time, in f64

/** The first half of ORDERS order records; drawn before anything is timed. */
function drawOrders({ state, order, sizes }: RiskState): Float64Array {
  const inputs = new Float64Array(ORDERS * INPUTS);
  const { numbers, words } = state;
  for (let k = 0; k < ORDERS; k += 1) {
    const instrument = (k * 7919) % sizes.instruments;
    words[(order + layout.ORDER_INSTRUMENT) / 4] = instrument;
    words[(order + layout.ORDER_SIDE) / 4] = k & 1;
    const isMarket = k % 3 === 0;
    words[(order + layout.ORDER_FLAGS) / 4] =
      (k % 16 === 0 ? layout.ORDER_REDUCE_ONLY : 0) | (isMarket ? layout.ORDER_MARKET : 0);
    words[(order + layout.ORDER_PORTFOLIO) / 4] = instrument % PORTFOLIOS;
    words[(order + layout.ORDER_STRATEGY) / 4] = instrument % STRATEGIES;
    const price = 96 + (k % 10);
    numbers[(order + layout.ORDER_PRICE) / 8] = price;
    numbers[(order + layout.ORDER_VALUE) / 8] = isMarket ? (price + 100) / 2 : price;
    numbers[(order + layout.ORDER_QTY) / 8] = 1 + (k % 97);
    numbers[(order + layout.ORDER_SPENDS) / 8] = k % 5 === 0 ? 1 + (k % 97) : 0;
    numbers[(order + layout.ORDER_AVAILABLE) / 8] = 90;
    inputs.set(numbers.subarray(order / 8, order / 8 + INPUTS), k * INPUTS);
  }
  return inputs;
}

/** Writes the k-th order: what was drawn before, its time, and what its account holds. */
function writeOrder({ state, order }: RiskState, orders: Float64Array, k: number): void {
  const { numbers } = state;
  const at = order / 8;
  const from = (k % ORDERS) * INPUTS;
  for (let j = 0; j < INPUTS; j += 1) numbers[at + j] = orders[from + j] ?? 0;
  numbers[at + INPUTS] = NOW_US + k * 100;
  numbers[(order + layout.ORDER_CLOSABLE) / 8] = k % 64;
  numbers[(order + layout.ORDER_CARRIED) / 8] = k % 7;
}
