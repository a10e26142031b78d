// Owns the report a run ends with: one plain document, and the same as a table for people.
// Promise: every figure is read from the system that ran; nothing is computed twice.
import { join } from 'node:path';
import { moneyText } from '../../engine/accounts/portfolio-view.ts';
import { equityOf } from '../../engine/accounts/valuation.ts';
import type { Histogram } from '../../engine/memory/histogram.ts';
import { STAGES } from '../../engine/memory/telemetry.ts';
import { openDisk } from '../../engine/storage/disk.ts';
import { verifyJournal } from '../../engine/storage/verify.ts';
import type { SystemEnding } from '../../engine/surroundings/ending.ts';
import type { System } from '../../engine/surroundings/system.ts';
import { createReadings } from '../../gateway/latency.ts';
import { formatTable } from '../terminal.ts';

export interface LatencyUs {
  readonly count: number;
  readonly p50: number | null; // null where nothing was counted
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface Report {
  readonly mode: string;
  readonly symbols: number;
  readonly frames: number;
  readonly depthUpdates: number;
  readonly trades: number;
  readonly gaps: number;
  readonly topOfBook: { readonly compared: number; readonly mismatched: number };
  readonly forecasts: number;
  readonly signals: number;
  readonly orders: number;
  readonly fills: number;
  readonly rejected: number;
  readonly equity: string;
  readonly ledger: { readonly balanced: boolean };
  readonly risk: {
    readonly drawdownMax: number; // fraction of the peak since the start
    readonly breakerTrips: number;
    readonly reductionOrders: number; // sent by risk itself, to close positions
    readonly softWarnings: number;
    readonly gross: number; // at the end, base currency
    readonly tradingState: string;
  };
  readonly failedStrategies: readonly { readonly name: string; readonly reason: string }[];
  readonly stateHash: string;
  readonly journal: {
    readonly records: number;
    readonly head: string;
    readonly verified: boolean;
  };
  readonly recovered: System['recovered'];
  readonly latencyUs: Readonly<Record<string, LatencyUs>>;
  readonly rssMb: number;
  readonly startMs: number;
}

/** Reads everything off a system that has stopped, and verifies its journal file by file. */
export async function makeReport(
  system: System,
  ending: SystemEnding,
  mode: string,
  stateDir: string,
  startMs: number,
): Promise<Report> {
  const { telemetry } = system.ground;
  const verification = await verifyJournal(openDisk(join(stateDir, 'journal')));
  const { market, state, worths, instruments } = system.rooms;
  return {
    mode,
    symbols: instruments.length,
    frames: telemetry.read('frames'),
    depthUpdates: telemetry.read('depthUpdates'),
    trades: telemetry.read('trades'),
    gaps: market.stats.gaps,
    topOfBook: market.crossCheck.total(),
    forecasts: telemetry.read('forecasts'),
    signals: telemetry.read('signals'),
    orders: telemetry.read('orders'),
    fills: telemetry.read('fills'),
    rejected: telemetry.read('rejected'),
    equity: moneyText(equityOf(worths)),
    ledger: { balanced: state.accounts.isBalanced() },
    risk: {
      drawdownMax: telemetry.read('drawdownMax'),
      breakerTrips: telemetry.read('breakerTrips'),
      reductionOrders: telemetry.read('reductionOrders'),
      softWarnings: telemetry.read('softWarnings'),
      gross: system.rooms.exposure.gross(),
      tradingState: system.engine.tradingState(),
    },
    failedStrategies: failedOf(system.rooms),
    stateHash: ending.stateHash,
    journal: {
      records: ending.records,
      head: ending.head,
      verified: verification.kind === 'intact' && verification.head === ending.head,
    },
    recovered: system.recovered,
    latencyUs: latencies(system),
    rssMb: Math.round(process.memoryUsage.rss() / 1048576),
    startMs: Math.round(startMs),
  };
}

const failedOf = ({ state, strategies }: System['rooms']): Report['failedStrategies'] =>
  strategies.specs.flatMap(({ name }) => {
    const record = state.strategies.get(name);
    return record?.state === 'failed' ? [{ name, reason: record.reason }] : [];
  });

function latencies(system: System): Record<string, LatencyUs> {
  const readings = createReadings(system.ground.buffer, system.ground.plan);
  return Object.fromEntries(STAGES.map((stage) => [stage, toUs(readings.stage(stage))]));
}

function toUs(histogram: Histogram): LatencyUs {
  const us = (ns: number): number | null =>
    histogram.count > 0 ? Math.round(ns / 10) / 100 : null;
  return {
    count: histogram.count,
    p50: us(histogram.quantile(0.5)),
    p99: us(histogram.quantile(0.99)),
    p999: us(histogram.quantile(0.999)),
    max: us(histogram.max),
  };
}

/** The report for people, as lines. */
export function formatReport(report: Report): string {
  const facts: [string, string][] = [
    ['symbols', String(report.symbols)],
    ['frames', String(report.frames)],
    ['gaps', String(report.gaps)],
    ['top of book', `${report.topOfBook.compared} compared, ${report.topOfBook.mismatched} wrong`],
    ['signals', String(report.signals)],
    ['orders', `${report.orders} sent; ${report.rejected} more were refused and not sent`],
    ['fills', String(report.fills)],
    ['equity', `${report.equity} USD`],
    ['drawdown', `${(100 * report.risk.drawdownMax).toFixed(2)} % at most`],
    [
      'risk',
      `trading ${report.risk.tradingState}, ${report.risk.breakerTrips} breaker trips, ` +
        `${report.risk.reductionOrders} reduction orders`,
    ],
    ...report.failedStrategies.map(({ name, reason }): [string, string] => [
      'FAILED',
      `strategy ${name}: ${reason}`,
    ]),
    ['ledger', report.ledger.balanced ? 'balances' : 'DOES NOT BALANCE'],
    ['journal', `${report.journal.records} records, ${report.journal.head.slice(0, 16)}…`],
    ['verified', report.journal.verified ? 'yes' : 'NO'],
    ['state hash', `${report.stateHash.slice(0, 16)}…`],
    ['memory', `${report.rssMb} MB`],
  ];
  const stages = Object.entries(report.latencyUs).map(([stage, row]) => [
    stage,
    String(row.count),
    ...[row.p50, row.p99, row.p999].map((us) => (us === null ? '-' : us.toFixed(2))),
  ]);
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const table = formatTable(['stage, µs', 'count', 'p50', 'p99', 'p99.9'], stages);
  return `${lines.join('\n')}\n\n${table}\n`;
}
