// Owns the sums of line and branch coverage by folder, and the files no test ever loaded.
// Promise: a source file with code that was never loaded counts with every line uncovered.
import { stripTypeScriptTypes } from 'node:module';

/** Counts of one file; branches of a file that was never loaded are unknown and count as none. */
export interface FileCoverage {
  readonly path: string; // from the top of the checkout
  readonly lines: number;
  readonly coveredLines: number;
  readonly branches: number;
  readonly coveredBranches: number;
}

export interface CoverageRow {
  readonly folder: string;
  readonly files: number;
  readonly linePercent: number;
  readonly branchPercent: number;
}

export interface CoverageSummary {
  readonly linePercent: number;
  readonly branchPercent: number;
  readonly folders: readonly CoverageRow[];
  readonly worst: readonly { readonly path: string; readonly linePercent: number }[];
  readonly unloaded: readonly string[];
}

const WORST_SHOWN = 10;

/** Sums `loaded` and those files of `texts` (path to source) that have code and were not loaded. */
export function summarizeCoverage(
  loaded: readonly FileCoverage[],
  texts: ReadonlyMap<string, string>,
): CoverageSummary {
  const seen = new Set(loaded.map((file) => file.path));
  const missed = [...texts].filter(([path, text]) => !seen.has(path) && hasCode(text));
  const files = [...loaded, ...missed.map(([path, text]) => uncovered(path, text))];
  const folders = Map.groupBy(files, (file) => file.path.slice(0, file.path.lastIndexOf('/')));
  const rows = [...folders].map(([folder, group]) => ({ folder, ...sum(group) }));
  const worst = loaded
    .map((file) => ({ path: file.path, linePercent: percent(file.coveredLines, file.lines) }))
    .sort((a, b) => a.linePercent - b.linePercent)
    .slice(0, WORST_SHOWN);
  const { linePercent, branchPercent } = sum(files);
  return {
    linePercent,
    branchPercent,
    folders: rows.sort((a, b) => a.folder.localeCompare(b.folder)),
    worst,
    unloaded: missed.map(([path]) => path).sort(),
  };
}

const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole);

function sum(files: readonly FileCoverage[]): Omit<CoverageRow, 'folder'> {
  const total = (pick: (file: FileCoverage) => number): number =>
    files.reduce((all, file) => all + pick(file), 0);
  return {
    files: files.length,
    linePercent: percent(
      total((file) => file.coveredLines),
      total((file) => file.lines),
    ),
    branchPercent: percent(
      total((file) => file.coveredBranches),
      total((file) => file.branches),
    ),
  };
}

const uncovered = (path: string, text: string): FileCoverage => ({
  path,
  lines: text.split('\n').length - 1,
  coveredLines: 0,
  branches: 0,
  coveredBranches: 0,
});

/** False when only types, comments and type imports stand in the file: nothing of it ever runs. */
export function hasCode(text: string): boolean {
  const code = stripTypeScriptTypes(text)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
  return /\S/.test(code.replace(/export\s*\{\s*\}\s*;?/g, ''));
}
