// Owns tables whose rows live on while their values move.
// Promise: a row keeps its element as long as its key is there; only changed cells are touched.
import { make, setData, setText, setVariable } from './page.ts';

export interface Cell {
  readonly text: string;
  readonly tone?: 'up' | 'down' | 'warn' | 'muted' | 'plain';
  /** Custom properties 0..100 that the style sheet draws bars and ranges from. */
  readonly bar?: Readonly<Record<string, number>>;
  readonly title?: string;
  /** Below the text, where the columns of that level have no room: see Column. */
  readonly notes?: Partial<Readonly<Record<2 | 3, string>>>;
}

export interface Column<Row> {
  readonly title: string;
  /** range, room: bars without a text of their own. */
  readonly kind: 'text' | 'number' | 'bar' | 'range' | 'room';
  /** Narrow screens drop columns above their level: 1 always shown, 2 from tablets, 3 desktop. */
  readonly level: 1 | 2 | 3;
  cell(row: Row): Cell;
}

export interface LiveTable<Row> {
  update(rows: readonly Row[]): void;
}

interface LiveRow {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

export function createTable<Row>(
  host: HTMLElement,
  columns: readonly Column<Row>[],
  keyOf: (row: Row) => string,
  emptyText: string,
): LiveTable<Row> {
  const body = make('tbody');
  const empty = make('p', 'empty', emptyText);
  const table = make('table');
  table.append(makeHead(columns), body);
  host.replaceChildren(table, empty);
  const rows = new Map<string, LiveRow>();
  return {
    update(wanted) {
      empty.hidden = wanted.length > 0;
      const keys = new Set(wanted.map(keyOf));
      for (const [key, row] of rows) {
        if (keys.has(key)) continue;
        row.element.remove();
        rows.delete(key);
      }
      let place = body.firstElementChild;
      for (const row of wanted) {
        const live = rows.get(keyOf(row)) ?? makeRow(columns);
        rows.set(keyOf(row), live);
        fillRow(live, columns, row);
        if (live.element === place) place = place.nextElementSibling;
        else body.insertBefore(live.element, place);
      }
    },
  };
}

function makeHead<Row>(columns: readonly Column<Row>[]): HTMLElement {
  const row = make('tr');
  for (const column of columns) {
    const cell = make('th', `${column.kind} level-${column.level}`, column.title);
    cell.setAttribute('scope', 'col');
    row.append(cell);
  }
  const head = make('thead');
  head.append(row);
  return head;
}

function makeRow<Row>(columns: readonly Column<Row>[]): LiveRow {
  const element = make('tr', 'fresh');
  const cells = columns.map((column) => {
    const cell = make('td', `${column.kind} level-${column.level}`);
    const inner = make('span');
    cell.append(inner);
    element.append(cell);
    return inner;
  });
  return { element, cells };
}

function fillRow<Row>(live: LiveRow, columns: readonly Column<Row>[], row: Row): void {
  for (const [index, column] of columns.entries()) {
    const element = live.cells[index];
    if (element === undefined) continue;
    const { text, tone = 'plain', bar, title, notes } = column.cell(row);
    setText(element, text);
    setData(element, 'tone', tone);
    if (title !== undefined && element.title !== title) element.title = title;
    for (const [name, percent] of Object.entries(bar ?? {})) {
      setVariable(element, `--${name}`, percent.toFixed(1));
    }
    if (notes?.[3] !== undefined) setNote(element, 'beneath-3', notes[3]);
    if (notes?.[2] !== undefined) setNote(element, 'beneath-2', notes[2]);
  }
}

/** A line of its own below the text of a cell, made the first time. */
function setNote({ parentElement: cell }: HTMLElement, name: string, text: string): void {
  const known = cell?.querySelector<HTMLElement>(`.${name}`);
  const note = known ?? make('small', `beneath ${name}`);
  if (known === null) cell?.append(note);
  setText(note, text);
}
