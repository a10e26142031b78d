// Owns reading a table of log returns and a portfolio over its symbols.
// Promise: a table that was read holds only finite numbers on strictly rising days.

/** Daily log returns, one column a symbol, row 0 the oldest. */
export interface ReturnsTable {
  readonly symbols: readonly string[];
  /** YYYY-MM-DD of each row, strictly rising: the day on which the return ended. */
  readonly dates: readonly string[];
  readonly rows: number;
  /** Log returns (fractions), `columns[j][t]` of symbol j on row t. */
  readonly columns: readonly Float64Array[];
}

export type ReturnsResult =
  | { readonly kind: 'read'; readonly table: ReturnsTable }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

export type PortfolioResult =
  | { readonly kind: 'read'; readonly notional: Float64Array }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const ROWS_MIN = 2;
const PROBLEMS_MAX = 100; // a file of another format would name every cell
const RETURN_MAX = 10; // |log return|: a factor of 22,000 in a day is a wrong unit
const NOTIONAL_MAX = 1e18; // beyond it squares and sums are no estimate any more
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads `date,SYMBOL,SYMBOL…` and one line a day of log returns, oldest first. Refuses, naming line
 * and column: cells that are empty or no decimal number, days that are no days, come twice or run
 * backwards, symbols that come twice, and fewer than two rows.
 */
export function parseReturns(text: string): ReturnsResult {
  const problems = createProblems();
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop();
  const symbols = parseHeader(lines[0] ?? '', problems.add);
  const rows = Math.max(0, lines.length - 1);
  if (rows < ROWS_MIN) problems.add(`${rows} rows of returns; at least ${ROWS_MIN} are needed`);
  const columns = symbols.map(() => new Float64Array(rows));
  const dates: string[] = [];
  for (let t = 0; t < rows; t += 1) {
    const cells = (lines[t + 1] ?? '').split(',');
    if (cells.length !== symbols.length + 1) {
      problems.add(`line ${t + 2}: ${cells.length} cells where ${symbols.length + 1} are expected`);
      continue;
    }
    const date = (cells[0] ?? '').trim();
    checkDate(date, dates.at(-1), t + 2, problems.add);
    dates.push(date);
    columns.forEach((column, j) => {
      column[t] = parseCell(cells[j + 1] ?? '', `line ${t + 2}, column ${j + 2}`, problems.add);
    });
  }
  const found = problems.list();
  if (found.length > 0) return { kind: 'invalid', problems: found };
  return { kind: 'read', table: { symbols, dates, rows, columns } };
}

/**
 * Reads `{"SYMBOL": notional}` (quote currency, negative = short) into the order of `symbols`;
 * symbols that are not named hold 0. A name without a column is a problem, never dropped.
 */
export function parsePortfolio(document: unknown, symbols: readonly string[]): PortfolioResult {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { kind: 'invalid', problems: ['a portfolio is an object of symbol and notional'] };
  }
  const problems = createProblems();
  const entries: readonly [string, unknown][] = Object.entries(document);
  if (entries.length === 0) problems.add('the portfolio holds no position');
  const notional = new Float64Array(symbols.length);
  for (const [symbol, value] of entries) {
    const index = symbols.indexOf(symbol);
    if (index < 0) problems.add(`${symbol}: no column of returns has this symbol`);
    if (typeof value !== 'number' || !(Math.abs(value) <= NOTIONAL_MAX)) {
      problems.add(`${symbol}: ${JSON.stringify(value)} is not a notional within ±${NOTIONAL_MAX}`);
    } else if (index >= 0) notional[index] = value;
  }
  const found = problems.list();
  return found.length > 0 ? { kind: 'invalid', problems: found } : { kind: 'read', notional };
}

type AddProblem = (problem: string) => void;

function createProblems(): { readonly add: AddProblem; list(): readonly string[] } {
  const kept: string[] = [];
  let count = 0;
  return {
    add(problem) {
      count += 1;
      if (kept.length < PROBLEMS_MAX) kept.push(problem);
    },
    list: () => (count > kept.length ? [...kept, `and ${count - kept.length} more`] : kept),
  };
}

function parseHeader(line: string, add: AddProblem): readonly string[] {
  const [first = '', ...symbols] = line.split(',').map((cell) => cell.trim());
  if (first !== 'date') add(`line 1, column 1: "${first.slice(0, 40)}" where "date" is expected`);
  if (symbols.length === 0) add('line 1: no symbol follows the date');
  const seen = new Set<string>();
  symbols.forEach((symbol, j) => {
    if (symbol === '') add(`line 1, column ${j + 2}: a symbol is empty`);
    else if (seen.has(symbol)) add(`line 1, column ${j + 2}: ${symbol} comes twice`);
    seen.add(symbol);
  });
  return symbols;
}

function checkDate(date: string, before: string | undefined, line: number, add: AddProblem): void {
  if (!isDay(date)) {
    add(`line ${line}, column 1: "${date.slice(0, 40)}" is not a day YYYY-MM-DD`);
  } else if (before === date) {
    add(`line ${line}, column 1: ${date} comes twice`);
  } else if (before !== undefined && before > date) {
    add(
      `line ${line}, column 1: ${date} follows ${before}; rows run from the oldest to the newest`,
    );
  }
}

function isDay(date: string): boolean {
  if (!DATE.test(date)) return false;
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === date;
}

function parseCell(cell: string, place: string, add: AddProblem): number {
  const text = cell.trim();
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (text === '') add(`${place}: the cell is empty`);
  else if (Number.isNaN(value)) add(`${place}: "${text.slice(0, 40)}" is not a decimal number`);
  else if (!(Math.abs(value) <= RETURN_MAX)) {
    add(`${place}: ${text.slice(0, 40)} is not a log return within ±${RETURN_MAX}`);
  }
  return value;
}
