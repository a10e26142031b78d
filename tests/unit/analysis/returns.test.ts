// Owns the tests of reading returns and portfolios.
// Promise: each refusal is asked for by name, with the place it is about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePortfolio, parseReturns } from '../../../engine/analysis/returns.ts';

const problemsOf = (text: string): readonly string[] => {
  const result = parseReturns(text);
  assert.equal(result.kind, 'invalid', 'the table was read');
  return result.kind === 'invalid' ? result.problems : [];
};

const HEAD = 'date,BTC/USD,ETH/USD\n';

test('returns: a table is read in columns, oldest first', () => {
  const result = parseReturns(`${HEAD}2024-02-28,0.5,-1e-2\n2024-02-29,-.25,+3.\n`);
  assert.ok(result.kind === 'read');
  const { symbols, dates, rows, columns } = result.table;
  assert.deepEqual(symbols, ['BTC/USD', 'ETH/USD']);
  assert.deepEqual(dates, ['2024-02-28', '2024-02-29']);
  assert.equal(rows, 2);
  assert.deepEqual(
    columns.map((column) => Array.from(column)),
    [
      [0.5, -0.25],
      [-0.01, 3],
    ],
  );
});

test('returns: a byte order mark, carriage returns and blank last lines change nothing', () => {
  const plain = parseReturns(`${HEAD}2024-01-01,1,2\n2024-01-02,3,4`);
  const rows = '2024-01-01,1,2\r\n2024-01-02,3,4\r\n\r\n';
  const dressed = parseReturns(`\uFEFFdate,BTC/USD,ETH/USD\r\n${rows}`);
  assert.deepEqual(dressed, plain);
});

test('returns: every bad cell is named with line and column, all at once', () => {
  const text = `${HEAD}2024-01-01,,NaN\n2024-01-02,0x10,1,000\n2024-01-03,Infinity,11\n`;
  assert.deepEqual(problemsOf(text), [
    'line 2, column 2: the cell is empty',
    'line 2, column 3: "NaN" is not a decimal number',
    'line 3: 4 cells where 3 are expected',
    'line 4, column 2: "Infinity" is not a decimal number',
    'line 4, column 3: 11 is not a log return within ±10',
  ]);
});

test('returns: days that are no days, come twice or run backwards are refused', () => {
  const days = ['2024-02-30', '2024-03-02', '2024-03-02', '2024-03-01', '1.3.2024'];
  const rows = days.map((day) => `${day},0,0\n`);
  assert.deepEqual(problemsOf(HEAD + rows.join('')), [
    'line 2, column 1: "2024-02-30" is not a day YYYY-MM-DD',
    'line 4, column 1: 2024-03-02 comes twice',
    'line 5, column 1: 2024-03-01 follows 2024-03-02; rows run from the oldest to the newest',
    'line 6, column 1: "1.3.2024" is not a day YYYY-MM-DD',
  ]);
});

test('returns: one row, no row and no text are refused', () => {
  assert.deepEqual(problemsOf(`${HEAD}2024-01-01,0,0\n`), [
    '1 rows of returns; at least 2 are needed',
  ]);
  assert.deepEqual(problemsOf(HEAD), ['0 rows of returns; at least 2 are needed']);
  assert.equal(problemsOf('').length, 3);
});

test('returns: a header without date, with an empty or a repeated symbol is refused', () => {
  const rows = '\n2024-01-01,0,0,0\n2024-01-02,0,0,0\n';
  assert.deepEqual(problemsOf(`day,A,,A${rows}`), [
    'line 1, column 1: "day" where "date" is expected',
    'line 1, column 3: a symbol is empty',
    'line 1, column 4: A comes twice',
  ]);
});

test('returns: a file of another format is answered with a hundred problems, not a million', () => {
  const problems = problemsOf(`${HEAD}${'x\n'.repeat(5000)}`);
  assert.equal(problems.length, 101);
  assert.equal(problems.at(-1), 'and 4900 more');
});

const SYMBOLS = ['BTC/USD', 'ETH/USD'];

test('portfolio: positions take the order of the symbols, the others are 0', () => {
  const result = parsePortfolio({ 'ETH/USD': -5.5 }, SYMBOLS);
  assert.ok(result.kind === 'read');
  assert.deepEqual(Array.from(result.notional), [0, -5.5]);
});

test('portfolio: a symbol without a column, and what is no finite number, are refused', () => {
  const result = parsePortfolio({ DOGE: 1, 'BTC/USD': '5', 'ETH/USD': Number.NaN }, SYMBOLS);
  assert.ok(result.kind === 'invalid');
  assert.deepEqual(result.problems, [
    'DOGE: no column of returns has this symbol',
    'BTC/USD: "5" is not a notional within ±1000000000000000000',
    'ETH/USD: null is not a notional within ±1000000000000000000',
  ]);
});

test('portfolio: what is no object, or holds nothing, is refused', () => {
  for (const document of [null, [], 'x', 3, {}]) {
    assert.equal(parsePortfolio(document, SYMBOLS).kind, 'invalid');
  }
});
