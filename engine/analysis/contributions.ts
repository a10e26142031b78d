// Owns whose risk it is: marginal and component figures of positions, and the effect of an order.
// Promise: components add up to the figure they explain (Euler), up to rounding.
import {
  linearVar,
  type RankedPnl,
  rankPnl,
  tailIndex,
  tailWeights,
  weighTail,
} from './historical.ts';
import { normalTailRisk } from './parametric.ts';
import { at, takeMoments } from './pnl.ts';
import {
  figure,
  figures,
  type HistoricalComponents,
  type IncrementalRisk,
  type NormalComponents,
} from './var-report.ts';

/** Sample covariance (ddof 1) of two series of equal length. */
export function covarianceOf(x: Float64Array, y: Float64Array): number {
  const xMean = x.reduce((sum, v) => sum + v, 0) / x.length;
  const yMean = y.reduce((sum, v) => sum + v, 0) / y.length;
  let sum = 0;
  for (let t = 0; t < x.length; t += 1) sum += (at(x, t) - xMean) * (at(y, t) - yMean);
  return x.length < 2 ? Number.NaN : sum / (x.length - 1);
}

/** Sample covariance matrix (ddof 1) of the columns, n x n, row-major. */
export function covarianceMatrix(columns: readonly Float64Array[]): Float64Array {
  const n = columns.length;
  const matrix = new Float64Array(n * n);
  columns.forEach((x, i) => {
    columns.slice(0, i + 1).forEach((y, j) => {
      matrix[i * n + j] = matrix[j * n + i] = covarianceOf(x, y);
    });
  });
  return matrix;
}

/** A book for contributions: its scenarios, positions, P&L and its covariance with each column. */
export interface Book {
  readonly columns: readonly Float64Array[]; // simple returns
  readonly notional: Float64Array;
  readonly pnl: Float64Array;
  readonly sd: number; // of the P&L, ddof 1
  readonly ranked: RankedPnl;
  /** (Sigma w)_i = cov(R_i, p): the marginal needs no covariance matrix. */
  readonly covariances: Float64Array;
}

/** Marginal `z_c (Sigma w)_i / sd` per unit of notional, component `w_i marginal_i`, zero mean. */
export function normalComponents(book: Book, tail: number): NormalComponents {
  const unit = normalTailRisk(1, tail);
  const sensitivity = book.covariances.map((covariance) => covariance / book.sd);
  const held = sensitivity.map((slope, i) => slope * at(book.notional, i));
  const sum = held.reduce((total, part) => total + part, 0);
  return {
    marginal: figures(sensitivity.map((slope) => slope * unit.var)),
    component: figures(held.map((part) => part * unit.var)),
    sum: figure(sum * unit.var),
    percent: figures(held.map((part) => part / sum)),
    es_component: figures(held.map((part) => part * unit.es)),
  };
}

/** Losses of each position in the `var_lower` scenario, and in the weighted tail of the ES. */
export function historicalComponents(
  book: Book,
  tail: number,
  dates: readonly string[],
): HistoricalComponents {
  const { columns, notional, ranked } = book;
  const row = ranked.rows[tailIndex(ranked.rows.length, tail)] ?? Number.NaN;
  const weights = tailWeights(ranked.rows.length, tail);
  const loss = (i: number, column: Float64Array, t: number): number =>
    at(notional, i) === 0 ? 0 : -at(notional, i) * at(column, t);
  return {
    scenario_index: figure(row),
    scenario_date: dates[row] ?? null,
    var_lower_component: columns.map((column, i) => figure(loss(i, column, row))),
    es_acerbi_tasche_component: columns.map((column, i) => {
      if (weights.length === 0) return null;
      const add = (sum: number, weight: number, k: number): number =>
        sum + weight * loss(i, column, ranked.rows[k] ?? Number.NaN);
      return figure(weights.reduce(add, 0));
    }),
  };
}

/** An order, and the book revalued as if it were filled; every level reads its tail from here. */
export interface RevaluedOrder {
  readonly symbol: string;
  readonly notional: number;
  readonly index: number; // -1: no column has this symbol, nothing is known
  readonly sd: number;
  readonly sorted: Float64Array;
}

export function revalueOrder(
  book: Book,
  symbols: readonly string[],
  { symbol, notional }: { readonly symbol: string; readonly notional: number },
): RevaluedOrder {
  const index = symbols.indexOf(symbol);
  const column = book.columns[index];
  if (column === undefined) {
    return { symbol, notional, index, sd: Number.NaN, sorted: new Float64Array(0) };
  }
  const pnl = book.pnl.map((p, t) => p + notional * at(column, t));
  return { symbol, notional, index, sd: takeMoments(pnl).sd, sorted: rankPnl(pnl).sorted };
}

/** VaR and ES after the order less before it, at one level. */
export function incrementalRisk(book: Book, order: RevaluedOrder, tail: number): IncrementalRisk {
  const { symbol, index, notional, sd, sorted } = order;
  const { ranked } = book;
  const z = normalTailRisk(1, tail).var;
  const before = weighTail(tailWeights(ranked.sorted.length, tail), ranked.sorted);
  return {
    symbol,
    index,
    notional: figure(notional),
    normal_exact: figure(z * (sd - book.sd)),
    normal_linear: figure((z * notional * at(book.covariances, index)) / book.sd),
    historical_linear_exact: figure(linearVar(sorted, tail) - linearVar(ranked.sorted, tail)),
    historical_es_exact: figure(weighTail(tailWeights(sorted.length, tail), sorted) - before),
  };
}
