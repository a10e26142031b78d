// Owns how users' strategy files are opened: in a worker each, or on the engine's thread.
// Promise: a file that cannot be opened fails its instance, by name and with why; never the run.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../workers/start.ts';
import type { StrategyTask } from '../../workers/strategy.ts';
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import type { FieldProblem } from '../core/ports.ts';
import { BUILT_INS, builtInOf } from '../strategies/built-ins.ts';
import type { Opened, StrategyNews } from '../strategies/calls.ts';
import { type InstanceSpec, instrumentsOf } from '../strategies/instances.ts';
import { type Batch, type Opening, readOpening } from '../strategies/isolated-wire.ts';
import { checkModule, createStrategy, describeThrown } from '../strategies/module.ts';
import { createLoads } from './strategy-loads.ts';

export interface StrategyModulesOptions {
  readonly traded: () => readonly Instrument[];
  readonly limits: Pick<
    Config['strategyHost'],
    'loadMsMax' | 'isolatedMemoryMb' | 'isolatedTimeoutMs'
  >;
  /** The absolute path of a module as the configuration names it. */
  readonly pathOf: (module: string) => string;
  /** Everything on the engine's thread whatever a configuration says: a replay has to be exact. */
  readonly isInside?: boolean;
  /** To be taken as an event: { kind: 'strategy', name, news }. */
  onNews(name: string, news: StrategyNews): void;
  /** What an isolated strategy prints. */
  onOutput(name: string, text: string): void;
}

export interface StrategyModules {
  /** Opens every file among the specifications before it returns: a stuck one costs loadMsMax. */
  openAll(specs: readonly InstanceSpec[]): Promise<ReadonlyMap<string, Opened>>;
  /**
   * Opens one while the system runs, in its turn; news 'opened' of that number follow, unless a
   * later one was asked for meanwhile.
   */
  open(spec: InstanceSpec, opening: number): void;
  /** Resolves when every worker that was told to stop has answered, or its time is over. */
  left(): Promise<void>;
  /** Ends every worker; resolves when they are gone. */
  close(): Promise<void>;
}

interface State {
  readonly options: StrategyModulesOptions;
  readonly workers: Set<Worker>;
  readonly leaving: Set<Promise<void>>;
  life: number;
}

export function createStrategyModules(options: StrategyModulesOptions): StrategyModules {
  const loads = createLoads();
  const state: State = { options, workers: new Set(), leaving: new Set(), life: 0 };
  return {
    async openAll(specs) {
      const files = specs.filter(({ module }) => builtInOf(module) === null);
      const opened = files.map(async (spec) => [spec.name, await open(state, spec)] as const);
      return new Map(await Promise.all(opened));
    },
    open(spec, opening) {
      loads.ask(spec.name, async () => {
        const opened = await open(state, spec);
        options.onNews(spec.name, { kind: 'opened', opening, opened });
      });
    },
    async left() {
      await Promise.all(state.leaving);
    },
    async close() {
      loads.close();
      await Promise.all([...state.workers].map((worker) => worker.terminate()));
    },
  };
}

/** Files that are not there: a mistake of the configuration, found before anything starts. */
export function problemsOfFiles(
  { strategies }: Config,
  pathOf: (module: string) => string,
): readonly FieldProblem[] {
  return strategies.flatMap(({ module }, index) => {
    if (builtInOf(module) !== null || existsSync(pathOf(module))) return [];
    const message = missingText(module, pathOf(module));
    return [{ path: `strategies.${index}.module`, message }];
  });
}

function missingText(module: string, path: string): string {
  if (/[/.]/.test(module)) return `there is no file ${path}`;
  const known = [...BUILT_INS.keys()].join(', ');
  return `there is no built-in strategy '${module}' (${known}), and no file ${path}`;
}

async function open(state: State, spec: InstanceSpec): Promise<Opened> {
  const { options } = state;
  const path = options.pathOf(spec.module);
  let moduleHash = '';
  try {
    moduleHash = createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    const reason = `${path} cannot be read: ${error instanceof Error ? error.message : ''}`;
    return { kind: 'not_opened', moduleHash: '', reason };
  }
  const url = pathToFileURL(path).href;
  if (spec.isolated && options.isInside !== true) return openIsolated(state, spec, url, moduleHash);
  return openInside(url, moduleHash, options.limits.loadMsMax);
}

// ---- On the engine's thread -----------------------------------------------------------------

// The hash in the query makes a changed file another module; what it imports is kept. An await at
// its top may never end, which costs loadMsMax; a loop there has the thread for good.
async function openInside(url: string, moduleHash: string, loadMsMax: number): Promise<Opened> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), loadMsMax);
  try {
    const exported: unknown = await Promise.race([
      import(`${url}?sha256=${moduleHash}`),
      late.promise,
    ]);
    if (exported === 'late') {
      return { kind: 'not_opened', moduleHash, reason: loadProblem(url, lateText(loadMsMax)) };
    }
    const module = checkModule(exported);
    if (module.kind === 'problem') {
      return { kind: 'not_opened', moduleHash, reason: `${nameOf(url)} ${module.reason}` };
    }
    return {
      kind: 'inside',
      moduleHash,
      url,
      create: (parameters, desk) => createStrategy(module.value, parameters, desk),
    };
  } catch (thrown) {
    return {
      kind: 'not_opened',
      moduleHash,
      reason: loadProblem(url, describeThrown(thrown, url)),
    };
  } finally {
    clearTimeout(timer);
  }
}

const nameOf = (url: string): string => decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
const lateText = (loadMsMax: number): string =>
  `not done within ${loadMsMax} ms: does a loop or an await at its top never end?`;
const loadProblem = (url: string, text: string): string => `${nameOf(url)} does not load: ${text}`;

// ---- In a worker of its own -----------------------------------------------------------------

function openIsolated(
  state: State,
  spec: InstanceSpec,
  url: string,
  moduleHash: string,
): Promise<Opened> {
  const { options } = state;
  const { loadMsMax, isolatedMemoryMb } = options.limits;
  const { name, account, parameters } = spec;
  const instruments = instrumentsOf(spec, options.traded());
  const memoryMb = isolatedMemoryMb;
  const task: StrategyTask = { url, name, account, instruments, parameters, memoryMb };
  const worker = startWorker('strategy', task, {
    name: `colin-strategy-${name}`,
    resourceLimits: { maxOldGenerationSizeMb: isolatedMemoryMb },
    env: {}, // keys of the house are none of its business
    stdout: true,
    stderr: true,
  });
  state.workers.add(worker);
  worker.once('exit', () => state.workers.delete(worker));
  readOutput(worker, (text) => options.onOutput(name, text));
  state.life += 1;
  const { life } = state;
  return new Promise((resolve) => {
    const opening = { spec, url, moduleHash, life, instruments, worker, state };
    const timer = setTimeout(() => {
      settle({ kind: 'problem', reason: lateText(loadMsMax) });
    }, loadMsMax);
    const settle = (said: Opening): void => {
      clearTimeout(timer);
      worker.removeAllListeners('message').removeAllListeners('error');
      worker.off('exit', onExit);
      if (said.kind === 'ready') return resolve(follow(opening));
      void worker.terminate();
      worker.on('error', () => undefined); // it was told already
      resolve({ kind: 'not_opened', moduleHash, reason: loadProblem(url, said.reason) });
    };
    const onExit = (code: number): void =>
      settle({ kind: 'problem', reason: `its worker ended with code ${code}` });
    worker.once('message', (said: unknown) => settle(readOpening(said)));
    worker.once('error', (thrown) =>
      settle({ kind: 'problem', reason: describeThrown(thrown, url) }),
    );
    worker.once('exit', onExit);
  });
}

interface Running {
  readonly spec: InstanceSpec;
  readonly url: string;
  readonly moduleHash: string;
  readonly life: number;
  readonly instruments: readonly Instrument[];
  readonly worker: Worker;
  readonly state: State;
}

/** A worker whose strategy is made: its answers are news, and so is its end. */
function follow(running: Running): Opened {
  const { spec, url, moduleHash, life, instruments, worker, state } = running;
  const { options } = state;
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
    void worker.terminate();
  };
  const gone = (reason: string): void => {
    if (isEnded) return;
    end();
    options.onNews(spec.name, { kind: 'gone', life, reason });
  };
  worker.on('message', (answer: unknown) => {
    if (!isEnded) options.onNews(spec.name, { kind: 'answer', life, answer });
  });
  worker.on('error', (thrown) => gone(describeThrown(thrown, url)));
  worker.on('exit', (code) => gone(`its worker ended with code ${code}`));
  return {
    kind: 'isolated',
    moduleHash,
    life,
    instruments,
    link: {
      post: (batch) => worker.postMessage(batch),
      leave: (batch) => leave(running, batch, end),
      end,
    },
  };
}

/** The answers still go their way: this only sees to it that the worker ends, and when. */
function leave({ worker, state }: Running, batch: Batch, end: () => void): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const over = (): void => {
    clearTimeout(timer);
    end();
    state.leaving.delete(promise);
    resolve();
  };
  const timer = setTimeout(over, state.options.limits.isolatedTimeoutMs);
  state.leaving.add(promise);
  worker.on('message', (answer: { readonly number?: unknown } | null) => {
    if (answer?.number === batch.number) over();
  });
  worker.once('exit', over);
  worker.postMessage(batch);
}

const LINES_PER_SECOND = 20; // of what it prints; the rest is dropped
const LINE_LENGTH_MAX = 500;

function readOutput(worker: Worker, onText: (text: string) => void): void {
  let second = 0;
  let lines = 0;
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const now = Math.floor(performance.now() / 1000);
      if (now !== second) lines = 0;
      second = now;
      for (const line of text.split('\n')) {
        if (line.trim() === '' || lines >= LINES_PER_SECOND) continue;
        lines += 1;
        onText(line.slice(0, LINE_LENGTH_MAX));
      }
    });
  }
}
