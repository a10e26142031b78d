// Owns `colin run --mode test`: the whole system live on a generated market, with its dashboard.
// Promise: stops cleanly on Ctrl-C, at the end of --for, and on a fault; the report is the truth.
import { performance } from 'node:perf_hooks';
import { createRealClock, type RealClock } from '../../engine/core/clock.ts';
import type { Clock } from '../../engine/core/ports.ts';
import { asEpochUs } from '../../engine/core/units.ts';
import { type Log, openLog } from '../../engine/monitoring/log.ts';
import { JournalLostError } from '../../engine/storage/journal-writer.ts';
import { openSystem } from '../../engine/surroundings/compose.ts';
import { driveLive } from '../../engine/surroundings/driver.ts';
import { startForecastWorkers } from '../../engine/surroundings/forecasts.ts';
import type { GatewayOptions } from '../../engine/surroundings/gateway.ts';
import type { MarketSource, SystemOptions } from '../../engine/surroundings/house.ts';
import { sleepLong } from '../../engine/surroundings/long-sleep.ts';
import { createGeneratedMarket } from '../../engine/surroundings/market-generated.ts';
import type { System } from '../../engine/surroundings/system.ts';
import { openPaperVenue } from '../../engine/surroundings/venue-paper.ts';
import { type Access, LOCAL_KEY_NAME, openAccess } from '../control/access.ts';
import { flagOption, housePath, type Options, readKernels, readOptions } from '../invocation.ts';
import { complain, EXIT, paint, printDocument, printText, say } from '../terminal.ts';
import { readVersion } from '../version.ts';
import { openRecorder } from './recorder.ts';
import { formatReport, makeReport } from './report.ts';
import { makePlan, RUN_OPTIONS, type RunPlan } from './run-plan.ts';
import { watchSignals } from './signals.ts';

const MARKET_MS = 2; // between two looks at the generated market
const VIEWS_MS = 250;
const LOG_ROTATE_BYTES = 64 * 1024 * 1024;
export async function runRun(args: string[]): Promise<number> {
  const options = readOptions('run', args, RUN_OPTIONS);
  if (options === null) return EXIT.usage;
  const ending = createEnding();
  const release = watchSignals(ending.end, () => standingOf(ending));
  try {
    const plan = await makePlan(options);
    return typeof plan === 'number' ? plan : await runPlan(plan, ending, options);
  } finally {
    release();
  }
}

async function runPlan(plan: RunPlan, ending: Ending, options: Options): Promise<number> {
  const { config, stateDir } = plan.setup;
  const log = openLog({
    level: config.main.logLevel,
    file: plan.logFile,
    rotateBytes: LOG_ROTATE_BYTES,
  });
  log.info({ mode: 'test', stateDir, symbols: plan.instruments.length }, 'starting');
  const exitCode = await live(plan, ending, log, flagOption(options, 'json'));
  log.info({ exitCode }, 'stopped');
  await new Promise<void>((resolve) => log.flush(() => resolve()));
  return exitCode;
}

interface Ending {
  /** Resolves with why the run ends; the first reason counts. */
  readonly ended: Promise<string>;
  readonly end: (reason: string) => void;
  fault: string | null;
  system: System | null; // null until it has started
}

function createEnding(): Ending {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { ended: promise, end: resolve, fault: null, system: null };
}

function standingOf({ system }: Ending): string {
  if (system === null) return 'it ends as soon as it has started';
  const count = system.rooms.state.orders.openCount;
  return `${count} order${count === 1 ? ' is' : 's are'} open or being taken back`;
}

async function live(plan: RunPlan, ending: Ending, log: Log, isJson: boolean): Promise<number> {
  const clock = createRealClock(Date.now(), () => performance.now() * 1e6);
  const { instruments, scenario, setup } = plan;
  const recorder = openRecorder(plan.recordDir);
  const market = createGeneratedMarket(
    { seed: setup.config.main.seed, instruments, scenario, onFrame: recorder.write },
    clock.nowUs(),
  );
  const keys: { access: Access | null } = { access: null };
  const options = systemOptions(plan, clock, market, keys, ending, log);
  const opening = await openSystem(options).catch(lostTo(ending));
  if (opening === null) return stoppedBy(ending);
  if (opening.kind === 'refused') {
    complain(opening.message);
    return opening.exitCode;
  }
  const { system } = opening;
  ending.system = system;
  const stopDrive = drive(system, market, clock, log);
  serve(system);
  greet(plan, system, keys.access);
  const startMs = performance.now();
  log.info({ startMs: Math.round(startMs), recovered: system.recovered }, 'ready');
  const reason = await waitForEnd(plan, ending);
  stopDrive();
  log.info({ reason }, 'stopping');
  let isRecorded = false;
  const stopped = await system
    .stop(reason)
    .catch(lostTo(ending))
    .finally(async () => {
      isRecorded = await recorder.close();
    });
  if (stopped === null) return stoppedBy(ending);
  const report = await makeReport(system, stopped, 'test', plan.setup.stateDir, startMs);
  if (isJson) await printDocument(report);
  else if (plan.forMs !== null) await printText(formatReport(report));
  else say(`\n${formatReport(report)}`); // nobody asked for data: a person stopped it
  if (ending.fault !== null) return stoppedBy(ending);
  if (!isRecorded) return EXIT.fault;
  return report.failedStrategies.length > 0 ? EXIT.checkFailed : EXIT.done;
}

function drive(system: System, source: MarketSource, clock: RealClock, log: Log): () => void {
  const stop = driveLive({
    source,
    driven: system,
    clock,
    beatMs: MARKET_MS,
    onStall: (lagMs) => log.warn({ lagMs }, 'the engine was behind; no venue is to blame'),
    onClockStep: (stepMs) => log.warn({ stepMs }, 'the clock was behind the wall'),
  });
  const views = setInterval(system.showViews, VIEWS_MS);
  return () => {
    stop();
    clearInterval(views);
  };
}

/** A journal that is lost is a fault of the machine: said in words, and there is no report. */
const lostTo =
  (ending: Ending) =>
  (error: unknown): null => {
    if (!(error instanceof JournalLostError)) throw error;
    ending.fault ??= error.message;
    return null;
  };

function stoppedBy({ fault }: Ending): number {
  complain(`trading stopped: ${fault}`);
  return EXIT.fault;
}

function systemOptions(
  plan: RunPlan,
  clock: Clock,
  market: MarketSource,
  keys: { access: Access | null },
  ending: Ending,
  log: Log,
): SystemOptions {
  const { setup, instruments, model, modelDir } = plan;
  const { config, stateDir } = setup;
  const onFault = (reason: string): void => {
    log.error({ reason }, 'fault');
    ending.fault ??= reason;
    ending.end('fault');
  };
  return {
    config,
    mode: 'test',
    version: readVersion(),
    seed: config.main.seed,
    model,
    instruments,
    stateDir,
    kernels: readKernels(),
    clock,
    startUs: asEpochUs(clock.nowUs()),
    isReplay: false,
    gateway() {
      keys.access = openAccess(stateDir, setup.secrets.adminApiKeys);
      return gatewayOptions(plan, keys.access);
    },
    pathOf: housePath,
    openVenue: (house) => openPaperVenue(house, config.execution.paperLatencyMs, config.main.seed),
    openForecasts: (house) =>
      startForecastWorkers({
        ...house,
        nowNs: clock.nowNs,
        modelDir,
        modelVersion: model,
        inFlightMax: config.main.concurrentSignalsMax,
        onFault,
      }),
    market,
    material: plan.material,
    onFault,
    ...tellsOf(log),
  };
}

type Tells = 'onTrouble' | 'onStrategyLog' | 'onStrategyFailed';

const tellsOf = (log: Log): Pick<SystemOptions, Tells> => ({
  onTrouble: (reason) => log.warn({ reason }, 'trouble'),
  onStrategyLog: (strategy, text) => log.info({ strategy, text }, 'strategy says'),
  onStrategyFailed(strategy, reason) {
    log.error({ strategy, reason }, 'strategy failed');
    complain(`strategy ${strategy} failed: ${reason}`);
  },
});

function gatewayOptions({ setup }: RunPlan, access: Access): GatewayOptions {
  const { main, gateway, risk, capacity } = setup.config;
  return {
    host: main.host,
    restPort: main.apiPort,
    wsPort: main.webSocketPort,
    mode: 'test',
    version: readVersion(),
    keys: access.keys,
    loginToken: access.token,
    loginName: LOCAL_KEY_NAME, // link and key file are the same person's: one pair of eyes
    isMetricsOpen: gateway.metricsOpen,
    rateLimitPerMinute: gateway.requestsPerMinute,
    corsOrigins: gateway.corsOrigins,
    stateCapacity: capacity,
    softFraction: risk.softFraction,
    drawdownMarks: {
      system: { warning: risk.drawdownWarning, hard: risk.drawdownHard },
      strategy: { warning: risk.strategyDrawdownWarning, hard: risk.strategyDrawdownHard },
    },
  };
}

function serve(system: System): void {
  const { rooms, engine } = system;
  system.gateway.serve({
    traded: rooms.listed.traded,
    books: rooms.books,
    nowUs: engine.nowUs,
    accounts: rooms.names.portfolios,
    hasClientKey: (key) => rooms.state.orders.clientOrder(key) !== null,
    apply: system.apply,
  });
}

function greet(plan: RunPlan, { recovered, doors, rooms }: System, access: Access | null): void {
  const { config, stateDir } = plan.setup;
  if (doors.kind !== 'running' || access === null) return;
  if (recovered !== null) {
    say(
      `recovered: ${recovered.records} records since the last checkpoint, ` +
        `${recovered.unresolvedOrders} unresolved orders, ${recovered.tornBytes} torn bytes cut; ` +
        `this is engine ${recovered.epoch}`,
    );
    const { version } = rooms.limits.tree();
    if (version > 1) say(`limits: version ${version}, as people changed them while it ran`);
  }
  const base = `http://${config.main.host}:${doors.restPort}`;
  const count = plan.instruments.length;
  say(`${paint('bold', 'Colin')} trades ${count} symbols of a generated market`);
  const url = paint('cyan', `${base}/?token=${access.token}`);
  say(`  dashboard  ${url}  (signs this browser in, once)`);
  say(
    `  REST       ${base}/api/v2   WebSocket ws://${config.main.host}:${doors.wsPort}/ws/signals`,
  );
  say(`  key        in ${access.keyPath}   journal in ${stateDir}`);
  say(`  log        in ${plan.logFile}`);
  if (plan.forMs === null) say('  Ctrl-C stops it');
}

async function waitForEnd({ forMs }: RunPlan, { ended, end }: Ending): Promise<string> {
  const over = new AbortController();
  if (forMs !== null) {
    const byItself = sleepLong(forMs, over.signal).then(() => end('--for'));
    byItself.catch(() => undefined); // given up: it has ended for another reason
  }
  const reason = await ended;
  over.abort();
  return reason;
}
