// Owns which files are mutated and which tests have to notice.
// Promise: pure over a list of paths; a file's own tests come first, then those of its importers.

/** Paths from the top of the checkout. */
export interface Target {
  readonly path: string;
  readonly tests: readonly string[];
  readonly isKernel: boolean;
}

const KERNELS = /^wasm\/(risk[a-z-]*|scenarios)\.ts$/;
const TABLES = /^engine\/risk\/[a-z-]+\.ts$/;
/** Reads ahead and changes nothing: what its sums come to means nothing, and no test can notice. */
const READS_ALONE = 'engine/risk/read-ahead.ts';
const ANALYSIS = /^engine\/analysis\/[a-z-]+\.ts$/;
const KERNEL_TESTS = [
  /^tests\/(unit|property)\/wasm\/(risk|scenarios)[a-z-]*\.test\.ts$/,
  /^tests\/property\/risk\/million-orders\.test\.ts$/,
];

/** What is mutated of `files` (path to text): the risk kernel and the pure files of engine/risk. */
export function findTargets(
  files: ReadonlyMap<string, string>,
  options: { readonly hasAnalysis: boolean; readonly isWanted: (path: string) => boolean },
): readonly Target[] {
  const paths = [...files.keys()].sort();
  const isTarget = (path: string): boolean =>
    path !== READS_ALONE &&
    (KERNELS.test(path) || TABLES.test(path) || (options.hasAnalysis && ANALYSIS.test(path)));
  return paths
    .filter((path) => isTarget(path) && options.isWanted(path))
    .map((path) => {
      const isKernel = KERNELS.test(path);
      const tests = isKernel ? kernelTests(paths) : testsOf(files, path);
      return { path, tests, isKernel };
    });
}

// The unit tests first: they are quick, and narrow.
const kernelTests = (paths: readonly string[]): readonly string[] =>
  paths.filter((test) => KERNEL_TESTS.some((tests) => tests.test(test))).reverse();

/**
 * The tests that mirror the path (engine/risk/drawdown.ts: tests/unit/risk/drawdown*.test.ts and
 * tests/property/risk/drawdown*.test.ts), then those that mirror a file which imports it. Without
 * either the search goes on to the importers of the importers.
 */
function testsOf(files: ReadonlyMap<string, string>, path: string): readonly string[] {
  const found = new Set(mirrorsOf(files, path));
  const seen = new Set([path]);
  let ring = [path];
  for (let depth = 0; ring.length > 0 && (depth === 0 || found.size === 0); depth += 1) {
    ring = ring.flatMap((of) => importersOf(files, of)).filter((of) => !seen.has(of));
    for (const importer of ring) {
      seen.add(importer);
      for (const test of mirrorsOf(files, importer)) found.add(test);
    }
  }
  return [...found];
}

function mirrorsOf(files: ReadonlyMap<string, string>, path: string): readonly string[] {
  const stem = path.replace(/^engine\//, '').replace(/\.ts$/, '');
  const mirrors = [...files.keys()].filter(
    (test) =>
      test.endsWith('.test.ts') &&
      ['unit', 'property'].some((kind) => test.startsWith(`tests/${kind}/${stem}`)),
  );
  return mirrors.sort((a, b) => a.length - b.length || a.localeCompare(b));
}

function importersOf(files: ReadonlyMap<string, string>, path: string): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(folder.length + 1);
  return [...files.keys()].filter((other) => {
    if (!/^engine\/(risk|analysis)\//.test(other) || other === path) return false;
    return files.get(other)?.includes(`/${name}'`) === true;
  });
}
