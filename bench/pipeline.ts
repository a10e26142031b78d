// Owns `colin bench pipeline`: tick in on a socket to order out on a socket, seen from outside.
// Promise: load and clock live in this process, the engine in another; the floor in the same run.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Histogram } from '../engine/memory/histogram.ts';
import type { PipelineTask } from './pipeline-engine.ts';
import { type BenchVenue, openBenchVenue, type VenueCounts } from './pipeline-venue.ts';

export interface PipelineOptions {
  readonly perSecond: number; // frames
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export const FULL: PipelineOptions = { perSecond: 1000, warmUpSeconds: 8, seconds: 20 };
export const TINY: PipelineOptions = { perSecond: 200, warmUpSeconds: 0.5, seconds: 1 };

/** echo: no engine, the sockets alone. direct: no model in between. model: features and ONNX. */
export const VARIANTS = ['echo', 'direct', 'model'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface PipelineRow extends VenueCounts {
  readonly variant: Variant;
  readonly tickToOrderUs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  readonly engine: unknown; // the engine's own report: stages, counts, memory
}

export interface PipelineResult {
  readonly conditions: string;
  readonly rows: readonly PipelineRow[];
}

/** Runs the variants one after the other. Rejects when an engine does not come up or fails. */
export async function runPipelineBench(options: PipelineOptions): Promise<PipelineResult> {
  const rows: PipelineRow[] = [];
  for (const variant of VARIANTS) rows.push(await runVariant(variant, options));
  const conditions =
    `loopback WebSocket, one symbol, ${options.perSecond} frames/s of 20+20 level changes, ` +
    `${options.warmUpSeconds} s warm-up, ${options.seconds} s measured; ` +
    'every order is answered EXPIRED, so no position builds up';
  return { conditions, rows };
}

async function runVariant(variant: Variant, options: PipelineOptions): Promise<PipelineRow> {
  const venue = await openBenchVenue();
  const stateDir = mkdtempSync(join(tmpdir(), 'colin-bench-'));
  const engine =
    variant === 'echo' ? startEcho(venue.url) : startEngine({ url: venue.url, variant, stateDir });
  try {
    await Promise.race([venue.connected, failureOf(engine)]);
    await venue.load(options.perSecond, options.warmUpSeconds);
    venue.reset();
    const counts = await venue.load(options.perSecond, options.seconds);
    const report = await stopEngine(engine);
    return { variant, ...counts, tickToOrderUs: summarise(venue), engine: report };
  } finally {
    if (engine.exitCode === null) engine.kill('SIGKILL');
    await venue.close();
  }
}

const startEngine = (task: PipelineTask): ChildProcess =>
  start('./pipeline-engine.ts', JSON.stringify(task));

const startEcho = (url: string): ChildProcess => start('./pipeline-echo.ts', url);

function start(file: string, argument: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--min-semi-space-size=64',
    '--max-semi-space-size=64',
  ];
  return spawn(process.execPath, [...flags, path, argument], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function failureOf(engine: ChildProcess): Promise<never> {
  const code = await new Promise((resolve) => engine.once('exit', resolve));
  throw new Error(`the benchmark's engine ended before it connected (exit code ${String(code)})`);
}

async function stopEngine(engine: ChildProcess): Promise<unknown> {
  const answer = new Promise((resolve) => engine.once('message', resolve));
  const exit = new Promise((resolve) => engine.once('exit', resolve));
  engine.send('stop');
  const report = await Promise.race([answer, exit.then(() => null)]);
  await exit;
  return report;
}

function summarise({ latency }: BenchVenue): PipelineRow['tickToOrderUs'] {
  const us = (histogram: Histogram, q: number): number =>
    Math.round(histogram.quantile(q) / 10) / 100;
  return {
    p50: us(latency, 0.5),
    p99: us(latency, 0.99),
    p999: us(latency, 0.999),
    max: us(latency, 1),
  };
}
