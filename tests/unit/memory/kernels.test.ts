// Owns the proof that the compiled module is what engine/memory/kernels.ts says it is.
// Promise: every kernel is there, two instances share one state, and a small memory is refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { compileKernels, instantiateKernels } from '../../../engine/memory/kernels.ts';
import { KERNEL_BASE } from '../../../engine/memory/plan.ts';
import { createArena, createTestBook } from '../wasm/arena.ts';

const KERNELS = [
  'bookApply',
  'bookCopy',
  'bookFeatures',
  'bookInit',
  'bookInvalidate',
  'bookLoad',
  'bookTrade',
  'cholesky',
  'covarianceCommit',
  'covarianceRefresh',
  'covarianceUpdate',
  'gram',
  'monteCarlo',
  'riskCheck',
  'scenarioCash',
  'scenarioCommit',
  'scenarioLossAfter',
  'scenarioPnl',
  'scenarioRefresh',
  'selectNth',
  'sum',
  'variance',
];

test('kernels: the module exports the kernels of the contract', () => {
  const { module } = createArena(65536);
  const functions = WebAssembly.Module.exports(module).filter((e) => e.kind === 'function');
  const names = functions.map((e) => e.name).filter((name) => !name.startsWith('__'));
  assert.deepEqual(names.toSorted(), KERNELS);
});

test('kernels: a second instance sees the first one’s book and destroys nothing', () => {
  const arena = createArena(1 << 20);
  const book = createTestBook(arena, 8);
  book.load([[100, 5]], [[101, 6]]);
  const before = new Uint8Array(arena.buffer.slice(KERNEL_BASE));
  const second = instantiateKernels(arena.module, arena.memory);
  assert.deepEqual(new Uint8Array(arena.buffer.slice(KERNEL_BASE)), before);
  assert.equal(second.bookCopy(book.at, book.copy), 1);
  assert.deepEqual(book.side(false, book.copy), [[100, 5]]);
});

test('kernels: a memory smaller than the module needs is refused when linking', () => {
  const bytes = readFileSync(resolve(import.meta.dirname, '../../../build/colin.wasm'));
  const module = compileKernels(bytes);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  assert.throws(() => instantiateKernels(module, memory), WebAssembly.LinkError);
  assert.throws(() => compileKernels(bytes.subarray(0, 100)), WebAssembly.CompileError);
});
