// Owns the validation of phase 3, risk: every promise of speed and of behaviour, one step each.
// Promise: each step runs whatever became of the others; a step that fails is a row that says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../invocation.ts';
import { say } from '../terminal.ts';
import { type CrashLimits, rehearseCrash } from './crash.ts';
import { proveKill } from './kill.ts';
import { isSo, markOf, missing, type ValidationRow } from './row.ts';
import { measureKernels, measureRunningEngine } from './speed.ts';
import {
  askRandomOrders,
  countMutants,
  QUICK_MUTATION,
  testGoldenNumbers,
  testLimits,
  WHOLE_MUTATION,
} from './tests.ts';

export interface Step {
  readonly name: string;
  /** What it needs of the checkout, beside the product; none: the product alone. */
  readonly needs: readonly string[];
  readonly run: () => Promise<readonly ValidationRow[]>;
}

const ORDERS = 1_000_000;
const ORDERS_QUICK = 100_000;

/** Speed comes first, while nothing else has warmed or filled the machine. */
export function riskSteps(isQuick: boolean, limits: CrashLimits): readonly Step[] {
  return [
    { name: 'running engine', needs: ['bench'], run: measureRunningEngine },
    { name: 'kernels', needs: ['bench'], run: measureKernels },
    { name: 'kill switch', needs: [], run: proveKill },
    { name: 'crash', needs: [], run: () => rehearseCrash(limits) },
    { name: 'limits', needs: ['tests'], run: testLimits },
    { name: 'golden numbers', needs: ['tests'], run: testGoldenNumbers },
    {
      name: 'random orders',
      needs: ['tests'],
      run: () => askRandomOrders(isQuick ? ORDERS_QUICK : ORDERS),
    },
    ...(isQuick ? QUICK_MUTATION : WHOLE_MUTATION).map((plan, k) => ({
      name: `mutants ${k + 1}`,
      needs: ['tests'],
      run: () => countMutants(plan),
    })),
  ];
}

/** All rows, in the order of the steps; progress and times go to stderr. */
export async function runSteps(steps: readonly Step[]): Promise<readonly ValidationRow[]> {
  const rows: ValidationRow[] = [];
  for (const [k, step] of steps.entries()) {
    say(`${k + 1}/${steps.length} ${step.name} …`);
    const startMs = performance.now();
    const found = await runStep(step);
    rows.push(...found);
    for (const row of found) say(`  ${markOf(row)} ${row.check}: ${row.measured} ${row.unit}`);
    say(`  ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  }
  return rows;
}

async function runStep(step: Step): Promise<readonly ValidationRow[]> {
  const absent = step.needs.filter((folder) => !existsSync(join(ROOT, folder)));
  if (absent.length > 0) {
    return [missing(step.name, 'measured', `needs a checkout: there is no ${absent.join(', ')}`)];
  }
  try {
    return await step.run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [isSo(step.name, 'measured', 'failed', reason, false)];
  }
}
