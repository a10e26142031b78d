// Owns the two ways an impossible state shows itself.
// Promise: a broken invariant throws an InvariantError, and no event is taken after it.

/** A broken invariant: the program, not the world, is wrong. Trading ends with it. */
export class InvariantError extends Error {
  override name = 'InvariantError';
}

/** Throws an InvariantError with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The last branch of every switch over a union: a new member fails to compile, then to run. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected case: ${JSON.stringify(value)}`);
}
