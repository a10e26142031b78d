// Owns the low priority of work that may wait, so that trading threads go first.
// Promise: touches the calling thread only; where the system refuses, the work runs all the same.
import { constants, setPriority } from 'node:os';

/** True where it worked. On Linux the call touches this thread only; elsewhere it is not made. */
export function lowerPriority(what: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
    return true;
  } catch (error) {
    process.emitWarning(`${what} runs at normal priority: ${String(error)}`);
    return false;
  }
}
