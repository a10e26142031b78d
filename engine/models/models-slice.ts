// Owns the slice of models: by which versions this engine and those before it have traded.
// Promise: the versions used last are kept; what is told of one is what its signals say.
import { assert } from '../core/assert.ts';
import { hashOf } from '../core/json.ts';
import type { Slice } from '../facts/slice.ts';
import { MODEL_VERSION_LENGTH_MAX } from './model.ts';

/** One version of a model: a run named it, or a signal came of it. */
export interface ModelUse {
  readonly version: string; // as its manifest has it; 'none': a run without forecasts
  readonly sinceUs: number; // first named
  readonly lastUs: number; // last named, or its last signal
  readonly signals: number;
}

export interface ModelsSaved {
  readonly active: string; // of the run that goes on or ended last; '': none began
  readonly uses: readonly ModelUse[]; // the one used last comes last
}

export interface ModelsSlice extends Slice<ModelsSaved> {
  readonly active: string;
  uses(): readonly ModelUse[];
}

export const MODELS_KEPT = 64; // beyond it the one used longest ago is forgotten
const USE_BYTES = MODEL_VERSION_LENGTH_MAX * 6 + 128; // each character escaped

/** Bytes of the largest state, as JSON. */
export const modelsSizeMax = (): number => (MODELS_KEPT + 1) * USE_BYTES;

export function createModelsSlice(): ModelsSlice {
  let active = '';
  const uses = new Map<string, ModelUse>(); // in the order of their last use
  const use = (version: string, timeUs: number, signals: number): void => {
    const before = uses.get(version) ?? { sinceUs: timeUs, signals: 0 };
    uses.delete(version);
    const { sinceUs } = before;
    uses.set(version, { version, sinceUs, lastUs: timeUs, signals: before.signals + signals });
    const [oldest = ''] = uses.keys();
    if (uses.size > MODELS_KEPT) uses.delete(oldest);
  };
  const save = (): ModelsSaved => ({ active, uses: [...uses.values()] });
  return {
    name: 'models',
    fold(fact, timeUs) {
      if (fact.kind === 'signal') use(fact.model, timeUs, 1);
      if (fact.kind !== 'run_started') return;
      active = fact.model;
      use(fact.model, timeUs, 0);
    },
    save,
    load(saved) {
      assert(saved.uses.length <= MODELS_KEPT, 'a checkpoint holds more models than are kept');
      active = saved.active;
      uses.clear();
      for (const one of saved.uses) uses.set(one.version, one);
    },
    hash: () => hashOf(save()),
    get active() {
      return active;
    },
    uses: () => [...uses.values()],
  };
}
