// Owns what a validation says: rows of measured against promised, and the exit code they come to.
// Promise: a row that could not be measured never counts as passed.
import { EXIT, formatTable, paint } from '../terminal.ts';

export interface ValidationRow {
  readonly check: string;
  readonly promised: string;
  readonly measured: number | string;
  readonly unit: string;
  readonly conditions: string;
  /** Null: not measured, because something it needs is missing; the conditions say what. */
  readonly passed: boolean | null;
}

/** A measure that must not be above its promise. NaN is never within one. */
export const atMost = (
  check: string,
  promised: number,
  measured: number,
  unit: string,
  conditions: string,
): ValidationRow => ({
  check,
  promised: `<= ${promised}`,
  measured,
  unit,
  conditions,
  passed: measured <= promised,
});

/** A measure that must not be below its promise. */
export const atLeast = (
  check: string,
  promised: number,
  measured: number,
  unit: string,
  conditions: string,
): ValidationRow => ({
  check,
  promised: `>= ${promised}`,
  measured,
  unit,
  conditions,
  passed: measured >= promised,
});

/** A count that must be exactly what was promised. */
export const exactly = (
  check: string,
  promised: number,
  measured: number,
  unit: string,
  conditions: string,
): ValidationRow => ({
  check,
  promised: `${promised}`,
  measured,
  unit,
  conditions,
  passed: measured === promised,
});

/** A statement that holds or not. */
export const isSo = (
  check: string,
  promised: string,
  measured: string,
  conditions: string,
  passed: boolean,
): ValidationRow => ({ check, promised, measured, unit: '', conditions, passed });

export const missing = (check: string, promised: string, reason: string): ValidationRow => ({
  check,
  promised,
  measured: 'not measured',
  unit: '',
  conditions: reason,
  passed: null,
});

/** 0: all passed; 4: one says no; 5: none does, but something that is needed is missing. */
export function exitOf(rows: readonly ValidationRow[]): number {
  if (rows.some(({ passed }) => passed === false) || rows.length === 0) return EXIT.checkFailed;
  return rows.every(({ passed }) => passed === true) ? EXIT.done : EXIT.unavailable;
}

const MARKS = { yes: 'yes', no: 'NO', missing: 'missing' } as const;

export function formatRows(rows: readonly ValidationRow[]): string {
  const cells = rows.map(({ check, measured, unit, promised, passed }) => [
    check,
    `${typeof measured === 'number' ? tidy(measured) : measured} ${unit}`.trim(),
    `${promised} ${unit}`.trim(),
    passed === null ? MARKS.missing : passed ? MARKS.yes : MARKS.no,
  ]);
  const table = formatTable(['check', 'measured', 'promised', 'passed'], cells);
  const notes = rows.filter(({ conditions }) => conditions !== '');
  const lines = notes.map(({ check, conditions }) => `${check}: ${conditions}`);
  return `${table}\n\n${lines.join('\n')}\n`;
}

/** Enough digits to compare with a promise, and no more. */
const tidy = (value: number): string =>
  Number.isInteger(value) ? String(value) : Number(value.toPrecision(4)).toString();

export const markOf = ({ passed }: ValidationRow): string => {
  if (passed === null) return paint('yellow', '?');
  return passed ? paint('green', '✔') : paint('red', '✖');
};
