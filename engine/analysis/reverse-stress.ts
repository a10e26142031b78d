// Owns reverse stress: the smallest move of the market that breaks a limit.
// Promise: pure; a move that cannot happen, or a book that cannot break, is null, never a number.
import { normalCdf, studentCdf } from './distributions.ts';
import { factorOf, isCoin } from './scenario.ts';
import type { StressInstrument } from './stress.ts';

/** Money that may still be lost before the limit breaks, US dollars; not above 0: it is broken. */
export interface LossRoom {
  readonly limit: string;
  readonly room: number;
}

/** Money in US dollars; drawdown as a fraction of the peak, 0.05 = 5 %. */
export interface AccountState {
  readonly equity: number;
  readonly peakEquity?: number; // default: equity
  readonly drawdownHard?: number;
  readonly lossLimit?: number; // loss that is allowed from here on
  readonly maintenanceMargin?: number; // equity at or below it is liquidated
}

/** The room to each limit that is stated, in the order loss, drawdown, margin. */
export function roomToLimits(state: AccountState): readonly LossRoom[] {
  const { equity, drawdownHard, lossLimit, maintenanceMargin } = state;
  const peak = Math.max(equity, state.peakEquity ?? equity);
  const rooms: LossRoom[] = [];
  if (lossLimit !== undefined) rooms.push({ limit: 'loss limit', room: lossLimit });
  if (drawdownHard !== undefined) {
    rooms.push({ limit: 'drawdown hard', room: equity - peak * (1 - drawdownHard) });
  }
  if (maintenanceMargin !== undefined) {
    rooms.push({ limit: 'maintenance margin', room: equity - maintenanceMargin });
  }
  return rooms;
}

export interface ReversePosition extends StressInstrument {
  readonly notional: number; // US dollars, negative = short
}

export interface DirectionMove {
  readonly direction: string; // a factor, an asset whose peg may break, or 'market'
  readonly exposure: number; // dollars gained for a move of +100 %
  /** Simple return at which the limit breaks; null when no move down to -100 % does it. */
  readonly move: number | null;
}

export interface LikeliestMove {
  /** Mahalanobis length of the move: standard deviations of the book's own profit and loss. */
  readonly sigmas: number;
  readonly probabilityNormal: number; // of a loss at least this large in one period
  readonly probabilityT4: number; // the same, Student t with 4 degrees and the same variance
  readonly moves: readonly { readonly symbol: string; readonly move: number }[];
  /** False when a price would have to fall below zero: then the straight line ends before. */
  readonly isPossible: boolean;
}

export interface ReverseStress extends LossRoom {
  readonly isBroken: boolean; // already, with no move at all
  readonly byFactor: readonly DirectionMove[]; // smallest move first, impossible ones last
  readonly market: DirectionMove;
  readonly likeliest: LikeliestMove | null; // null without covariance, or when the book is flat
}

/** Covariance of simple returns of one period, n x n row-major, in the order of `symbols`. */
export interface ReturnCovariance {
  readonly symbols: readonly string[];
  readonly matrix: Float64Array;
}

/** For every limit: each factor alone, all coins together, and the likeliest joint move. */
export function reverseStress(
  positions: readonly ReversePosition[],
  rooms: readonly LossRoom[],
  covariance: ReturnCovariance | null = null,
): readonly ReverseStress[] {
  const exposures = exposuresOf(positions);
  return rooms.map(({ limit, room }) => {
    const isBroken = !(room > 0);
    const byFactor = [...exposures.byFactor].map(([direction, exposure]) =>
      moveAlong(direction, exposure, room),
    );
    return {
      limit,
      room,
      isBroken,
      byFactor: byFactor.sort((a, b) => sizeOf(a) - sizeOf(b)),
      market: moveAlong('market', exposures.coins, room),
      likeliest: covariance === null ? null : likeliestMove(positions, room, covariance),
    };
  });
}

const sizeOf = ({ move }: DirectionMove): number =>
  move === null ? Number.POSITIVE_INFINITY : Math.abs(move);

/**
 * Derivatives of the book's value: +N to the base of every position, -N to the quote asset of a
 * contract (stress.ts says why). The value is exactly linear in each, so one division inverts it.
 */
function exposuresOf(positions: readonly ReversePosition[]): {
  readonly byFactor: ReadonlyMap<string, number>;
  readonly coins: number;
} {
  const byFactor = new Map<string, number>();
  let coins = 0;
  const add = (asset: string, exposure: number): void => {
    const factor = factorOf(asset);
    if (factor === 'fiat') return;
    // Pegs break one at a time; coins of a factor fall together.
    const direction = factor === 'stablecoin' ? asset : factor;
    byFactor.set(direction, (byFactor.get(direction) ?? 0) + exposure);
    if (factor !== 'stablecoin') coins += exposure;
  };
  for (const { base, quote, kind, notional } of positions) {
    add(base, notional);
    if (kind !== 'spot') add(quote, -notional);
  }
  return { byFactor, coins };
}

function moveAlong(direction: string, exposure: number, room: number): DirectionMove {
  const move = room > 0 ? -room / exposure : 0;
  const isPossible = Number.isFinite(move) && move >= -1;
  return { direction, exposure, move: isPossible ? move : null };
}

/**
 * The shortest move in the metric of the covariance S that loses `room` on the linear book w:
 * minimise x' S^-1 x under -w' x = room. Lagrange gives x = -room S w / (w' S w), of length
 * room / sqrt(w' S w) (Breuer, Jandacka, Rheinberger & Summer 2009, "How to find plausible, severe
 * and useful stress scenarios"). S need not be invertible. A coin whose symbol the covariance does
 * not hold makes the answer null: it would be taken for riskless. Pegs and currencies may be
 * absent, and are at rest then.
 */
export function likeliestMove(
  positions: readonly ReversePosition[],
  room: number,
  { symbols, matrix }: ReturnCovariance,
): LikeliestMove | null {
  const n = symbols.length;
  const weights = new Float64Array(n);
  for (const { symbol, base, notional } of positions) {
    const index = symbols.indexOf(symbol);
    if (index < 0 && isCoin(base)) return null;
    if (index >= 0) weights[index] = (weights[index] ?? 0) + notional;
  }
  const slope = symbols.map((_, i) =>
    weights.reduce((sum, weight, j) => sum + (matrix[i * n + j] ?? 0) * weight, 0),
  );
  const variance = slope.reduce((sum, s, i) => sum + s * (weights[i] ?? 0), 0);
  if (!(variance > 0) || !(room > 0)) return null;
  const sigmas = room / Math.sqrt(variance);
  const moves = symbols.map((symbol, i) => ({
    symbol,
    move: (-room * (slope[i] ?? 0)) / variance,
  }));
  return {
    sigmas,
    probabilityNormal: normalCdf(-sigmas),
    // A t with 4 degrees has variance 2: scaled to the variance of the normal.
    probabilityT4: studentCdf(-sigmas * Math.SQRT2, 4),
    moves,
    isPossible: moves.every(({ move }) => move >= -1),
  };
}
