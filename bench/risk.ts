// Owns `colin bench risk`: the pre-trade check of a running engine under a venue's load.
// Promise: load and pace live in this process, the engine in another; every round is a new engine.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Allocation } from './risk-allocation.ts';
import type { RiskEnding, RiskRequest, RiskTask, RiskWindow } from './risk-engine.ts';
import {
  type LoadCounts,
  type OrderCounts,
  openRiskVenue,
  type RiskMarket,
  type RiskVenue,
} from './risk-venue.ts';

export interface RiskOptions extends RiskMarket {
  readonly scenarios: number;
  readonly perSecond: number; // frames sent
  readonly framesRequired: number; // a second, processed
  readonly every: number; // one frame in so many makes the engine send an order
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
}

export const FULL_RISK: RiskOptions = {
  instruments: 1000,
  held: 200,
  scenarios: 1000,
  perSecond: 20_500,
  framesRequired: 20_000,
  every: 27,
  warmUpSeconds: 15, // 11,000 orders: every function of the path is compiled by then
  seconds: 10,
  rounds: 3,
};
export const TINY_RISK: RiskOptions = {
  instruments: 20,
  held: 4,
  scenarios: 100,
  perSecond: 2000,
  framesRequired: 0,
  every: 27,
  warmUpSeconds: 0.3,
  seconds: 0.7,
  rounds: 1,
};

/** normal: every limit and the normal VaR. historical: historical VaR and stress loss as well. */
export const RISK_VARIANTS = ['normal', 'historical'] as const;
export type RiskVariant = (typeof RISK_VARIANTS)[number];

/** Promised for the product's machine, microseconds (docs of the release; product.md, 10). */
export const PROMISED: Readonly<
  Record<RiskVariant, { readonly p50: number; readonly p99: number }>
> = { normal: { p50: 1, p99: 5 }, historical: { p50: 4, p99: 15 } };

export interface RiskRound {
  readonly window: RiskWindow;
  readonly load: LoadCounts & OrderCounts; // as the venue saw it
  readonly framesPerSecond: number; // processed
  readonly ordersPerSecond: number;
  readonly allocation: Allocation;
  readonly restrained: readonly string[];
}

/** The middle one of the rounds, and the ends. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface RiskRow {
  readonly variant: RiskVariant;
  readonly p50: Spread; // µs, of the risk check
  readonly p99: Spread;
  readonly p999: Spread;
  readonly max: Spread;
  readonly slowShare: Spread; // of the checks above 20 µs: near 1 % the p99 is a coin toss
  readonly framesPerSecond: Spread;
  readonly ordersPerSecond: Spread;
  readonly problems: readonly string[]; // why its figures must not be quoted
  readonly rounds: readonly RiskRound[];
}

export interface RiskResult {
  readonly conditions: string;
  readonly rows: readonly RiskRow[];
}

/** Variants take turns, so that a busy minute of the machine does not meet one of them alone. */
export async function runRiskBench(
  options: RiskOptions,
  onRound: (text: string) => void = () => undefined,
): Promise<RiskResult> {
  const rounds: Record<RiskVariant, RiskRound[]> = { normal: [], historical: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const variant of RISK_VARIANTS) {
      const measured = await runRound(variant, options);
      rounds[variant].push(measured);
      onRound(`round ${round} ${variant}: ${describeRound(measured)}`);
    }
  }
  const rows = RISK_VARIANTS.map((variant) => rowOf(variant, rounds[variant], options));
  return { conditions: conditionsOf(options), rows };
}

const describeRound = ({ window, framesPerSecond, ordersPerSecond }: RiskRound): string => {
  const { p50, p99, p999 } = window.riskCheckUs;
  const slow = (100 * window.slowShare).toFixed(2);
  return (
    `p50 ${p50} µs, p99 ${p99} µs, p99.9 ${p999} µs, ${slow} % above 20 µs, ` +
    `at ${Math.round(framesPerSecond)} frames/s ` +
    `and ${Math.round(ordersPerSecond)} orders/s`
  );
};

function conditionsOf(options: RiskOptions): string {
  const { instruments, held, scenarios, perSecond, every, seconds, rounds, warmUpSeconds } =
    options;
  return (
    `${instruments} instruments, ${held} of them held (brought about by fills), ` +
    `${scenarios} scenarios; loopback WebSocket, ${perSecond} depth frames/s of about 12 level ` +
    `changes in bursts of a millisecond, one in ${every} worth an order; ${rounds} engines each, ` +
    `${warmUpSeconds} s warm-up, ${seconds} s measured, clock reads included; ` +
    `engine, journal and load share this ${machineOf()}`
  );
}

// Under a hypervisor the first touch of a small page can cost 0.1 ms (docs/decisions/0011).
function machineOf(): string {
  const isVirtual = /^flags\b.*\bhypervisor\b/m.test(textOf('/proc/cpuinfo'));
  const pages = textOf('/sys/kernel/mm/transparent_hugepage/enabled');
  const setting = /\[(\w+)\]/.exec(pages)?.[1] ?? 'unknown';
  return `${isVirtual ? 'virtual machine' : 'machine'}, transparent huge pages: ${setting}`;
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

async function runRound(variant: RiskVariant, options: RiskOptions): Promise<RiskRound> {
  const venue = await openRiskVenue(options);
  const { instruments, scenarios } = options;
  const stateDir = mkdtempSync(join(tmpdir(), 'colin-bench-'));
  const usesHistory = variant === 'historical';
  const engine = startEngine({ url: venue.url, stateDir, instruments, scenarios, usesHistory });
  try {
    await Promise.race([venue.connected, failureOf(engine)]);
    return await Promise.race([drive(venue, engine, options), failureOf(engine)]);
  } finally {
    if (engine.exitCode === null) engine.kill('SIGKILL');
    await venue.close();
  }
}

async function drive(
  venue: RiskVenue,
  engine: ChildProcess,
  options: RiskOptions,
): Promise<RiskRound> {
  const { perSecond, every, warmUpSeconds, seconds } = options;
  await ask(engine, 'begin');
  const built = await venue.load({ kind: 'build', perSecond: perSecond / 4 });
  const warm = await venue.load({ kind: 'trade', perSecond, every, seconds: warmUpSeconds });
  await readWhole(engine, built.frames + warm.frames);
  await ask(engine, 'begin');
  const before = venue.orders();
  const sent = await venue.load({ kind: 'trade', perSecond, every, seconds });
  const window = await readWhole(engine, sent.frames);
  const { orders, filled } = venue.orders();
  const load = { ...sent, orders: orders - before.orders, filled: filled - before.filled };
  const { allocation, restrained } = (await ask(engine, 'stop')) as RiskEnding;
  return {
    window,
    load,
    framesPerSecond: window.frames / window.seconds,
    ordersPerSecond: window.orders / window.seconds,
    allocation,
    restrained,
  };
}

const LATE_MS_MAX = 2000;

/** The window, once everything sent was taken or has had its time. */
async function readWhole(engine: ChildProcess, frames: number): Promise<RiskWindow> {
  const endMs = performance.now() + LATE_MS_MAX;
  for (;;) {
    const window = (await ask(engine, 'read')) as RiskWindow;
    if (window.frames >= frames || performance.now() > endMs) return window;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function startEngine(task: RiskTask): ChildProcess {
  const path = fileURLToPath(new URL('./risk-engine.ts', import.meta.url));
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--min-semi-space-size=64',
    '--max-semi-space-size=64',
    '--expose-gc', // for counting what a check allocates, after the load
  ];
  return spawn(process.execPath, [...flags, path, JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function failureOf(engine: ChildProcess): Promise<never> {
  const code = await new Promise((resolve) => engine.once('exit', resolve));
  throw new Error(`the benchmark's engine ended too early (exit code ${String(code)})`);
}

function ask(engine: ChildProcess, request: RiskRequest): Promise<unknown> {
  const answer = new Promise((resolve) => engine.once('message', resolve));
  engine.send(request);
  return answer;
}

// ---- Rows -----------------------------------------------------------------------------------

function rowOf(variant: RiskVariant, rounds: readonly RiskRound[], options: RiskOptions): RiskRow {
  const of = (pick: (round: RiskRound) => number): Spread => spreadOf(rounds.map(pick));
  const framesPerSecond = of((round) => round.framesPerSecond);
  return {
    variant,
    p50: of(({ window }) => window.riskCheckUs.p50),
    p99: of(({ window }) => window.riskCheckUs.p99),
    p999: of(({ window }) => window.riskCheckUs.p999),
    max: of(({ window }) => window.riskCheckUs.max),
    slowShare: of(({ window }) => window.slowShare),
    framesPerSecond,
    ordersPerSecond: of((round) => round.ordersPerSecond),
    problems: rounds.flatMap((round, k) =>
      problemsOf(round, options).map((problem) => `round ${k + 1}: ${problem}`),
    ),
    rounds,
  };
}

/** Whatever makes a round something else than what was promised. */
function problemsOf(round: RiskRound, options: RiskOptions): string[] {
  const { window, load, framesPerSecond, restrained } = round;
  const told: readonly (readonly [boolean, string])[] = [
    [
      framesPerSecond < options.framesRequired,
      `${Math.round(framesPerSecond)} frames/s processed, ${options.framesRequired} promised`,
    ],
    [window.gaps > 0, `${window.gaps} gaps in the books`],
    [window.refused > 0, `${window.refused} orders were refused`],
    [window.assetsHeld !== options.held, `${window.assetsHeld} assets were held`],
    [restrained.length > 0, restrained.slice(0, 3).join('; ')],
    [load.orders === 0, 'no order came'],
    [round.allocation.kernelBytes > 0, `the check allocates ${round.allocation.kernelBytes} bytes`],
  ];
  return told.filter(([isSo]) => isSo).map(([, words]) => words);
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}
