// Owns the questions a machine asks: is it alive, is it ready, what does it measure, what is it.
// Promise: health and readiness need no key and say nothing secret.

import type { Replica } from '../replica.ts';
import { json } from '../reply.ts';
import { defineRoute, type GatewayContext, type Route } from '../route.ts';

export interface ReadyCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What must hold before this instance should be given work. */
export function readyChecks(context: GatewayContext): ReadyCheck[] {
  const { replica, options, nowMs } = context;
  const silentMs = replica.heardMs === 0 ? null : nowMs() - replica.heardMs;
  const ready = replica.markets.filter((market) => market.ready).length;
  return [
    {
      name: 'engine',
      ok: silentMs !== null && silentMs <= options.engineSilenceMsMax && !replica.isStopped,
      detail:
        silentMs === null
          ? 'nothing heard yet'
          : replica.isStopped
            ? 'stopped'
            : `last heard ${silentMs} ms ago`,
    },
    {
      name: 'books',
      ok: ready > 0,
      detail: `${ready} of ${replica.markets.length} in sequence`,
    },
    {
      name: 'replica',
      ok: true, // a hole is worth knowing, and no reason to refuse work
      detail: lossOf(replica),
    },
    { name: 'pace', ok: true, detail: paceOf(context) }, // a late engine heals by itself
  ];
}

function lossOf({ lostRecords, isWhole, heals }: Replica): string {
  const lost = `${lostRecords} records lost`;
  if (lostRecords === 0) return lost;
  const times = heals === 1 ? 'once' : `${heals} times`;
  return isWhole ? `${lost}, healed ${times}` : `${lost}, waiting for a checkpoint to heal`;
}

/** How late the engine itself was: no venue's silence, and no reason to refuse work. */
function paceOf({ readings }: GatewayContext): string {
  const seconds = (counter: 'engineLagSeconds' | 'engineLagSecondsMax'): string =>
    readings.counter(counter).toFixed(1);
  const behind = `${seconds('engineLagSeconds')} s behind`;
  return `${behind}, at most ${seconds('engineLagSecondsMax')} s since the start`;
}

const health = defineRoute({
  method: 'GET',
  path: '/api/v2/health',
  access: 'open',
  summary: 'Whether the gateway lives',
  replies: { 200: 'It lives' },
  answer: ({ context }) =>
    json(200, {
      status: 'ok',
      mode: context.options.mode,
      version: context.options.version,
      uptime_seconds: Math.round(process.uptime()),
      trading_state: context.replica.tradingState,
    }),
});

const ready = defineRoute({
  method: 'GET',
  path: '/api/v2/ready',
  access: 'open',
  summary: 'Whether the engine runs and its books are in sequence',
  replies: { 200: 'Ready', 503: 'Not ready; the checks say why' },
  answer({ context }) {
    const checks = readyChecks(context);
    const isReady = checks.every((check) => check.ok);
    return json(isReady ? 200 : 503, { ready: isReady, checks });
  },
});

const metrics = (isOpen: boolean): Route =>
  defineRoute({
    method: 'GET',
    path: '/api/v2/metrics',
    access: isOpen ? 'open' : 'read',
    summary: 'Prometheus metrics, text format 0.0.4',
    replies: { 200: 'The metrics' },
    async answer({ context }) {
      const body = await context.metrics.text();
      return { status: 200, headers: { 'content-type': context.metrics.contentType }, body };
    },
  });

export const healthRoutes = (isMetricsOpen: boolean): readonly Route[] => [
  health,
  ready,
  metrics(isMetricsOpen),
];
