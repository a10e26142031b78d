// Owns the size of the pre-trade check's machine code: one piece, the same for warm and check.
// Promise: who cuts `decide` into smaller functions hears of it here, not from a benchmark.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { noKernels } from '../../trading-fixture.ts';

const INLINED_MAX = 460; // bytes of bytecode: V8's --max-inlined-bytecode-size

test('pre-trade: asking the kernel is too large to be inlined, so it is compiled once', {
  skip: noKernels,
}, () => {
  const flags = ['--disable-warning=ExperimentalWarning', '--print-bytecode'];
  const caller = resolve(import.meta.dirname, 'pre-trade-boundaries.test.ts');
  const seen = execFileSync(
    process.execPath,
    [...flags, '--print-bytecode-filter=decide', caller],
    { encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  const length = Number(/Bytecode length: (\d+)/.exec(seen)?.[1]);
  assert.ok(length > INLINED_MAX, `${length} bytes of bytecode: V8 inlines up to ${INLINED_MAX}`);
});
