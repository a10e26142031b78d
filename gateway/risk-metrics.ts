// Owns the gauges of risk on the Prometheus page: limits, breakers, drawdowns, VaR, stress, states.
// Promise: labels are scopes, limits and methods, never orders; a bound on the series of each.
import { Gauge, Counter as PromCounter, type Registry } from 'prom-client';
import type { AnalysisWire } from '../dashboard/risk-wire.ts';
import { STRICTNESS } from '../engine/core/risk.ts';
import { analysisView } from './analysis-view.ts';
import type { Replica } from './replica.ts';

const SERIES_MAX = 512; // of one metric

const BREAKER_VALUES = { closed: 0, half_open: 1, open: 2 } as const;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  samples(replica: Replica): readonly Sample[];
}

const GAUGES: readonly Metric[] = [
  {
    name: 'colin_limit_utilization_ratio',
    help: 'what is in use of a hard limit, as a fraction of it; the fullest limits',
    labelNames: ['scope', 'limit'],
    samples: ({ risk }) =>
      (risk.view?.uses ?? []).map(({ scope, limit, used, hard }) => ({
        labels: { scope, limit },
        value: used / hard,
      })),
  },
  {
    name: 'colin_breaker_state',
    help: 'circuit breakers: 0 closed, 1 half open, 2 open',
    labelNames: ['scope', 'breaker'],
    samples: ({ risk }) =>
      (risk.view?.breakers ?? []).map(({ scope, breaker, state }) => ({
        labels: { scope, breaker },
        value: BREAKER_VALUES[state],
      })),
  },
  {
    name: 'colin_drawdown_ratio',
    help: 'fraction below the peak since the start, and of this UTC day',
    labelNames: ['scope', 'measure'],
    samples: ({ risk }) =>
      (risk.view?.drawdowns ?? []).flatMap(({ scope, drawdown, dayDrawdown }) => [
        { labels: { scope, measure: 'start' }, value: drawdown },
        { labels: { scope, measure: 'day' }, value: dayDrawdown },
      ]),
  },
  {
    name: 'colin_trading_state',
    help: 'what a scope lets through: 0 active, 1 probing, 2 reducing, 3 halted',
    labelNames: ['scope'],
    samples: ({ risk, tradingState }) => {
      const system = { labels: { scope: 'system' }, value: STRICTNESS[tradingState] };
      const others = [...risk.states.values()].filter(({ scope }) => scope !== 'system');
      const rest = others.map(({ scope, state }) => ({
        labels: { scope },
        value: STRICTNESS[state],
      }));
      return [system, ...rest];
    },
  },
  {
    name: 'colin_value_at_risk',
    help: 'loss of one day not exceeded at this level, base currency; pre_trade_* with open orders',
    labelNames: ['method', 'level'],
    samples: valuesAtRisk,
  },
  {
    name: 'colin_stress_loss',
    help: 'loss of the book under a scenario, base currency',
    labelNames: ['scenario'],
    samples: ({ risk }) =>
      (analysed(risk.analysis)?.stress ?? []).map(({ scenario, loss }) => ({
        labels: { scenario },
        value: loss,
      })),
  },
];

function valuesAtRisk({ risk, portfolio }: Replica): Sample[] {
  const normal = risk.view?.valueAtRisk ?? portfolio?.valueAtRisk;
  const running = [
    { labels: { method: 'pre_trade_normal', level: '0.95' }, value: normal },
    { labels: { method: 'pre_trade_historical', level: '0.95' }, value: risk.view?.historicalVar },
  ];
  const reported = (analysed(risk.analysis)?.var ?? []).map(({ method, level, ...row }) => ({
    labels: { method, level },
    value: row.value_at_risk ?? undefined,
  }));
  return [...running, ...reported].flatMap(({ labels, value }) =>
    value === undefined ? [] : [{ labels, value }],
  );
}

const analysed = (report: Replica['risk']['analysis']): AnalysisWire | null =>
  report === null ? null : analysisView(report);

export function registerRisk(registry: Registry, replica: Replica): void {
  for (const { name, help, labelNames, samples } of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset(); // a scope that is active again must not keep its old value
        const told = samples(replica).slice(0, SERIES_MAX);
        for (const { labels, value } of told) this.set(labels, value);
      },
    });
  }
  new PromCounter({
    name: 'colin_breaker_trips_total',
    help: 'how often circuit breakers opened since the start',
    labelNames: ['scope', 'breaker'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { scope, breaker, trips } of (replica.risk.view?.breakers ?? []).slice(
        0,
        SERIES_MAX,
      )) {
        this.inc({ scope, breaker }, trips);
      }
    },
  });
}
