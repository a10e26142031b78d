// Owns the mutants that no test can notice, each with the reason why.
// Promise: an entry that names no mutant is an error, and none counts as killed.
import { type Mutant, mutatedLine } from './mutants.ts';

export interface Equivalent {
  readonly path: string;
  /** The line as the mutant leaves it, trimmed. */
  readonly becomes: string;
  readonly reason: string;
}

const NEVER_NULL = 'the types demand it: every scope of scopesOf has a cell for each of its limits';
const OFFSET_0 = 'the offset is 0';
const CONSTANT = 'the condition is true or false for every build of this source';

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    path: 'engine/risk/limits.ts',
    becomes: "removed: if (scope === 'system') return null;",
    reason: 'the system is then its own parent, and no limit is above itself',
  },
  {
    path: 'engine/risk/limits.ts',
    becomes: 'for (let node = 1; node < 1 + portfolios + strategies + venues; node += 1) {',
    reason: 'the tree writes every limit of the system node, but for the state, which has none',
  },
  {
    path: 'engine/risk/limits.ts',
    becomes: 'for (let row = 1; row < instruments; row += 1) {',
    reason: 'the tree writes all four limits of row 0',
  },
  {
    path: 'engine/risk/limits.ts',
    becomes: 'removed: assert(at !== null, `${scope} has no cell for ${name}`);',
    reason: NEVER_NULL,
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes: "removed: assert(LIMIT_OF_CHECK.length === CHECKS, 'a risk check has no name');",
    reason: CONSTANT,
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes:
      "removed: assert(ofOrder.length === CHECK_NODES && ofNode.length === NODE_CHECKS, 'checks are misplaced');",
    reason: CONSTANT,
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes:
      "assert(ofOrder.length === CHECK_NODES || ofNode.length === NODE_CHECKS, 'checks are misplaced');",
    reason: CONSTANT,
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes: "removed: assert(levels.length === LEVELS, 'a level of the tree has no name');",
    reason: CONSTANT,
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes: 'removed: breaches.unshift(malformed(intent));',
    reason: 'an order of nothing breaks CHECK_INPUT, which comes first and has the same name',
  },
  {
    path: 'engine/risk/pre-trade.ts',
    becomes: 'words[(riskOrder - ORDER_INSTRUMENT) / 4] = instrument.index;',
    reason: OFFSET_0,
  },
];

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
