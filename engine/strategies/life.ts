// Owns the life of an instance: opened, started, saved, stopped, reloaded; by whom and why.
// Promise: over restarts what a person stopped stays so, and what failed until its file changes.
import type { Json } from '../core/json.ts';
import type { Order } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';
import { builtInOf } from './built-ins.ts';
import {
  begin,
  commitState,
  detach,
  end,
  failedCall,
  type Instance,
  markFailed,
  type Opened,
  type State,
} from './calls.ts';
import { createIsolated } from './isolated.ts';
import { createStrategy, describeThrown, refusePromise } from './module.ts';
import { textToSave } from './saving.ts';
import { CONFIGURATION, type InstanceRecord } from './strategies-slice.ts';
import type { Strategy } from './strategy.ts';

export type CommandResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'starting' } // as soon as its file is open
  | { readonly kind: 'not_found' } // no instance of that name
  | { readonly kind: 'failed'; readonly reason: string };

const SAVE_US = 10_000_000; // a crash costs at most that much of what they save

/** `opened` null: files load while everybody else trades, and their instances join in then. */
export function start(
  state: State,
  orders: readonly Order[],
  opened: ReadonlyMap<string, Opened> | null,
  nowUs: EpochUs,
): void {
  const { slice } = state.options;
  state.savedUs = nowUs;
  for (const order of orders) state.byName.get(order.strategy)?.seat.own.put(order);
  for (const record of slice.save()) {
    if (!state.byName.has(record.name)) retire(state, record, nowUs);
  }
  for (const one of state.byName.values()) {
    const isFile = builtInOf(one.spec.module) === null;
    if (opened === null && isFile) loadFirst(state, one, nowUs);
    else join(state, one, openedOf(one, opened?.get(one.spec.name)), nowUs);
  }
}

const LOADING = 'its file is being loaded';

const isLoading = ({ state, by, reason }: InstanceRecord): boolean =>
  state === 'stopped' && by === 'host' && reason === LOADING;

/** The journal says that it loads: a crash leaves it to the next start, a person may stop it. */
function loadFirst(state: State, one: Instance, nowUs: EpochUs): void {
  const { slice, ports } = state.options;
  const record = slice.get(one.spec.name);
  const isStopped = record?.state === 'stopped' && record.by !== CONFIGURATION;
  if (isStopped && !isLoading(record)) {
    takeBackStopped(state, one.spec.name, nowUs); // whatever the file is now
    return;
  }
  if (record?.state !== 'failed') commitState(state, one, 'stopped', LOADING, 'host', nowUs);
  one.asked = 'start';
  one.openings += 1;
  ports.open(one.spec, one.openings);
}

/** At a start: what shall run begins, and the orders of what shall not are taken back. */
function join(state: State, one: Instance, opened: Opened, nowUs: EpochUs): void {
  const record = state.options.slice.get(one.spec.name);
  if (shallRun(record, one, opened)) {
    bring(state, one, opened, CONFIGURATION, 'start', nowUs);
    return;
  }
  if (opened.kind === 'isolated') opened.link.end();
  if (record?.state === 'failed') tellStillFailed(state, record);
  takeBackStopped(state, one.spec.name, nowUs);
}

function openedOf({ spec }: Instance, opened: Opened | undefined): Opened {
  const module = builtInOf(spec.module);
  if (module === null) {
    return opened ?? { kind: 'not_opened', moduleHash: '', reason: `nobody opened ${spec.module}` };
  }
  return {
    kind: 'inside',
    moduleHash: '',
    url: '',
    create: (parameters, desk) => createStrategy(module, parameters, desk),
  };
}

function shallRun(record: InstanceRecord | null, { spec }: Instance, opened: Opened): boolean {
  if (record === null || record.state === 'running' || record.by === CONFIGURATION) return true;
  if (isLoading(record)) return true;
  const isOther = record.module !== spec.module || record.moduleHash !== opened.moduleHash;
  return record.state === 'failed' && isOther;
}

const tellStillFailed = ({ options }: State, { name, reason }: InstanceRecord): void =>
  options.ports.tellFailed(name, `${reason}; so before, until its file changes or it is started`);

/** An instance that is not configured any more: nobody else would take its orders back. */
function retire(state: State, record: InstanceRecord, nowUs: EpochUs): void {
  const { name, module, moduleHash } = record;
  if (record.state !== 'stopped') {
    const reason = 'not configured any more';
    const fact = { kind: 'strategy', name, module, moduleHash, state: 'stopped', reason } as const;
    state.options.ports.commit({ ...fact, by: CONFIGURATION }, nowUs);
  }
  takeBackStopped(state, name, nowUs);
}

const takeBackStopped = ({ options }: State, name: string, nowUs: EpochUs): void =>
  options.ports.takeBack(name, 'its strategy does not run', nowUs);

/** Makes the strategy and lets it begin; what cannot be made is failed, and others go on. */
function bring(
  state: State,
  one: Instance,
  opened: Opened,
  by: string,
  reason: string,
  nowUs: EpochUs,
): void {
  one.moduleHash = opened.moduleHash;
  one.asked = null;
  one.leaving = null; // it was given its time
  one.seat.actions.length = 0;
  one.seat.renew();
  one.pacing.renew();
  const { slice, callMsMax } = state.options;
  const saved = slice.get(one.spec.name)?.saved ?? null;
  one.url = opened.kind === 'inside' ? opened.url : '';
  one.isTimed = one.url !== '' && callMsMax !== Number.POSITIVE_INFINITY;
  begin(state, one, nowUs, 0);
  const made = make(state, one, opened, saved);
  if (typeof made === 'string') {
    one.seat.actions.length = 0;
    markFailed(state, one, made, CONFIGURATION, nowUs);
    end(state, one, nowUs);
    return;
  }
  one.strategy = made;
  if (made.onBook !== undefined) {
    for (const { index } of one.instruments) {
      state.readers[index] = [...(state.readers[index] ?? []), one];
    }
  }
  commitState(state, one, 'running', reason, by, nowUs);
  try {
    if (saved !== null) refusePromise('load', made.load?.(saved));
    refusePromise('onStart', made.onStart?.());
  } catch (thrown) {
    failedCall(state, one, thrown, nowUs);
  }
  end(state, one, nowUs);
}

/** The strategy, or why there is none. */
function make(state: State, one: Instance, opened: Opened, saved: Json): Strategy | string {
  const { ports, isolatedTimeoutMs: timeoutMs } = state.options;
  const { seat, spec } = one;
  switch (opened.kind) {
    case 'not_opened':
      return opened.reason;
    case 'isolated': {
      const { link, life, instruments: known } = opened;
      const { books, nowNs } = ports;
      one.link = link;
      one.life = life;
      one.isolated = createIsolated({ seat, link, books, nowNs, timeoutMs, saved, known });
      return one.isolated;
    }
    default: {
      try {
        const made = opened.create(spec.parameters, seat.desk);
        return made.kind === 'sound' ? made.value : made.reason;
      } catch (thrown) {
        return `create() ${describeThrown(thrown, opened.url)}`;
      }
    }
  }
}

// ---- Saving and stopping --------------------------------------------------------------------

export function saveDue(state: State, nowUs: EpochUs): void {
  if (nowUs - state.savedUs >= SAVE_US) saveAll(state, nowUs);
}

export function saveAll(state: State, nowUs: EpochUs): void {
  state.savedUs = nowUs;
  for (const one of state.byName.values()) {
    if (one.strategy?.save === undefined) continue;
    begin(state, one, nowUs, 0);
    try {
      saveOne(state, one, one.strategy, nowUs);
    } catch (thrown) {
      failedCall(state, one, thrown, nowUs);
    }
    end(state, one, nowUs);
  }
}

function saveOne({ options }: State, one: Instance, strategy: Strategy, nowUs: EpochUs): void {
  if (strategy.save === undefined) return;
  const { name } = one.spec;
  const text = textToSave(strategy.save());
  if (text === options.slice.savedText(name)) return;
  const saved = text === '' ? null : (JSON.parse(text) as Json);
  options.ports.commit({ kind: 'strategy_saved', name, saved }, nowUs);
}

/** The last call and what it saves; nothing it asks for is sent any more. True if it ended well. */
export function close(state: State, one: Instance, nowUs: EpochUs): boolean {
  const { strategy } = one;
  if (strategy === null) return false;
  begin(state, one, nowUs, 0);
  try {
    refusePromise('onStop', strategy.onStop?.());
    saveOne(state, one, strategy, nowUs);
    takeLeave(one);
  } catch (thrown) {
    failedCall(state, one, thrown, nowUs);
  }
  const isWell = one.strategy !== null;
  detach(state, one);
  end(state, one, nowUs);
  return isWell;
}

/** A worker hears that it stops, and has its time for a last answer; nobody waits for it here. */
function takeLeave(one: Instance): void {
  if (one.isolated === null) return;
  one.link?.leave(one.isolated.farewell());
  one.leaving = one.isolated;
  one.link = null;
}

/** What a worker says that leaves. */
export function hearLast(state: State, one: Instance, answer: unknown, nowUs: EpochUs): void {
  const { leaving, spec } = one;
  if (leaving === null) return;
  try {
    leaving.takeLast(answer);
    saveOne(state, one, leaving, nowUs);
  } catch (thrown) {
    one.leaving = null;
    const { ports, slice } = state.options;
    const reason = describeThrown(thrown, '').replace(/^StrategyError: /, '');
    // A person's stop stands; at the end of a run it is failed, as one on this thread would be.
    if (slice.get(spec.name)?.state === 'running') markFailed(state, one, reason, 'host', nowUs);
    else ports.log(spec.name, `its last call: ${reason}`);
  }
}

// ---- Commands -------------------------------------------------------------------------------

export function command(
  state: State,
  name: string,
  action: 'start' | 'stop' | 'reload',
  by: string,
  reason: string,
  nowUs: EpochUs,
): CommandResult {
  const one = state.byName.get(name);
  if (one === undefined) return { kind: 'not_found' };
  if (action === 'stop') {
    close(state, one, nowUs);
    one.asked = null;
    commitState(state, one, 'stopped', reason, by, nowUs);
    state.options.ports.takeBack(name, `stopped by ${by}: ${reason}`, nowUs);
    return { kind: 'done' };
  }
  if (state.isOver) return { kind: 'failed', reason: 'the system is stopping' };
  if (action === 'start' && one.strategy !== null) return { kind: 'done' };
  close(state, one, nowUs);
  one.asked = { by, reason };
  one.openings += 1;
  if (builtInOf(one.spec.module) === null) state.options.ports.open(one.spec, one.openings);
  else bring(state, one, openedOf(one, undefined), by, reason, nowUs);
  if (one.asked !== null) return { kind: 'starting' };
  const now = state.options.slice.get(name);
  return now?.state === 'failed' ? { kind: 'failed', reason: now.reason } : { kind: 'done' };
}

/** A module was opened; nobody may want it any more, or a later one, or the run ends. */
export function takeOpened(
  state: State,
  one: Instance,
  { opening, opened }: { readonly opening: number; readonly opened: Opened },
  nowUs: EpochUs,
): void {
  if (state.isOver || one.asked === null || opening !== one.openings) {
    if (opened.kind === 'isolated') opened.link.end();
    return;
  }
  const { asked } = one;
  one.asked = null;
  if (asked === 'start') join(state, one, opened, nowUs);
  else bring(state, one, opened, asked.by, asked.reason, nowUs);
}
