// Owns the drawdowns of a run: the system's and each strategy's, as the last engine left them.
// Promise: the system's comes first; what is told of them has seen a value.
import type { Config } from '../config/schema.ts';
import type { LimitScope } from '../core/limit.ts';
import type { DrawdownView } from '../core/risk.ts';
import { createDrawdown, type Drawdown, type DrawdownOptions } from './drawdown.ts';
import type { StandingsSlice } from './standings-slice.ts';

export type Drawdowns = ReadonlyMap<LimitScope, Drawdown>;

export function openDrawdowns(
  risk: Config['risk'],
  standings: Pick<StandingsSlice, 'drawdown'>,
  strategies: readonly LimitScope[],
): Drawdowns {
  const beforeOf = (scope: LimitScope): Pick<DrawdownOptions, 'restored'> => {
    const record = standings.drawdown(scope);
    return record === null ? {} : { restored: record };
  };
  const system = createDrawdown({
    warning: risk.drawdownWarning,
    hard: risk.drawdownHard,
    losses: { day: risk.dailyLossLimit, total: risk.totalLossLimit },
    ...beforeOf('system'),
  });
  const ofStrategy = (scope: LimitScope): Drawdown =>
    createDrawdown({
      warning: risk.strategyDrawdownWarning,
      hard: risk.strategyDrawdownHard,
      against: 'equity',
      ...beforeOf(scope),
    });
  const others = strategies.map((scope) => [scope, ofStrategy(scope)] as const);
  return new Map<LimitScope, Drawdown>([['system', system], ...others]);
}

/** Of those that have seen something. */
export function viewDrawdowns(all: Drawdowns): DrawdownView[] {
  return [...all].flatMap(([scope, { level, drawdown, peak, dayDrawdown, dayPeak }]) =>
    Number.isFinite(peak) ? [{ scope, level, drawdown, peak, dayDrawdown, dayPeak }] : [],
  );
}
