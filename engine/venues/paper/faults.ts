// Owns what can go wrong between engine and simulated venue: lost, doubled, late, refused.
// Promise: off unless asked for; one seed of its own decides every fault.
import { assert } from '../../core/assert.ts';
import { createRandom } from '../../core/random.ts';

/** Chances are 0..1, each drawn for itself. */
export interface PaperFaults {
  readonly seed: string;
  readonly loseRequest?: number; // of everything asked of the venue
  readonly loseAnswer?: number; // of everything it says, fills and money too
  readonly duplicateFill?: number;
  readonly delay?: number; // of a message, either way
  readonly delayUs?: number; // how long at most; default 5 s
  readonly reject?: number; // of new orders, for no reason of theirs
}

export interface Faults {
  losesRequest(): boolean;
  losesAnswer(): boolean;
  doublesFill(): boolean;
  rejects(): boolean;
  delayUs(): number; // 0: none
}

const NONE: Faults = {
  losesRequest: () => false,
  losesAnswer: () => false,
  doublesFill: () => false,
  rejects: () => false,
  delayUs: () => 0,
};

export function createFaults(options: PaperFaults | undefined): Faults {
  if (options === undefined) return NONE;
  const { seed, loseRequest = 0, loseAnswer = 0, duplicateFill = 0, reject = 0 } = options;
  const { delay = 0, delayUs = 5_000_000 } = options;
  const chances = { loseRequest, loseAnswer, duplicateFill, delay, reject };
  for (const [name, chance] of Object.entries(chances)) {
    assert(chance >= 0 && chance <= 1, `faults.${name} ${chance} is not in 0..1`);
  }
  assert(Number.isSafeInteger(delayUs) && delayUs > 0, `faults.delayUs ${delayUs} is not above 0`);
  const random = createRandom(`${seed}/faults`);
  const happens = (chance: number): boolean => chance > 0 && random.uniform() < chance;
  return {
    losesRequest: () => happens(loseRequest),
    losesAnswer: () => happens(loseAnswer),
    doublesFill: () => happens(duplicateFill),
    rejects: () => happens(reject),
    delayUs: () => (happens(delay) ? 1 + random.integer(delayUs) : 0),
  };
}
