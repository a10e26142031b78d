// Owns the durable state of the strategies: what each instance is, whether it runs, what it saved.
// Promise: changed by fold alone; bounded in instances and bytes; equal states are equal texts.
import { assert } from '../core/assert.ts';
import { canonicalText, hashOf, type Json } from '../core/json.ts';
import type { Fact } from '../facts/fact.ts';
import type { Slice } from '../facts/slice.ts';
import type { StrategyState } from '../facts/strategy.ts';
import { SAVED_BYTES_MAX } from './strategy.ts';

/**
 * Instances remembered, running or not. At most 32 are configured; forgotten is, of those that do
 * not run, first what is not configured any more, then what failed, then what a person stopped,
 * and of these what changed longest ago.
 */
export const INSTANCES_KEPT = 64;
/** Who starts what is configured, and stops what is not any more. */
export const CONFIGURATION = 'configuration';
const TEXT_BYTES_MAX = 4096; // of a record besides what it saved: names, path, reason

export interface InstanceRecord {
  readonly name: string;
  readonly state: StrategyState;
  readonly module: string;
  readonly moduleHash: string;
  readonly reason: string;
  readonly by: string;
  readonly changedUs: number;
  readonly saved: Json; // null: nothing
}

export interface Strategies extends Slice<readonly InstanceRecord[]> {
  get(name: string): InstanceRecord | null;
  /** Canonical text of what it saved, '' for nothing. */
  savedText(name: string): string;
}

/** Largest text of save(), bytes. */
export const strategiesSizeMax = (): number => INSTANCES_KEPT * (SAVED_BYTES_MAX + TEXT_BYTES_MAX);

export function createStrategies(): Strategies {
  const records = new Map<string, InstanceRecord>(); // by their last change, oldest first
  const texts = new Map<string, string>();
  const keep = (record: InstanceRecord): void => {
    records.set(record.name, record);
    if (records.size > INSTANCES_KEPT) forgetOldest(records, texts);
  };
  const save = (): readonly InstanceRecord[] => [...records.values()];
  return {
    name: 'strategies',
    get: (name) => records.get(name) ?? null,
    savedText: (name) => texts.get(name) ?? '',
    fold(fact, timeUs) {
      const next = nextOf(records, fact, timeUs);
      if (next === null) return;
      if (fact.kind === 'strategy') records.delete(next.name); // the last to change is the last
      keep(next);
      if (fact.kind === 'strategy_saved') setText(texts, next);
    },
    save,
    load(saved) {
      records.clear();
      texts.clear();
      assert(Array.isArray(saved), 'the strategies of a checkpoint must be a list');
      assert(saved.length <= INSTANCES_KEPT, `${saved.length} strategies in a checkpoint`);
      for (const record of saved) {
        assert(!records.has(record.name), `strategy ${record.name} twice in a checkpoint`);
        records.set(record.name, record);
        setText(texts, record);
      }
    },
    hash: () => hashOf(save()),
  };
}

function nextOf(
  records: ReadonlyMap<string, InstanceRecord>,
  fact: Fact,
  timeUs: number,
): InstanceRecord | null {
  if (fact.kind === 'strategy') {
    const { name, state, module, moduleHash, reason, by } = fact;
    const saved = records.get(name)?.saved ?? null;
    return { name, state, module, moduleHash, reason, by, changedUs: timeUs, saved };
  }
  if (fact.kind !== 'strategy_saved') return null;
  const record = records.get(fact.name);
  assert(record !== undefined, `${fact.name} saved something and was never started`);
  return { ...record, saved: fact.saved };
}

function setText(texts: Map<string, string>, { name, saved }: InstanceRecord): void {
  if (saved === null) texts.delete(name);
  else texts.set(name, canonicalText(saved));
}

function forgetOldest(records: Map<string, InstanceRecord>, texts: Map<string, string>): void {
  const idle = [...records.values()].filter(({ state }) => state !== 'running');
  const forgotten =
    idle.find(({ state, by }) => state === 'stopped' && by === CONFIGURATION) ??
    idle.find(({ state }) => state === 'failed') ??
    idle[0];
  assert(forgotten !== undefined, `more than ${INSTANCES_KEPT} strategies run`);
  records.delete(forgotten.name);
  texts.delete(forgotten.name);
}
