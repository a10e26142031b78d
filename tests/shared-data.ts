// Owns the way to recorded market data and golden numbers, which are not part of this repository.
// Promise: null when they are absent, so that a test skips with a reason instead of failing.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const checkout = resolve(import.meta.dirname, '..');

/** Folders that may hold the data: COLIN_SHARED when set, else `shared` beside the checkout. */
const roots = (): readonly string[] => {
  const named = process.env.COLIN_SHARED;
  return named === undefined ? [resolve(checkout, '..', 'shared')] : [resolve(named)];
};

/** The absolute path of `relative` inside the shared data, or null when it is not there. */
export function sharedPath(relative: string): string | null {
  for (const root of roots()) {
    const path = join(root, relative);
    if (existsSync(path)) return path;
  }
  return null;
}
