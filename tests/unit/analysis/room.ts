// Owns a private math space with the compiled kernels on it, for the tests of analysis.
// Promise: each call a memory of its own.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createPrivateMathSpace, type MathSpace } from '../../../engine/analysis/math-space.ts';
import { compileKernels } from '../../../engine/memory/kernels.ts';

export function openMathSpace(bytes = 1 << 20): MathSpace {
  const path = resolve(import.meta.dirname, '../../../build/colin.wasm');
  return createPrivateMathSpace(compileKernels(readFileSync(path)), bytes);
}
