// Owns what a fresh account begins with where the configuration does not say.
// Promise: dollars always; coins only where somebody says what one is worth.
import type { Deposits } from '../accounts/opening.ts';
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';

const DOLLARS: Deposits = { USDT: '10000000' };

export const depositsOf = ({ execution }: Pick<Config, 'execution'>): Deposits =>
  execution.deposits ?? DOLLARS;

/** Collateral is exposure: enough for the largest position twice, and no more. */
const POSITIONS = 2;

/**
 * The configuration with deposits that reach every contract: inverse ones bind coins, of which each
 * venue gets the initial margin of `POSITIONS` positions of risk.maxPositionUsd. Deposits that
 * were configured stay as they are.
 */
export function withCollateral(
  config: Config,
  instruments: readonly Instrument[],
  priceUsd: (asset: string) => number,
): Config {
  if (config.execution.deposits !== null) return config;
  const { maxPositionUsd, initialMargin } = config.risk;
  const worthUsd = POSITIONS * maxPositionUsd * initialMargin.inverse;
  const deposits: Record<string, Deposits[string]> = { ...DOLLARS };
  for (const { kind, venue, settle } of instruments) {
    if (kind !== 'inverse') continue;
    const before = deposits[settle] ?? {};
    if (typeof before === 'string') continue;
    deposits[settle] = { ...before, [venue]: (worthUsd / priceUsd(settle)).toFixed(6) };
  }
  return { ...config, execution: { ...config.execution, deposits } };
}
