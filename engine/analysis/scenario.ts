// Owns what a stress scenario is, which factor an asset belongs to, and the shock it gets.
// Promise: pure; the most specific shock wins, and an asset without one is told apart from a zero.
import { assertNever } from '../core/assert.ts';

/** Factors in reporting order. An asset belongs to exactly one. */
export const FACTORS = [
  'btc',
  'eth',
  'large_cap',
  'venue_token',
  'other',
  'stablecoin',
  'fiat',
] as const;
export type Factor = (typeof FACTORS)[number];

/** Keys of `shocks` that stand for many assets at once; `*` is every asset that is a coin. */
export const GROUP_KEYS = ['@large_cap', '@venue_token', '@other', '@stablecoin', '*'] as const;

export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** Simple return in US dollars (-0.3 = falls 30 %, at least -1), by asset or group key. */
  readonly shocks: ReadonlyMap<string, number>;
  /** Simple return of a perpetual against its index, on top of the shock of its base. */
  readonly basis: number;
  /** Funding a long pays in the whole scenario, fraction of notional; negative: it receives. */
  readonly funding: number;
  readonly spreadMultiplier: number; // at least 1
  readonly depthMultiplier: number; // above 0, at most 1
  readonly durationDays: number; // above 0
}

/** A scenario with everything but the shocks at rest. */
export const CALM: Omit<Scenario, 'name' | 'description' | 'shocks'> = {
  basis: 0,
  funding: 0,
  spreadMultiplier: 1,
  depthMultiplier: 1,
  durationDays: 1,
};

const MEMBERS: readonly (readonly [Factor, string])[] = [
  ['btc', 'BTC XBT WBTC CBBTC BTCB TBTC'],
  ['eth', 'ETH WETH STETH WSTETH WBETH CBETH RETH BETH'],
  // The largest coins by market value of 2020-2025 that are neither venue tokens nor stablecoins.
  ['large_cap', 'ADA AVAX BCH DOGE DOT LINK LTC MATIC POL SOL SUI TON TRX XLM XRP'],
  ['venue_token', 'BGB BNB CRO FTT GT HT KCS LEO MX OKB WOO'],
  [
    'stablecoin',
    'USDT USDC DAI BUSD TUSD USDP PAX FDUSD PYUSD USDE USDS FRAX GUSD UST USTC USDD EURC RLUSD',
  ],
  ['fiat', 'USD EUR GBP JPY CHF AUD CAD SGD HKD KRW BRL TRY MXN'],
];

const FACTOR_OF: ReadonlyMap<string, Factor> = new Map(
  MEMBERS.flatMap(([factor, assets]) =>
    assets.split(' ').map((asset): [string, Factor] => [asset, factor]),
  ),
);

/** Assets this file knows by name; any other asset of a book is a coin of the factor `other`. */
export const NAMED_ASSETS: ReadonlySet<string> = new Set(FACTOR_OF.keys());

/** Upper-case asset code to its factor. */
export const factorOf = (asset: string): Factor => FACTOR_OF.get(asset) ?? 'other';

/** Whether its price is free: neither pegged nor a currency. */
export const isCoin = (asset: string): boolean =>
  !(['stablecoin', 'fiat'] as readonly Factor[]).includes(factorOf(asset));

/** Keys that give an asset its shock, the most specific first. */
function keysOf(asset: string): readonly string[] {
  const factor = factorOf(asset);
  switch (factor) {
    case 'btc':
      return [asset, 'BTC', '*'];
    case 'eth':
      return [asset, 'ETH', '*'];
    case 'large_cap':
    case 'venue_token':
    case 'other':
      return [asset, `@${factor}`, '*'];
    case 'stablecoin':
      return [asset, '@stablecoin'];
    case 'fiat':
      return [asset];
    default:
      return assertNever(factor);
  }
}

/**
 * The shock of an asset, or null when the scenario says nothing about it. `*` does not reach
 * stablecoins and currencies: a fall of all coins is not a loss of the peg.
 */
export function shockOf(scenario: Scenario, asset: string): number | null {
  for (const key of keysOf(asset)) {
    const shock = scenario.shocks.get(key);
    if (shock !== undefined) return shock;
  }
  return null;
}

/** The shock of an asset, silence read as rest, and whether a coin was passed over in silence. */
export function shockOrRest(
  scenario: Scenario,
  asset: string,
): { readonly shock: number; readonly isSilent: boolean } {
  const shock = shockOf(scenario, asset);
  return { shock: shock ?? 0, isSilent: shock === null && isCoin(asset) };
}
