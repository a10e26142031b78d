// Owns the rule that the product exports nothing for its tests alone.
// Promise: pure; what a test needs and nobody else is either private or lies in the tests.
import { importsOf, targetOf } from './imports.ts';
import { isInTests, isKernel, type Source, type Violation, violation } from './source.ts';

/** What is there for others than our own files, and for whom. */
const FOR_OTHERS: ReadonlyMap<string, string> = new Map([
  ['engine/bus/codec.ts decodeFrame', 'a client of the stream reads with it what we write'],
  ['engine/storage/memory-disk.ts createMemoryDisk', 'whoever simulates an engine and its crashes'],
  ['engine/storage/recovery.ts targetOf', 'whoever recovers slices of their own'],
]);

const VALUE = /^export (?:async )?(?:function|const|class) (\w+)/;
const NAMED = /(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'([^']+)'/g;
const COMMENT = /\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm;

interface Users {
  readonly product: Set<string>; // 'path name'
  readonly tests: Set<string>;
  readonly whole: Set<string>; // paths imported as a whole: by namespace, or while running
}

export function findTestOnlyExports(sources: readonly Source[]): readonly Violation[] {
  const users: Users = { product: new Set(), tests: new Set(), whole: new Set() };
  for (const source of sources) collect(source, users);
  return sources.flatMap((source) =>
    isInTests(source.path) || isKernel(source.path) ? [] : inFile(source, users),
  );
}

function collect(source: Source, users: Users): void {
  const named = new Set<string>();
  for (const [, names = '', specifier = ''] of source.text.matchAll(NAMED)) {
    named.add(specifier);
    const target = targetOf(source, specifier);
    const list = isInTests(source.path) ? users.tests : users.product;
    for (const name of names.split(',')) list.add(`${target} ${nameOf(name)}`);
  }
  if (isInTests(source.path)) return;
  for (const { specifier } of importsOf(source)) {
    if (!named.has(specifier)) users.whole.add(targetOf(source, specifier));
  }
}

const nameOf = (text: string): string =>
  text
    .trim()
    .replace(/^type /, '')
    .replace(/ as \w+$/, '');

function inFile(source: Source, { product, tests, whole }: Users): readonly Violation[] {
  if (whole.has(source.path)) return [];
  const code = source.text.replace(COMMENT, '');
  return source.lines.flatMap((line, index) => {
    const name = VALUE.exec(line)?.[1];
    const key = `${source.path} ${name}`;
    if (name === undefined || !tests.has(key) || product.has(key)) return [];
    if (FOR_OTHERS.has(key)) return [];
    const isUsedHere = code.split(new RegExp(`\\b${name}\\b`)).length > 2;
    if (isUsedHere) return [];
    return [violation('test-only-export', source, index + 1, `only tests use ${name}`)];
  });
}
