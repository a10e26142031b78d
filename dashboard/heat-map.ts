// Owns the heat map of correlations: blue moves against, orange moves with, dark is nothing.
// Promise: the scale is safe for the colour-blind; every value can be read by hover or focus.
import { formatSigned } from './format.ts';
import { make, setText, setVariable } from './page.ts';
import type { CorrelationWire } from './risk-wire.ts';

const INK_TURNS = 0.75; // numbers on brighter orange are dark
const NUMBERS_MAX = 12; // symbols up to which cells hold their number as well

type Rgb = readonly [number, number, number];
const AGAINST: Rgb = [74, 140, 230];
const NOTHING: Rgb = [26, 31, 42];
const WITH: Rgb = [226, 134, 52];

/** -1 is blue, 0 the ground, 1 orange; linear between them, outside of it the ends. */
export function colourOf(correlation: number): string {
  const size = Math.min(1, Math.abs(correlation));
  const end = correlation < 0 ? AGAINST : WITH;
  const mixed = NOTHING.map((from, at) => Math.round(from + size * ((end[at] ?? from) - from)));
  return `rgb(${mixed.join(' ')})`;
}

/** Returns the function that draws; a report that came already is not drawn again. */
export function createHeatMap(
  host: HTMLElement,
  readout: HTMLElement,
): (correlation: CorrelationWire | null, version: string) => void {
  let drawn = '';
  host.replaceChildren(make('p', 'empty', 'No risk report yet'));
  host.addEventListener('pointerleave', () => setText(readout, ''));
  host.addEventListener('pointerover', ({ target }) => {
    if (target instanceof HTMLElement) setText(readout, target.dataset.told ?? '');
  });
  return (correlation, version) => {
    if (correlation === null || version === drawn) return;
    drawn = version;
    host.replaceChildren(makeMap(correlation));
  };
}

function makeMap({ symbols, rows, symbols_total }: CorrelationWire): HTMLElement {
  const hasNumbers = symbols.length <= NUMBERS_MAX;
  const table = make('table', hasNumbers ? 'heat numbers' : 'heat');
  setVariable(table, '--rows', String(symbols.length));
  const head = make('tr');
  head.append(make('td'), ...symbols.map((symbol) => headCell(symbol, 'col')));
  table.append(head);
  for (const [at, symbol] of symbols.entries()) {
    const row = make('tr');
    row.append(headCell(symbol, 'row'));
    for (const [other, value] of (rows[at] ?? []).entries()) {
      row.append(valueCell(symbol, symbols[other] ?? '', value, hasNumbers));
    }
    table.append(row);
  }
  if (symbols_total > symbols.length) {
    table.append(make('caption', '', `${symbols.length} of ${symbols_total} symbols`));
  }
  return table;
}

function headCell(symbol: string, scope: 'row' | 'col'): HTMLElement {
  const cell = make('th');
  cell.setAttribute('scope', scope);
  const [name = symbol] = symbol.split('.'); // of an instrument key without its venue
  const inner = make('span', '', name);
  inner.title = symbol;
  cell.append(inner);
  return cell;
}

function valueCell(a: string, b: string, found: number | null, hasNumber: boolean): HTMLElement {
  const value = found ?? 0;
  const text = found === null ? '–' : value.toFixed(2).replace('-', '−');
  const cell = make('td', '', hasNumber ? text : '');
  const told = `${a} × ${b}  ${found === null ? 'one never moved' : formatSigned(value, 2)}`;
  cell.style.background = colourOf(value);
  cell.dataset.told = told;
  cell.dataset.ink = value > INK_TURNS ? 'dark' : 'light';
  cell.title = told;
  return cell;
}
