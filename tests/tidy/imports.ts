// Owns the rules about imports: the order of the rooms, cycles, and packages that are declared.
// Promise: pure; type imports count like any other, because they tie rooms together as well.
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { LAW, type Room, roomOf } from './law.ts';
import { isKernel, lineOf, type Source, type Violation, violation, walk } from './source.ts';

export type Import = {
  readonly specifier: string;
  readonly line: number;
  readonly isTypeOnly: boolean;
};

/** Static, re-exporting, dynamic and type imports whose specifier is written out. */
export function importsOf(source: Source): readonly Import[] {
  const found: Import[] = [];
  walk(source.tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined || !isStringLiteral(specifier)) return;
    const line = lineOf(source, node);
    found.push({ specifier: specifier.text, line, isTypeOnly: isTypeOnly(node) });
  });
  return found;
}

function specifierOf(node: Node): Node | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) return node.moduleSpecifier;
  if (isImportTypeNode(node)) {
    return isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  const isDynamic = isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword;
  return isDynamic ? node.arguments[0] : undefined;
}

function isTypeOnly(node: Node): boolean {
  if (isImportDeclaration(node)) {
    return node.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
  }
  return isImportTypeNode(node) || (isExportDeclaration(node) && node.isTypeOnly);
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.');

/** The file a relative import names, from the top of the checkout. */
export function targetOf(source: Source, specifier: string): string {
  const path = normalize(join(dirname(source.path), specifier));
  return isKernel(source.path) && !path.endsWith('.ts') ? `${path}.ts` : path;
}

export type Known = {
  readonly paths: ReadonlySet<string>;
  readonly dependencies: ReadonlySet<string>;
};

export function findImportViolations(source: Source, known: Known): readonly Violation[] {
  const room = roomOf(source.path);
  if (room === undefined) {
    return [violation('room', source, 1, 'lies in no room of the law')];
  }
  return importsOf(source).flatMap((one) =>
    isRelative(one.specifier)
      ? relativeViolations(source, room, one, known.paths)
      : packageViolations(source, one, known.dependencies),
  );
}

function relativeViolations(
  source: Source,
  room: Room,
  { specifier, line, isTypeOnly: typeOnly }: Import,
  paths: ReadonlySet<string>,
): readonly Violation[] {
  const target = targetOf(source, specifier);
  if (!target.endsWith('.ts')) return []; // generated JavaScript and JSON belong to who reads them
  if (!paths.has(target)) return [violation('import-exists', source, line, `no ${target}`)];
  const other = roomOf(target);
  if (other === undefined) return [violation('import-law', source, line, `${target} has no room`)];
  if (!maySee(room, other)) {
    return [violation('import-law', source, line, `${room.path} may not see ${other.path}`)];
  }
  const isForBrowser = room.path === 'dashboard' && other !== room;
  return isForBrowser && !typeOnly
    ? [violation('import-law', source, line, 'the browser gets types of other rooms only')]
    : [];
}

function maySee(room: Room, other: Room): boolean {
  if (room === other) return true;
  if (room.sees !== 'earlier') return room.sees.includes(other.path);
  // Kernels are compiled by asc: TypeScript meets them as build/colin.wasm only.
  return other.path !== 'wasm' && LAW.indexOf(other) < LAW.indexOf(room);
}

// Tests may use development tools; the product may not lean on what an install can leave out.
function packageViolations(
  source: Source,
  { specifier, line }: Import,
  dependencies: ReadonlySet<string>,
): readonly Violation[] {
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:')
      ? []
      : [violation('import-node', source, line, `write node:${specifier}`)];
  }
  if (source.path.startsWith('tests/') || specifier.startsWith('/')) return [];
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return dependencies.has(name)
    ? []
    : [violation('import-declared', source, line, `${name} is no runtime dependency`)];
}

/** One violation a cycle, at the file that closes it. */
export function findCycles(sources: readonly Source[]): readonly Violation[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: Violation[] = [];
  const visit = (source: Source, trail: readonly string[]): void => {
    const start = trail.indexOf(source.path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), source.path].join(' -> ');
      found.push(violation('import-cycle', source, 1, cycle));
      return;
    }
    if (done.has(source.path)) return;
    for (const { specifier } of importsOf(source)) {
      const next = byPath.get(isRelative(specifier) ? targetOf(source, specifier) : specifier);
      if (next !== undefined) visit(next, [...trail, source.path]);
    }
    done.add(source.path);
  };
  for (const source of sources) visit(source, []);
  return found;
}
