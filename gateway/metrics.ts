// Owns the Prometheus page: what the shared memory counts, and what the gateway itself counts.
// Promise: base units (seconds, bytes), names that start with colin_, no ids as labels.
import { Gauge, Counter as PromCounter, Histogram as PromHistogram, Registry } from 'prom-client';
import { COUNTERS, type Counter, STAGES } from '../engine/memory/telemetry.ts';
import type { Readings } from './latency.ts';
import type { GatewayOptions } from './options.ts';
import type { Replica } from './replica.ts';
import { registerRisk } from './risk-metrics.ts';

/** Upper edges of the exported buckets, seconds. */
const EDGES_S = [
  1e-7, 2.5e-7, 5e-7, 1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3,
  5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

const GAUGES: ReadonlySet<Counter> = new Set([
  'staleBooks',
  'unknownOrders',
  'openOrders',
  'equity',
  'exposure',
  'drawdown',
  'drawdownMax',
  'doubtfulMarks',
  'engineLagSeconds',
  'engineLagSecondsMax',
]);

/** A client may send any word as its method: a label for each would let this page grow for ever. */
const METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
]);

/** Told with their scopes and methods by risk-metrics.ts. */
const TOLD_ELSEWHERE: ReadonlySet<Counter> = new Set(['valueAtRisk', 'breakerTrips']);

export interface GatewayMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  countRequest(method: string, route: string, status: number, seconds: number): void;
}

export function createGatewayMetrics(
  options: GatewayOptions,
  readings: Readings,
  replica: Replica,
  clientsByChannel: () => Readonly<Record<string, number>>,
): GatewayMetrics {
  const registry = new Registry();
  registerCounters(registry, readings);
  registry.registerMetric(stageHistogram(readings));
  registerProcess(registry, options, replica);
  registerRisk(registry, replica);
  registerClients(registry, clientsByChannel);
  const requests = new PromCounter({
    name: 'colin_http_requests_total',
    help: 'requests answered',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new PromHistogram({
    name: 'colin_http_request_seconds',
    help: 'time from a request to its answer',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countRequest(asked, route, status, took) {
      const method = METHODS.has(asked) ? asked : 'other';
      requests.inc({ method, route, status: String(status) });
      seconds.observe({ route }, took);
    },
  };
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

function registerCounters(registry: Registry, readings: Readings): void {
  for (const counter of COUNTERS) {
    if (TOLD_ELSEWHERE.has(counter)) continue;
    const words = snake(counter).replaceAll('_', ' ');
    if (GAUGES.has(counter)) {
      new Gauge({
        name: `colin_${snake(counter)}`,
        help: `${words} now (money in the base currency, drawdown as a fraction)`,
        registers: [registry],
        collect() {
          this.set(readings.counter(counter));
        },
      });
      continue;
    }
    new PromCounter({
      name: `colin_${snake(counter)}_total`,
      help: `${words} since the start`,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(Math.max(0, readings.counter(counter)));
      },
    });
  }
}

const IDENTITY = {
  name: 'colin_stage_seconds',
  help: 'time a tick or an order spends in a stage',
};

/** prom-client keeps its own buckets; this one shows the shared histograms' instead. */
class StageHistogram extends PromHistogram<'stage'> {
  readonly #readings: Readings;

  constructor(readings: Readings) {
    super({
      ...IDENTITY,
      labelNames: ['stage'],
      buckets: EDGES_S,
      registers: [],
    });
    this.#readings = readings;
  }

  /** What the registry and get() of prom-client 15 ask for. */
  async getForPromString() {
    return { ...IDENTITY, type: 'histogram', values: this.#values(), aggregator: 'sum' };
  }

  #values() {
    return STAGES.flatMap((stage) => {
      const histogram = this.#readings.stage(stage);
      const value = (suffix: string, le: string | null, amount: number) => ({
        metricName: `colin_stage_seconds_${suffix}`,
        labels: le === null ? { stage } : { stage, le },
        value: amount,
        exemplar: null,
      });
      const buckets = EDGES_S.map((edge) =>
        value('bucket', String(edge), histogram.countAtMost(edge * 1e9)),
      );
      const total = histogram.countAtMost(Number.POSITIVE_INFINITY);
      return [
        ...buckets,
        value('bucket', '+Inf', total),
        value('sum', null, histogram.sum / 1e9),
        value('count', null, total),
      ];
    });
  }
}

const stageHistogram = (readings: Readings): PromHistogram => new StageHistogram(readings);

function registerProcess(registry: Registry, options: GatewayOptions, replica: Replica): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('colin_process_resident_memory_bytes', 'memory of the whole process', () =>
    process.memoryUsage.rss(),
  );
  gauge('colin_uptime_seconds', 'time since the process started', () => process.uptime());
  gauge('colin_trading_active', '1 while new risk may be taken', () =>
    Number(replica.tradingState === 'active'),
  );
  const counter = (name: string, help: string, read: () => number): void => {
    new PromCounter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter('colin_process_cpu_seconds_total', 'processor time of the whole process', cpuSeconds);
  counter(
    'colin_replica_lost_records_total',
    'records that the gateway did not get because its ring was full',
    () => replica.lostRecords,
  );
  counter(
    'colin_replica_heals_total',
    'holes in what the gateway knew that a checkpoint has closed',
    () => replica.heals,
  );
  new Gauge({
    name: 'colin_build_info',
    help: 'always 1; the version is in the label',
    labelNames: ['version', 'mode'],
    registers: [registry],
  }).set({ version: options.version, mode: options.mode }, 1);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function registerClients(
  registry: Registry,
  clientsByChannel: () => Readonly<Record<string, number>>,
): void {
  new Gauge({
    name: 'colin_websocket_clients',
    help: 'connected WebSocket clients',
    labelNames: ['channel'],
    registers: [registry],
    collect() {
      for (const [channel, clients] of Object.entries(clientsByChannel())) {
        this.set({ channel }, clients);
      }
    },
  });
}
