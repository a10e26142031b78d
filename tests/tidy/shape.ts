// Owns the rules about the shape of code: length of functions and forms that are not used here.
// Promise: pure; one row a rule, and what AssemblyScript or tests may do differently is said in it.
import {
  isCallExpression,
  isCatchClause,
  isClassDeclaration,
  isDecorator,
  isDefaultClause,
  isEnumDeclaration,
  isExportAssignment,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionLikeDeclaration,
  isModuleDeclaration,
  isNonNullExpression,
  isParameterDeclaration,
  isSwitchStatement,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import {
  isInTests,
  isKernel,
  lineAt,
  lineOf,
  type Source,
  type Violation,
  violation,
  walk,
} from './source.ts';

const FUNCTION_LINES_MAX = 50;

type Rule = {
  readonly name: string;
  readonly says: string;
  readonly breaks: (node: Node, source: Source) => boolean;
  readonly exempt?: (path: string) => boolean;
};

const isTypes = (path: string): boolean => path.endsWith('.d.ts');

const rules: readonly Rule[] = [
  { name: 'function-length', says: `over ${FUNCTION_LINES_MAX} lines`, breaks: isLong },
  { name: 'no-any', says: 'any', breaks: (node) => node.kind === SyntaxKind.AnyKeyword },
  { name: 'no-non-null', says: 'non-null !', breaks: isNonNullExpression, exempt: isInTests },
  { name: 'no-enum', says: 'enum', breaks: isEnumDeclaration },
  { name: 'no-namespace', says: 'namespace', breaks: isModuleDeclaration, exempt: isTypes },
  { name: 'no-decorator', says: 'decorator', breaks: isDecorator, exempt: isKernel },
  { name: 'no-parameter-property', says: 'parameter property', breaks: isParameterProperty },
  { name: 'no-default-export', says: 'has no name', breaks: isDefaultExport, exempt: isTypes },
  { name: 'no-empty-catch', says: 'swallows the error', breaks: isEmptyCatch },
  { name: 'switch-default', says: 'end it in assertNever', breaks: isOpenSwitch },
];

export function findShapeViolations(source: Source): readonly Violation[] {
  const found: Violation[] = [...findBarrel(source)];
  const applied = rules.filter((rule) => rule.exempt?.(source.path) !== true);
  walk(source.tree, (node) => {
    for (const { name, says, breaks } of applied) {
      if (breaks(node, source)) found.push(violation(name, source, lineOf(source, node), says));
    }
  });
  return found;
}

// A describe block is a heading over tests, not a function of the program.
function isLong(node: Node, source: Source): boolean {
  if (!isFunctionLikeDeclaration(node)) return false;
  const parent = node.parent;
  if (isCallExpression(parent) && parent.expression.getText(source.tree) === 'describe')
    return false;
  return lineAt(source, node.end) - lineOf(source, node) + 1 > FUNCTION_LINES_MAX;
}

function isParameterProperty(node: Node): boolean {
  return isParameterDeclaration(node) && (node.modifiers?.length ?? 0) > 0;
}

function isDefaultExport(node: Node): boolean {
  if (isExportAssignment(node)) return true;
  if (!isFunctionDeclaration(node) && !isClassDeclaration(node)) return false;
  return node.modifiers?.some((modifier) => modifier.kind === SyntaxKind.DefaultKeyword) ?? false;
}

function isEmptyCatch(node: Node): boolean {
  return isCatchClause(node) && node.block.statements.length === 0;
}

function isOpenSwitch(node: Node): boolean {
  return isSwitchStatement(node) && !node.caseBlock.clauses.some(isDefaultClause);
}

// A barrel: a file that only hands on what others own. The kernels' entry point has to be one.
function findBarrel(source: Source): readonly Violation[] {
  if (isKernel(source.path)) return [];
  const statements = source.tree.statements;
  const isBarrel =
    statements.length > 0 &&
    statements.every((node) => isExportDeclaration(node) && node.moduleSpecifier !== undefined);
  return isBarrel ? [violation('no-barrel', source, 1, 'only hands on what others export')] : [];
}
