// Owns risk over REST: the running view, the last report of the analysis, breakers, kills.
// Promise: before the engine has said anything the answer is 503, never a made-up zero.
import type { AnalysisReport } from '../../engine/facts/gateway-message.ts';
import { problem } from '../problem.ts';
import type { Replica } from '../replica.ts';
import { json, type Reply } from '../reply.ts';
import { breakerView, killView, riskEventView, riskView } from '../risk-view.ts';
import { defineRoute, type Route } from '../route.ts';
import { isoOf, snakeKeys } from '../words.ts';

const NEWEST = Number.POSITIVE_INFINITY;
const replies = { 200: 'As the engine last said', 503: 'The engine has said nothing yet' };

const notReady = (what: string, afterS: number): Reply =>
  problem('not_ready', {
    detail: `There is no ${what} yet. Try again in ${afterS === 1 ? 'a second' : `${afterS} s`}.`,
    headers: { 'retry-after': String(afterS) },
  });

const risk = defineRoute({
  method: 'GET',
  path: '/api/v2/risk',
  access: 'read',
  summary: 'States by scope, breakers, drawdowns, fullest limits, value at risk, stress loss',
  replies,
  answer({ context: { replica, options } }) {
    const { view } = replica.risk;
    if (view === null) return notReady('view of risk', 1);
    return json(200, riskView(replica, view, options.drawdownMarks));
  },
});

/** The report as the analysis wrote it, under when, of what and how long. */
function reported(replica: Replica, part: (report: AnalysisReport) => object): Reply {
  const report = replica.risk.analysis;
  if (report === null) return notReady('risk report', 5);
  return json(200, {
    as_of: isoOf(report.timeUs),
    elapsed_ms: report.elapsedMs,
    equity: report.equity,
    source: report.source,
    ...part(report),
  });
}

const valueAtRisk = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/var',
  access: 'read',
  summary: 'Value at risk and expected shortfall of the running book: method x level x horizon',
  replies: { 200: 'The last report', 503: 'No report has been made yet' },
  answer: ({ context }) => reported(context.replica, (report) => ({ report: report.var })),
});

const stress = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/stress',
  access: 'read',
  summary: 'Losses of the running book under every stress scenario, worst first; reverse stress',
  replies: { 200: 'The last report', 503: 'No report has been made yet' },
  answer: ({ context }) =>
    reported(context.replica, ({ stress: report, reverseStress }) => ({
      report: snakeKeys(report),
      reverse_stress: snakeKeys(reverseStress),
    })),
});

const covariance = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/covariance',
  access: 'read',
  summary: 'Correlation of the running instruments, clusters, breakdown alarm',
  replies: { 200: 'The last report', 503: 'No report has been made yet' },
  answer: ({ context }) =>
    reported(context.replica, (report) => ({ report: snakeKeys(report.correlation) })),
});

const breakers = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/breakers',
  access: 'read',
  summary:
    'Circuit breakers, and what breakers, drawdowns, states and reductions did, newest first',
  replies,
  answer({ context: { replica } }) {
    const { view, events } = replica.risk;
    if (view === null) return notReady('view of risk', 1);
    return json(200, {
      as_of: isoOf(view.timeUs),
      breakers: view.breakers.map(breakerView),
      history: [...events.newest(NEWEST)].map(({ value }) => riskEventView(value)),
    });
  },
});

const kills = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/kills',
  access: 'read',
  summary: 'Kills and drills of this run with the timing of every order, newest first',
  replies: { 200: 'The reports' },
  answer: ({ context }) => {
    const reports = [...context.replica.risk.kills.newest(NEWEST)];
    return json(200, { kills: reports.map(({ value }) => killView(value)) });
  },
});

export const riskRoutes: readonly Route[] = [
  risk,
  valueAtRisk,
  stress,
  covariance,
  breakers,
  kills,
];
