// Owns a private math space with the compiled kernels on it, for the tests of analysis.
// Promise: each call a memory of its own.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileKernels } from '../../../../engine/core/kernels.ts';
import {
  createPrivateMathSpace,
  type MathSpace,
} from '../../../../engine/risk/analysis/math-space.ts';

export function openMathSpace(bytes = 1 << 20): MathSpace {
  const path = resolve(import.meta.dirname, '../../../../build/colin.wasm');
  return createPrivateMathSpace(compileKernels(readFileSync(path)), bytes);
}
