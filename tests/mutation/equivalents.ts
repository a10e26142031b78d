// Owns the mutants that no test can notice, each with the reason why.
// Promise: an entry that names no mutant is an error, and none counts as killed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant, mutatedLine } from './mutants.ts';

export interface Equivalent {
  readonly path: string;
  /** The line as the mutant leaves it, trimmed; `removed: …` for a statement that is gone. */
  readonly becomes: string;
  readonly reason: string;
}

/** equivalents.json beside this file. */
export const EQUIVALENTS = JSON.parse(
  readFileSync(join(import.meta.dirname, 'equivalents.json'), 'utf8'),
) as readonly Equivalent[];

export interface Sorted {
  readonly mutants: readonly Mutant[];
  readonly equivalents: readonly { readonly mutant: Mutant; readonly reason: string }[];
  /** Entries that name no mutant although their file was read. */
  readonly idle: readonly Equivalent[];
}

/** Takes the known equivalents out of `mutants` of the file `path`. */
export function sortOut(
  path: string,
  text: string,
  mutants: readonly Mutant[],
  known: readonly Equivalent[] = EQUIVALENTS,
): Sorted {
  const entries = known.filter((entry) => entry.path === path);
  const used = new Set<Equivalent>();
  const left: Mutant[] = [];
  const equivalents: { mutant: Mutant; reason: string }[] = [];
  for (const mutant of mutants) {
    const line = mutatedLine(text, mutant);
    const entry = entries.find(({ becomes }) => becomes === line);
    if (entry === undefined) left.push(mutant);
    else {
      used.add(entry);
      equivalents.push({ mutant, reason: entry.reason });
    }
  }
  return { mutants: left, equivalents, idle: entries.filter((entry) => !used.has(entry)) };
}
