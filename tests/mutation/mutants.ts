// Owns the operators: every small change of a source that a test should notice.
// Promise: pure; a mutant is a cut of the text, so that the same rules fit both our compilers.
import {
  type Expression,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isElementAccessExpression,
  isExportDeclaration,
  isExpressionStatement,
  isIfStatement,
  isImportDeclaration,
  isInterfaceDeclaration,
  isNumericLiteral,
  isPrefixUnaryExpression,
  isStringLiteral,
  isTemplateExpression,
  isTypeAliasDeclaration,
  isTypeNode,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { lineAt, type Source } from '../tidy/source.ts';

export type Operator =
  | 'boundary' // < and <=, > and >=
  | 'negation' // < and >=, == and !=
  | 'logic' // && and ||, & and |, a dropped !
  | 'extreme' // min and max
  | 'arithmetic' // + and -, * and /, a dropped minus
  | 'literal' // true and false, 0 and 1
  | 'removal'; // an early way out, or a statement

export interface Mutant {
  readonly path: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly operator: Operator;
  readonly original: string;
  readonly replacement: string;
}

interface Swap {
  readonly operator: Operator;
  readonly to: string;
}

const boundary = (to: string): Swap => ({ operator: 'boundary', to });
const negation = (to: string): Swap => ({ operator: 'negation', to });
const arithmetic = (to: string): Swap => ({ operator: 'arithmetic', to });
const logic = (to: string): Swap => ({ operator: 'logic', to });

const TOKENS: ReadonlyMap<string, readonly Swap[]> = new Map([
  ['<', [boundary('<='), negation('>=')]],
  ['<=', [boundary('<'), negation('>')]],
  ['>', [boundary('>='), negation('<=')]],
  ['>=', [boundary('>'), negation('<')]],
  ['==', [negation('!=')]],
  ['!=', [negation('==')]],
  ['===', [negation('!==')]],
  ['!==', [negation('===')]],
  ['&&', [logic('||')]],
  ['||', [logic('&&')]],
  ['+', [arithmetic('-')]],
  ['-', [arithmetic('+')]],
  ['*', [arithmetic('/')]],
  ['/', [arithmetic('*')]],
  ['+=', [arithmetic('-=')]],
  ['-=', [arithmetic('+=')]],
  ['&', [logic('|')]], // comparisons joined without a branch
  ['|', [logic('&')]],
]);

const extreme = (to: string): Swap => ({ operator: 'extreme', to });

// Calls that are operators: min and max, and what a kernel does to whole vectors.
const CALLS: ReadonlyMap<string, readonly Swap[]> = new Map([
  ['min', [extreme('max')]],
  ['max', [extreme('min')]],
  ['pmin', [extreme('pmax')]],
  ['pmax', [extreme('pmin')]],
  ['lt', [boundary('le'), negation('ge')]],
  ['le', [boundary('lt'), negation('gt')]],
  ['gt', [boundary('ge'), negation('le')]],
  ['ge', [boundary('gt'), negation('lt')]],
  ['eq', [negation('ne')]],
  ['ne', [negation('eq')]],
  ['and', [logic('or')]],
  ['or', [logic('and')]],
  ['add', [arithmetic('sub')]],
  ['sub', [arithmetic('add')]],
  ['mul', [arithmetic('div')]],
  ['div', [arithmetic('mul')]],
]);
const CALLED = /^(?:Math\.|[fi](?:64x2|32x4)\.|v128\.)?([a-z]+)$/;
const PLAIN = new Set(['min', 'max']); // the only ones that are called without a type before them

export const COMPARISONS: ReadonlySet<Operator> = new Set<Operator>(['boundary', 'negation']);

/** Every mutant of one source, in the order of its text. */
export function mutantsOf(source: Source): readonly Mutant[] {
  const found: Mutant[] = [];
  const visit = (node: Node): void => {
    if (isSilent(node)) return;
    for (const swap of swapsOf(node, source)) found.push(swap);
    node.forEachChild(visit);
  };
  source.tree.forEachChild(visit);
  return found.sort((a, b) => a.start - b.start || a.replacement.localeCompare(b.replacement));
}

/** The text with one mutant in it. */
export const withMutant = (text: string, { start, end, replacement }: Mutant): string =>
  text.slice(0, start) + replacement + text.slice(end);

/** The mutant's own line as it then reads: what names it however the file moves. */
export function mutatedLine(text: string, mutant: Mutant): string {
  if (mutant.operator === 'removal') return `removed: ${mutant.original.replace(/\s+/g, ' ')}`;
  const from = text.lastIndexOf('\n', mutant.start - 1) + 1;
  const after = text.indexOf('\n', mutant.end);
  const rest = text.slice(mutant.end, after < 0 ? text.length : after);
  return (text.slice(from, mutant.start) + mutant.replacement + rest).trim();
}

// Types and imports say nothing at run time; nor does the default of `values[at] ?? 0`, which the
// compiler asks for although the place is always there.
const isSilent = (node: Node): boolean =>
  isDefaultOfElement(node) ||
  isTypeNode(node) ||
  isInterfaceDeclaration(node) ||
  isTypeAliasDeclaration(node) ||
  isImportDeclaration(node) ||
  isExportDeclaration(node);

function isDefaultOfElement(node: Node): boolean {
  const { parent } = node;
  if (!isNumericLiteral(node) || !isBinaryExpression(parent) || parent.right !== node) return false;
  const isDefault = parent.operatorToken.kind === SyntaxKind.QuestionQuestionToken;
  return isDefault && isElementAccessExpression(parent.left);
}

function swapsOf(node: Node, source: Source): readonly Mutant[] {
  const cut = (at: Node, operator: Operator, replacement: string): Mutant => {
    const start = at.getStart(source.tree);
    const original = source.text.slice(start, at.end);
    const line = lineAt(source, start);
    return { path: source.path, line, start, end: at.end, operator, original, replacement };
  };
  if (isBinaryExpression(node)) {
    if (isText(node.left) || isText(node.right)) return [];
    const token = node.operatorToken.getText(source.tree);
    const swaps = TOKENS.get(token) ?? [];
    return swaps.map(({ operator, to }) => cut(node.operatorToken, operator, to));
  }
  if (isCallExpression(node)) {
    const called = node.expression.getText(source.tree);
    const name = CALLED.exec(called)?.[1] ?? '';
    if (called === name && !PLAIN.has(name)) return [];
    const before = called.slice(0, called.length - name.length);
    const swaps = CALLS.get(name) ?? [];
    return swaps.map(({ operator, to }) => cut(node.expression, operator, before + to));
  }
  if (isPrefixUnaryExpression(node)) {
    const operand = node.operand.getText(source.tree);
    if (node.operator === SyntaxKind.MinusToken) return [cut(node, 'arithmetic', operand)];
    return node.operator === SyntaxKind.ExclamationToken ? [cut(node, 'logic', operand)] : [];
  }
  if (node.kind === SyntaxKind.TrueKeyword) return [cut(node, 'literal', 'false')];
  if (node.kind === SyntaxKind.FalseKeyword) return [cut(node, 'literal', 'true')];
  if (isNumericLiteral(node) && /^[01]$/.test(node.text)) {
    return [cut(node, 'literal', node.text === '0' ? '1' : '0')];
  }
  return isRemovable(node) ? [cut(node, 'removal', '{}')] : [];
}

const isText = (node: Expression): boolean => isStringLiteral(node) || isTemplateExpression(node);

// A statement that is run for what it does, or an early way out without an else.
function isRemovable(node: Node): boolean {
  if (isExpressionStatement(node)) return true;
  if (!isIfStatement(node) || node.elseStatement !== undefined) return false;
  const then = isBlock(node.thenStatement)
    ? node.thenStatement.statements.at(-1)
    : node.thenStatement;
  return then !== undefined && WAYS_OUT.has(then.kind);
}

const WAYS_OUT: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.ReturnStatement,
  SyntaxKind.ContinueStatement,
  SyntaxKind.BreakStatement,
  SyntaxKind.ThrowStatement,
]);
