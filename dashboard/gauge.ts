// Owns the drawdown gauges: two bars a scope, held against the marks of warning and hard.
// Promise: the level stands beside the bar as a word; colour only repeats it.
import { formatPercent } from './format.ts';
import { make, setData, setText, setVariable } from './page.ts';
import type { DrawdownWire } from './risk-wire.ts';

const SCALE = 1.25; // the bar ends a quarter beyond the hard mark
const SCOPES_MAX = 32;

interface Bar {
  readonly element: HTMLElement;
  readonly value: HTMLElement;
}
interface Gauge {
  readonly element: HTMLElement;
  readonly level: HTMLElement;
  readonly start: Bar;
  readonly day: Bar;
}

/** Returns the function that draws; scopes keep their place, worst use of the hard mark first. */
export function createGauges(host: HTMLElement): (drawdowns: readonly DrawdownWire[]) => void {
  const gauges = new Map<string, Gauge>();
  const empty = make('p', 'empty', 'Not told yet');
  host.replaceChildren(empty);
  return (drawdowns) => {
    empty.hidden = drawdowns.length > 0;
    const wanted = [...drawdowns].sort(byUse).slice(0, SCOPES_MAX);
    const scopes = new Set<string>(wanted.map(({ scope }) => scope));
    for (const [scope, gauge] of gauges) {
      if (scopes.has(scope)) continue;
      gauge.element.remove();
      gauges.delete(scope);
    }
    for (const drawdown of wanted) {
      let gauge = gauges.get(drawdown.scope);
      if (gauge === undefined) {
        gauge = makeGauge(drawdown);
        gauges.set(drawdown.scope, gauge);
        host.append(gauge.element);
      }
      fillGauge(gauge, drawdown);
    }
  };
}

/** The system first, then whoever is nearest to the hard mark. */
const byUse = (a: DrawdownWire, b: DrawdownWire): number =>
  Number(b.scope === 'system') - Number(a.scope === 'system') ||
  b.drawdown / b.hard - a.drawdown / a.hard;

function makeGauge({ scope }: DrawdownWire): Gauge {
  const element = make('div', 'gauge');
  const head = make('div', 'head');
  const level = make('span', 'level');
  head.append(make('b', '', scope), level);
  const start = makeBar('start');
  const day = makeBar('today');
  element.append(head, start.element, day.element);
  return { element, level, start, day };
}

function makeBar(title: string): Bar {
  const element = make('div', 'gauge-bar');
  const value = make('span', 'value');
  element.append(make('small', '', title), make('i', 'track'), value);
  return { element, value };
}

const TONES = { normal: 'plain', warning: 'warn', halted: 'down' } as const;

function fillGauge(gauge: Gauge, drawdown: DrawdownWire): void {
  const { warning, hard, level } = drawdown;
  const marks = `marks at ${formatPercent(warning, 1)} and ${formatPercent(hard, 1)}`;
  setText(gauge.level, `${level} · ${marks}`);
  setData(gauge.level, 'tone', TONES[level]);
  fillBar(gauge.start, drawdown.drawdown, drawdown);
  fillBar(gauge.day, drawdown.day_drawdown, drawdown);
}

function fillBar({ element, value }: Bar, fraction: number, marks: DrawdownWire): void {
  const { warning, hard } = marks;
  const place = (at: number): string =>
    Math.max(0, Math.min(100, (100 * at) / (SCALE * hard))).toFixed(1);
  setVariable(element, '--size', place(fraction));
  setVariable(element, '--warning', place(warning));
  setVariable(element, '--hard', place(hard));
  setData(element, 'tone', fraction >= hard ? 'down' : fraction >= warning ? 'warn' : 'plain');
  setText(value, formatPercent(fraction, 2));
}
