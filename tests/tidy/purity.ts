// Owns what a pure room may not touch: I/O, timers, the wall clock and unseeded randomness.
// Promise: pure; a file that says I/O in its header is let through where its room allows that.
import {
  isIdentifier,
  isNewExpression,
  isPropertyAccessExpression,
  type Node,
} from 'typescript/unstable/ast';
import { importsOf } from './imports.ts';
import type { Room } from './law.ts';
import { lineOf, type Source, type Violation, violation, walk } from './source.ts';

// Computation only; every other module or package may reach the outside.
const INNOCENT = new Set(['node:crypto', 'node:assert', 'node:buffer', 'node:util', 'zod']);

// Names of the browser (window, document) are left out: they are words of this field as well.
const OUTSIDE = new Set(
  (
    'process console fetch WebSocket EventSource performance setTimeout setInterval setImmediate ' +
    'queueMicrotask'
  ).split(' '),
);

const MEMBERS = new Set([
  'Date.now',
  'Math.random',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'globalThis.crypto',
]);

export function findPurityViolations(source: Source, room: Room | undefined): readonly Violation[] {
  if (room?.pure === undefined) return [];
  const header = source.lines.slice(0, 2).join(' ');
  if (room.pure === 'by-header' && /\bI\/O\b/.test(header)) return [];
  const found: Violation[] = [...impureImports(source)];
  walk(source.tree, (node) => {
    const what = outside(node, source);
    if (what !== undefined) found.push(violation('purity', source, lineOf(source, node), what));
  });
  return found;
}

const impureImports = (source: Source): readonly Violation[] =>
  importsOf(source)
    .filter((one) => !one.isTypeOnly && !one.specifier.startsWith('.'))
    .filter(({ specifier }) => !INNOCENT.has(specifier))
    .map((one) => violation('purity', source, one.line, `imports ${one.specifier}`));

function outside(node: Node, source: Source): string | undefined {
  if (isNewExpression(node)) {
    const isNow = node.expression.getText(source.tree) === 'Date' && !node.arguments?.length;
    return isNow ? 'new Date() reads the wall clock' : undefined;
  }
  if (isPropertyAccessExpression(node)) {
    const text = node.getText(source.tree).replaceAll('?.', '.');
    return MEMBERS.has(text) ? text : undefined;
  }
  return isIdentifier(node) && OUTSIDE.has(node.text) && isReference(node) ? node.text : undefined;
}

// A property, a key, a parameter or a declared name that happens to be called so is innocent.
function isReference(node: Node): boolean {
  const parent = node.parent;
  if (isPropertyAccessExpression(parent)) return parent.expression === node;
  return !('name' in parent) || parent.name !== node;
}
