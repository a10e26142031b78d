// Owns the rule that an order has one path: each brand is made at one door.
// Promise: pure; tests may make brands, the product may not, not even by a cast.
import {
  isAsExpression,
  isImportDeclaration,
  isNamedImports,
  isNamespaceImport,
  isTypeAssertion,
  type Node,
} from 'typescript/unstable/ast';
import { targetOf } from './imports.ts';
import { BRANDS } from './law.ts';
import { isInTests, lineOf, type Source, type Violation, violation, walk } from './source.ts';

const HOME = 'engine/core/decision.ts';
const BRANDED = /\b(CompliantIntent|ApprovedOrder|Placement)\b/;

export function findBrandViolations(source: Source): readonly Violation[] {
  if (source.path === HOME || isInTests(source.path)) return [];
  const found: Violation[] = [];
  walk(source.tree, (node) => {
    const what = isCast(node, source) ? 'casts to a branded order' : stolenBrand(node, source);
    if (what !== undefined) found.push(violation('brand', source, lineOf(source, node), what));
  });
  return found;
}

const isCast = (node: Node, source: Source): boolean =>
  (isAsExpression(node) || isTypeAssertion(node)) && BRANDED.test(node.type.getText(source.tree));

function stolenBrand(node: Node, source: Source): string | undefined {
  if (!isImportDeclaration(node)) return undefined;
  const specifier = node.moduleSpecifier.getText(source.tree).slice(1, -1);
  if (!specifier.startsWith('.') || targetOf(source, specifier) !== HOME) return undefined;
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined) return undefined;
  if (isNamespaceImport(bindings)) return 'imports every brand';
  if (!isNamedImports(bindings)) return undefined;
  return bindings.elements
    .map((element) => (element.propertyName ?? element.name).text)
    .filter((name) => BRANDS.has(name) && BRANDS.get(name) !== source.path)
    .map((name) => `only ${BRANDS.get(name)} calls ${name}`)[0];
}
