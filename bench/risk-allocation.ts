// Owns the question what a risk check allocates: a loop of checks in the engine that just ran.
// Promise: no collection runs while it counts; loops of nothing and of a known size calibrate it.
import { getHeapStatistics } from 'node:v8';
import type { CompliantIntent } from '../engine/core/decision.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { OrderIntent } from '../engine/core/order.ts';
import { asEpochUs, asPrice, asQty } from '../engine/core/units.ts';
import type { System } from '../engine/surroundings/system.ts';

/** Bytes of the JavaScript heap and warm time of one call; the median of several loops. */
export interface Allocation {
  readonly emptyBytes: number; // of a call that does nothing: must be 0
  readonly objectBytes: number; // of a call that makes one object of four numbers: must not be 0
  readonly kernelBytes: number; // of the check itself: every limit, every figure
  readonly verdictBytes: number; // of the check and the approved order it hands on
  readonly kernelNs: number;
  readonly verdictNs: number;
  readonly approved: number; // of the verdicts counted
  readonly verdicts: number;
}

const CALLS = 5000;
const LOOPS = 5;
const STEP_US = 60; // between two orders: 3 s for all loops, so that no mark grows too old,
// and 300 ms before an order comes again, which is beyond the window of duplicates

/** Needs --expose-gc. Approved orders are not placed; tokens and the memory of duplicates move. */
export function measureAllocation(system: System, nowUs: number): Allocation {
  const { rooms, ground } = system;
  const { kernels, plan } = ground;
  const variants = Math.ceil(CALLS / rooms.instruments.length);
  const orders = rooms.instruments.flatMap((instrument) =>
    Array.from({ length: variants }, (_, k) => orderOf(system, instrument, 1000 + k, nowUs)).flat(),
  );
  const [first] = orders;
  if (first === undefined) throw new Error('no instrument has a price');
  const counts = { approved: 0, verdicts: 0 };
  const kept = { sink: {} as unknown };
  const numbers = new Float64Array(ground.buffer);
  const at = plan.riskOrder / 8;
  const empty = measure(() => undefined);
  const object = measure((k) => {
    kept.sink = { a: k + 0.5, b: k + 1.5, c: k + 2.5, d: k + 3.5 };
  });
  let asked = 0;
  const verdict = measure((k) => {
    asked += 1;
    const order = orders[k % orders.length] ?? first;
    const { kind } = rooms.preTrade.check(order, asEpochUs(nowUs + STEP_US * asked));
    counts.verdicts += 1;
    if (kind === 'approved') counts.approved += 1;
  });
  const kernel = measure((k) => {
    numbers[at + 3] = 0.001 * (k % 97);
    kernels.riskCheck(plan.riskSystem, plan.riskOrder);
  });
  return {
    emptyBytes: empty.bytes,
    objectBytes: object.bytes,
    kernelBytes: kernel.bytes,
    verdictBytes: verdict.bytes,
    kernelNs: kernel.ns,
    verdictNs: verdict.ns,
    ...counts,
  };
}

/** A small buy at the touch, compliant, as the strategy would send it. */
function orderOf(
  { rooms }: System,
  instrument: Instrument,
  qty: number,
  nowUs: number,
): CompliantIntent[] {
  const { books, compliance } = rooms;
  if (!books.isReady(instrument)) return [];
  const intent: OrderIntent = {
    kind: 'intent',
    instrument,
    account: rooms.config.compliance.accounts[0] ?? 'main',
    strategy: rooms.names.strategies[0] ?? '',
    side: 'buy',
    type: 'limit',
    qty: asQty(qty),
    price: asPrice(books.askPrice(instrument, 0)),
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: false,
    parentId: null,
    client: null,
    metadata: null,
    origin: { kind: 'book' },
    bookSequence: books.updateId(instrument),
    createdUs: asEpochUs(nowUs),
    tickNs: 0,
  };
  const verdict = compliance.check(intent, asEpochUs(nowUs));
  return verdict.kind === 'compliant' ? [verdict.order] : [];
}

interface Cost {
  readonly bytes: number;
  readonly ns: number;
}

/** The first loops bring compiled code; the median of the last ones counts. */
function measure(call: (k: number) => void): Cost {
  const costs: Cost[] = [];
  for (let loop = 0; loop < 2 * LOOPS; loop += 1) costs.push(loopOf(call));
  const counted = costs.slice(LOOPS);
  const median = (pick: (cost: Cost) => number): number =>
    counted.map(pick).sort((a, b) => a - b)[Math.floor(LOOPS / 2)] ?? Number.NaN;
  const bytes = Math.round(median((cost) => cost.bytes)); // the smallest object has 12
  return { bytes, ns: Math.round(median((cost) => cost.ns)) };
}

function loopOf(call: (k: number) => void): Cost {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('start with --expose-gc');
  gc();
  const startNs = performance.now() * 1e6;
  const before = getHeapStatistics().used_heap_size;
  for (let k = 0; k < CALLS; k += 1) call(k);
  const after = getHeapStatistics().used_heap_size;
  const endNs = performance.now() * 1e6;
  return { bytes: (after - before) / CALLS, ns: (endNs - startNs) / CALLS };
}
