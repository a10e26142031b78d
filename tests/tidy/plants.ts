// Owns one planted violation, or more, for each rule of the tidy test.
// Promise: each plant breaks exactly the rule it names and no other.

export type Plant = {
  readonly name: string;
  readonly rule: string;
  /** Where the violation is reported. */
  readonly path: string;
  readonly files: Readonly<Record<string, string>>;
  readonly times?: number;
};

const HEADER = '// Owns a plant.\n// Promise: it breaks one rule.\n';
const ONE = `${HEADER}export const one = 1;\n`;

const plant = (name: string, rule: string, path: string, body: string, times = 1): Plant => ({
  name,
  rule,
  path,
  files: { [path]: `${HEADER}${body}\n` },
  times,
});

/** A file at `from` that imports `one` from a file at `to`. */
const link = (from: string, to: string, keyword = 'import'): Record<string, string> => {
  const up = '../'.repeat(from.split('/').length - 1);
  return { [to]: ONE, [from]: `${HEADER}${keyword} { one } from '${up}${to}';\nvoid one;\n` };
};

const law = (name: string, from: string, to: string): Plant => ({
  name,
  rule: 'import-law',
  path: from,
  files: link(from, to),
});

const text: readonly Plant[] = [
  {
    name: 'a file without a two-line header',
    rule: 'header',
    path: 'engine/core/a.ts',
    files: { 'engine/core/a.ts': '// Owns a plant.\nexport const one = 1;\n' },
  },
  plant('a file of 401 lines', 'file-length', 'engine/core/a.ts', 'export {};'.padEnd(408, '\n')),
  plant('a line of 101 columns', 'line-length', 'engine/core/a.ts', `// ${'x'.repeat(98)}`),
  plant('a file called utils', 'name', 'engine/core/utils.ts', 'export const one = 1;'),
  plant('a folder called common', 'name', 'engine/core/common/a.ts', 'export const one = 1;'),
  plant('a handler in a name', 'name', 'gateway/order-handler.ts', 'export const one = 1;'),
  plant('a file in camel case', 'name', 'engine/core/orderBook.ts', 'export const one = 1;'),
  plant('work left for later', 'unfinished', 'engine/core/a.ts', `// ${'TO'}DO: later`),
  plant('a silenced linter', 'silenced', 'engine/core/a.ts', `// ${'biome'}-ignore lint: no`),
  plant('a silenced compiler', 'silenced', 'engine/core/a.ts', `// @${'ts'}-expect-error`),
];

const long = (count: number): string => `export function f(): void {${'\n'.repeat(count - 1)}}`;

const shape: readonly Plant[] = [
  plant('a function of 51 lines', 'function-length', 'engine/core/a.ts', long(51)),
  plant(
    'an arrow function of 51 lines',
    'function-length',
    'engine/core/a.ts',
    `export const f = (): void => {${'\n'.repeat(50)}};`,
  ),
  plant('any in the product', 'no-any', 'engine/core/a.ts', 'export const f = (x: any) => x;'),
  plant('any in a test', 'no-any', 'tests/unit/a.test.ts', 'export type A = any[];'),
  plant('a non-null assertion', 'no-non-null', 'engine/core/a.ts', 'export const b = [1][0]!;'),
  plant('an enum', 'no-enum', 'engine/core/a.ts', 'export enum Side { buy }'),
  plant('a namespace', 'no-namespace', 'engine/core/a.ts', 'export namespace Room {}'),
  plant('a decorator', 'no-decorator', 'engine/core/a.ts', '@sealed\nexport class Room {}'),
  plant(
    'a parameter property',
    'no-parameter-property',
    'engine/core/a.ts',
    'export class Room { constructor(readonly path: string) {} }',
  ),
  plant('a default export', 'no-default-export', 'engine/core/a.ts', 'export default 1;'),
  plant(
    'a default function',
    'no-default-export',
    'engine/core/a.ts',
    'export default function f(): void {}',
  ),
  plant(
    'a swallowed error',
    'no-empty-catch',
    'engine/core/a.ts',
    'try {\n  one();\n} catch {\n  // nobody will know\n}',
  ),
  plant(
    'a switch that ignores what is new',
    'switch-default',
    'engine/core/a.ts',
    'switch (one) {\n  case 1:\n    two();\n}',
  ),
  {
    name: 'a barrel',
    rule: 'no-barrel',
    path: 'engine/core/all.ts',
    files: {
      'engine/core/all.ts': `${HEADER}export * from './one.ts';\n`,
      'engine/core/one.ts': ONE,
    },
  },
];

const imports: readonly Plant[] = [
  plant('a file outside every room', 'room', 'attic/a.ts', 'export const one = 1;'),
  plant('a file loose in engine', 'room', 'engine/loose.ts', 'export const one = 1;'),
  law('an import of a later room', 'engine/risk/a.ts', 'engine/execution/b.ts'),
  law('core looking up', 'engine/core/a.ts', 'engine/config/b.ts'),
  law('an adapter importing another', 'engine/venues/a.ts', 'engine/storage/b.ts'),
  law('an adapter importing the middle', 'engine/storage/a.ts', 'engine/risk/b.ts'),
  law('the gateway reaching into the engine', 'gateway/a.ts', 'engine/risk/b.ts'),
  law('the gateway importing a worker', 'gateway/a.ts', 'workers/b.ts'),
  law('the product importing a test', 'cli/a.ts', 'tests/b.ts'),
  law('the product importing a benchmark', 'cli/a.ts', 'bench/b.ts'),
  law('TypeScript importing a kernel', 'workers/a.ts', 'wasm/book.ts'),
  law('the dashboard running code of core', 'dashboard/a.ts', 'engine/core/b.ts'),
  {
    ...law('a type import of a later room', 'engine/risk/a.ts', 'engine/execution/b.ts'),
    files: link('engine/risk/a.ts', 'engine/execution/b.ts', 'import type'),
  },
  plant(
    'a dynamic import of a later room',
    'import-exists',
    'engine/risk/a.ts',
    "export const load = () => import('../execution/gone.ts');",
  ),
  {
    name: 'an import cycle',
    rule: 'import-cycle',
    path: 'engine/core/a.ts',
    files: {
      'engine/core/a.ts': `${HEADER}import { b } from './b.ts';\nexport const a = b;\n`,
      'engine/core/b.ts': `${HEADER}import type { a } from './a.ts';\nexport type B = typeof a;\n`,
    },
  },
  plant('a builtin without node:', 'import-node', 'gateway/a.ts', "import 'fs';"),
  plant('an undeclared package', 'import-declared', 'gateway/a.ts', "import 'left-pad';"),
];

const pure = (name: string, body: string): Plant =>
  plant(`${name} in a pure room`, 'purity', 'engine/risk/a.ts', body);

const purity: readonly Plant[] = [
  pure('node:fs', "import 'node:fs';"),
  pure('a package', "import 'ws';"),
  pure('Date.now', 'export const f = () => Date.now();'),
  pure('a bare new Date', 'export const f = () => new Date();'),
  pure('Math.random', 'export const f = () => Math.random();'),
  pure('the monotonic clock', 'export const f = () => performance.now();'),
  pure('a timer', 'export const f = () => setTimeout(f, 1);'),
  pure('the process', 'export const f = () => process.pid;'),
  {
    name: 'a header that says I/O in a room that allows none',
    rule: 'purity',
    path: 'engine/risk/a.ts',
    files: { 'engine/risk/a.ts': '// Owns I/O.\n// Promise: none.\nDate.now();\n' },
  },
];

const decision = { 'engine/core/decision.ts': ONE };
const steal = (name: string, statement: string, path = 'engine/execution/a.ts'): Plant => ({
  name,
  rule: 'brand',
  path,
  files: { ...decision, [path]: `${HEADER}${statement}\n` },
});

const brands: readonly Plant[] = [
  steal('an order approved outside risk', "import { approve } from '../core/decision.ts';"),
  steal('an approval under another name', "import { approve as f } from '../core/decision.ts';"),
  steal('all brands at once', "import * as d from '../core/decision.ts';"),
  steal('a placement outside place', "import { toPlacement } from '../core/decision.ts';"),
  steal('a compliance brand taken by risk', "import { markCompliant } from '../core/decision.ts';"),
  steal('a cast to an approved order', 'export const f = (x: unknown) => x as ApprovedOrder;'),
];

const onlyTested = (name: string, body: string, keyword: string): Plant => ({
  name,
  rule: 'test-only-export',
  path: 'engine/core/a.ts',
  files: {
    'engine/core/a.ts': `${HEADER}${body}\n`,
    'engine/core/b.ts': `${HEADER}// says two\n${keyword} { one } from './a.ts';\nvoid one;\n`,
    'tests/unit/a.test.ts': `${HEADER}import { two } from '../../engine/core/a.ts';\nvoid two;\n`,
  },
});

const exports: readonly Plant[] = [
  onlyTested(
    'a function that only tests use',
    'export const one = 1;\n// two is for tests\nexport function two(): number {\n  return 2;\n}',
    'import',
  ),
  onlyTested(
    'a constant that only tests use',
    'export const one = 1;\nexport const two = 2;',
    'import',
  ),
];

export const PLANTS: readonly Plant[] = [
  ...text,
  ...shape,
  ...imports,
  ...purity,
  ...brands,
  ...exports,
];
