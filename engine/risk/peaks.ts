// Owns which peaks are worth a fact: those that rose by a hair's breadth are not.
// Promise: a crash forgets less of a peak than PEAK_STEP of it, and nothing else of a drawdown.
import type { LimitScope } from '../core/limit.ts';
import type { DrawdownRecord } from '../facts/risk.ts';
import type { Drawdown } from './drawdown.ts';
import type { StandingsSlice } from './standings-slice.ts';

const PEAK_STEP = 1e-4; // of the system's peak; a rise by less is no fact

/**
 * The drawdowns whose level, day or capital changed, whose peak was taken back, or has risen by
 * PEAK_STEP, against what is kept. Looked at after every observation.
 */
export function changedPeaks(
  drawdowns: ReadonlyMap<LimitScope, Drawdown>,
  standings: Pick<StandingsSlice, 'drawdown'>,
): readonly DrawdownRecord[] {
  const step = Math.abs(drawdowns.get('system')?.peak ?? 0) * PEAK_STEP;
  const changed: DrawdownRecord[] = [];
  for (const [scope, { level, peak, day, dayPeak, capital, base, dayBase }] of drawdowns) {
    if (!Number.isFinite(peak) || Number.isNaN(day)) continue; // nothing seen yet
    const kept = standings.drawdown(scope);
    const isKept =
      kept !== null &&
      kept.level === level &&
      kept.day === day &&
      kept.capital === capital &&
      isWithinStep(peak - kept.peak, step) &&
      isWithinStep(dayPeak - kept.dayPeak, step);
    if (!isKept) changed.push({ scope, level, peak, day, dayPeak, capital, base, dayBase });
  }
  return changed;
}

const isWithinStep = (rise: number, step: number): boolean =>
  rise === 0 || (rise > 0 && rise < step); // of an account without money every step is 0
