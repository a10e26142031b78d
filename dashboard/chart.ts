// Owns the equity chart.
// Promise: redraws only when a point came or the size changed; the span chosen stays chosen.
import uPlot from 'uplot';
import { makeChoices } from './choices.ts';
import { formatCompact, formatNumber, formatSigned } from './format.ts';
import { byId, setText } from './page.ts';
import type { DashboardState } from './state.ts';

const SPANS = [
  { title: '5 min', value: 300 },
  { title: '1 h', value: 3600 },
  { title: '1 d', value: 86_400 },
  { title: 'All', value: Number.POSITIVE_INFINITY },
] as const;

const INK = '#8b93a5';
const GRID = '#1b212c';
const LINE = '#4cc9a4';
const FONT = '11px Inter, "Segoe UI", system-ui, sans-serif';

export interface EquityChart {
  draw(state: DashboardState): void;
}

export function createEquityChart(): EquityChart {
  const host = byId('equity-chart');
  const readout = byId('equity-readout');
  let span: number = Number.POSITIVE_INFINITY;
  let drawn = -1;
  let last: DashboardState | null = null;
  const plot = new uPlot(optionsOf(host, readout), [[], []], host);
  const draw = (state: DashboardState): void => {
    last = state;
    if (drawn === state.curveVersion) return;
    drawn = state.curveVersion;
    plot.setData(visible(state, span));
  };
  makeChoices(byId('equity-span'), SPANS, Number.POSITIVE_INFINITY, (seconds) => {
    span = seconds;
    drawn = -1;
    if (last !== null) draw(last);
  });
  new ResizeObserver(() => plot.setSize(sizeOf(host))).observe(host);
  return { draw };
}

const sizeOf = (host: HTMLElement): { readonly width: number; readonly height: number } => ({
  width: Math.max(200, host.clientWidth),
  height: Math.max(120, host.clientHeight),
});

/** The points of the last `span` seconds. */
function visible(state: DashboardState, span: number): [number[], number[]] {
  const { times, equities } = state.curve;
  const since = (times.at(-1) ?? 0) - span;
  const from = Number.isFinite(span) ? times.findIndex((time) => time >= since) : 0;
  return [times.slice(Math.max(0, from)), equities.slice(Math.max(0, from))];
}

function optionsOf(host: HTMLElement, readout: HTMLElement): uPlot.Options {
  const axis = {
    stroke: INK,
    font: FONT,
    grid: { stroke: GRID, width: 1 },
    ticks: { show: false },
  };
  return {
    ...sizeOf(host),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    padding: [12, 28, 0, 0],
    scales: { y: { range: (_, least, most) => padRange(least, most) } },
    axes: [
      { ...axis, space: 80, size: 30, values: (_, splits) => labelTimes(splits) },
      {
        ...axis,
        size: 76,
        space: 36,
        values: (_, splits) => labelSplits(splits),
      },
    ],
    series: [{}, { stroke: LINE, width: 1.5, fill: fillBelow, points: { show: false } }],
    hooks: { setCursor: [(plot) => showReadout(plot, readout)] },
  };
}

/** Hours and minutes, with seconds or the day where the grid is that fine or coarse. */
function labelTimes(splits: readonly number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((seconds) => {
    const iso = new Date(seconds * 1000).toISOString();
    if (step < 60) return iso.slice(11, 19);
    return step < 43_200 ? iso.slice(11, 16) : iso.slice(5, 10);
  });
}

/** A flat line sits in the middle; a moving one gets a twelfth of its range as air. */
function padRange(least: number, most: number): [number, number] {
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  const air = Math.max((most - least) / 12, Math.abs(most) * 1e-5, 0.01);
  return [least - air, most + air];
}

function labelSplits(splits: readonly number[]): string[] {
  const step = Math.abs((splits[1] ?? 0) - (splits[0] ?? 0));
  return splits.map((value) =>
    step >= 1e6 ? formatCompact(value) : formatNumber(value, step >= 1 ? 0 : 2),
  );
}

function fillBelow(plot: uPlot): CanvasGradient {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + Math.max(1, height));
  gradient.addColorStop(0, 'rgba(76, 201, 164, 0.22)');
  gradient.addColorStop(1, 'rgba(76, 201, 164, 0)');
  return gradient;
}

function showReadout(plot: uPlot, readout: HTMLElement): void {
  const index = plot.cursor.idx;
  const time = index == null ? undefined : plot.data[0][index];
  const equity = index == null ? undefined : plot.data[1]?.[index];
  if (time === undefined || equity == null) {
    setText(readout, '');
    return;
  }
  const first = plot.data[1]?.[0] ?? equity;
  const at = new Date(time * 1000).toISOString().slice(11, 19);
  setText(readout, `${at}   ${formatNumber(equity, 2)}   ${formatSigned(equity - first, 2)}`);
}
