// Owns what a mutation run says: every mutant, scores by file and of the whole.
// Promise: pure; equivalents and mutants that do not compile are shown apart and count for nothing.
import type { Outcome } from './lane.ts';
import type { Mutant } from './mutants.ts';

export interface Trial extends Mutant {
  readonly becomes: string; // its line, trimmed
  readonly outcome: Outcome | 'invalid';
}

export interface FileScore {
  readonly path: string;
  readonly mutants: number;
  readonly killed: number;
  readonly timeouts: number;
  readonly survived: number;
  readonly score: number; // (killed + timeouts) / mutants
}

export interface Report {
  readonly score: number;
  readonly files: readonly FileScore[];
  readonly trials: readonly Trial[];
  readonly equivalents: readonly { readonly mutant: Mutant; readonly reason: string }[];
  readonly seconds: number;
}

/** Share of the mutants that a test noticed; 1 when there were none. */
export const scoreOf = (trials: readonly Trial[]): number => {
  const counted = trials.filter(({ outcome }) => outcome !== 'invalid');
  const noticed = counted.filter(({ outcome }) => outcome !== 'survived');
  return counted.length === 0 ? 1 : noticed.length / counted.length;
};

export function makeReport(
  trials: readonly Trial[],
  equivalents: Report['equivalents'],
  seconds: number,
): Report {
  const paths = [...new Set(trials.map(({ path }) => path))].sort();
  const files = paths.map((path) => {
    const own = trials.filter((trial) => trial.path === path && trial.outcome !== 'invalid');
    const count = (outcome: Outcome): number => own.filter((one) => one.outcome === outcome).length;
    return {
      path,
      mutants: own.length,
      killed: count('killed'),
      timeouts: count('timeout'),
      survived: count('survived'),
      score: scoreOf(own),
    };
  });
  return { score: scoreOf(trials), files, trials, equivalents, seconds };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Survivors first, as a reader needs them; then the table of files and the score. */
export function showReport({ score, files, trials, equivalents, seconds }: Report): string {
  const survivors = trials.filter(({ outcome }) => outcome === 'survived');
  const width = Math.max(4, ...files.map(({ path }) => path.length));
  return [
    ...survivors.map((trial) => `survived ${nameOf(trial)}\n         ${trial.becomes}`),
    ...equivalents.map(({ mutant, reason }) => `equivalent ${nameOf(mutant)} (${reason})`),
    columns(width, ['file', 'mutants', 'killed', 'timeouts', 'survived', 'score']),
    ...files.map(({ path, mutants, killed, timeouts, survived, score: share }) =>
      columns(width, [path, mutants, killed, timeouts, survived, percent(share)]),
    ),
    `score ${percent(score)} of ${trials.length} mutants in ${Math.round(seconds)} s`,
  ].join('\n');
}

const columns = (width: number, [path, ...rest]: readonly (string | number)[]): string =>
  [String(path).padEnd(width), ...rest.map((cell) => String(cell).padStart(9))].join('');

const nameOf = ({ path, line, operator, original, replacement }: Mutant): string =>
  `${path}:${line} ${operator}: ${show(original)} -> ${show(replacement)}`;

const show = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 37)}...` : line;
};
