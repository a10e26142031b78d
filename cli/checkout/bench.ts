// Owns `colin bench`: finds the benchmarks beside the product and hands the arguments on.
// Promise: the product never depends on its benchmarks; without them it says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../invocation.ts';
import { complain, EXIT } from '../terminal.ts';

interface Benchmarks {
  readonly runBenchmarks: (args: string[]) => Promise<number>;
}

export async function runBench(args: string[]): Promise<number> {
  const path = join(ROOT, 'bench', 'main.ts');
  if (!existsSync(path)) {
    complain('bench needs a checkout: there is no bench folder here.');
    return EXIT.unavailable;
  }
  const benchmarks = (await import(pathToFileURL(path).href)) as Benchmarks;
  return await benchmarks.runBenchmarks(args);
}
