// Owns waits of any length, as people ask for them: a run of weeks, a replay in slow motion.
// Promise: nobody comes back early; a timer of Node beyond 24.8 days would end at once.
import { setTimeout as sleep } from 'node:timers/promises';

const TIMER_MS_MAX = 2 ** 31 - 1;

/** Rejects with an AbortError once `signal` is given. */
export async function sleepLong(ms: number, signal?: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= TIMER_MS_MAX) {
    const stepMs = Math.min(Math.ceil(leftMs), TIMER_MS_MAX);
    await sleep(stepMs, undefined, signal === undefined ? {} : { signal });
  }
}
