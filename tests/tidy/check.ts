// Owns the check of the whole house: every rule over every file.
// Promise: pure; a violation names its rule, file and line. Every rule has a planted test.
import { findBrandViolations } from './brands.ts';
import { findTestOnlyExports } from './exports.ts';
import { findCycles, findImportViolations } from './imports.ts';
import { roomOf } from './law.ts';
import { findPurityViolations } from './purity.ts';
import { findShapeViolations } from './shape.ts';
import { parseSources, type Source, type Violation } from './source.ts';
import { findTextViolations } from './text.ts';

/** What the checker reads: TypeScript by path from the top, and two documents. */
export type House = {
  readonly files: ReadonlyMap<string, string>;
  readonly packageJson: string;
  readonly dependenciesDoc: string;
};

/** Every violation in the house, by file and line. */
export function findViolations(house: House): readonly Violation[] {
  const sources = parseSources(house.files);
  const declared = declaredDependencies(house.packageJson);
  const known = { paths: new Set(house.files.keys()), dependencies: new Set(declared) };
  const found = sources.flatMap((source: Source) => [
    ...findTextViolations(source),
    ...findShapeViolations(source),
    ...findImportViolations(source, known),
    ...findPurityViolations(source, roomOf(source.path)),
    ...findBrandViolations(source),
  ]);
  return [
    ...found,
    ...findCycles(sources),
    ...findTestOnlyExports(sources),
    ...undocumented(declared, house.dependenciesDoc),
  ];
}

function declaredDependencies(packageJson: string): readonly string[] {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(packageJson) as {
    dependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
}

const undocumented = (declared: readonly string[], doc: string): readonly Violation[] =>
  declared
    .filter((name) => !doc.includes(`\`${name}\``))
    .map((name) => ({
      rule: 'dependency-documented',
      path: 'docs/dependencies.md',
      line: 1,
      text: `says nothing about ${name}`,
    }));

/** Tracked files the walk did not read: a checker that skips files proves nothing. */
export const findUnread = (
  read: ReadonlySet<string>,
  tracked: readonly string[],
): readonly string[] => tracked.filter((path) => !read.has(path));
