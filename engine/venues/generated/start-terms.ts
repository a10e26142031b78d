// Owns what the generated market begins at: a price, a volatility and a beta for every asset.
// Promise: prices have the order of size of summer 2024; a name always gives the same terms.
import { createRandom } from '../../core/random.ts';
import type { AssetTerms } from './world.ts';

// Daily volatility and beta are what they were in the year before.
const COINS: readonly (readonly [string, AssetTerms])[] = [
  ['BTC', { priceUsd: 61800, dailyVolatility: 0.025, beta: 0.95 }],
  ['ETH', { priceUsd: 2680, dailyVolatility: 0.032, beta: 0.9 }],
  ['BNB', { priceUsd: 518, dailyVolatility: 0.028, beta: 0.8 }],
  ['SOL', { priceUsd: 155, dailyVolatility: 0.045, beta: 0.8 }],
  ['XRP', { priceUsd: 0.61, dailyVolatility: 0.04, beta: 0.65 }],
  ['DOGE', { priceUsd: 0.104, dailyVolatility: 0.045, beta: 0.75 }],
  ['ADA', { priceUsd: 0.345, dailyVolatility: 0.04, beta: 0.75 }],
  ['AVAX', { priceUsd: 21.7, dailyVolatility: 0.045, beta: 0.75 }],
  ['LINK', { priceUsd: 10.4, dailyVolatility: 0.042, beta: 0.75 }],
  ['LTC', { priceUsd: 59.6, dailyVolatility: 0.035, beta: 0.7 }],
  ['BCH', { priceUsd: 344, dailyVolatility: 0.04, beta: 0.7 }],
  ['DOT', { priceUsd: 4.62, dailyVolatility: 0.04, beta: 0.75 }],
  ['ETC', { priceUsd: 18.9, dailyVolatility: 0.04, beta: 0.75 }],
  ['XLM', { priceUsd: 0.101, dailyVolatility: 0.038, beta: 0.6 }],
  ['ALGO', { priceUsd: 0.127, dailyVolatility: 0.04, beta: 0.7 }],
  ['TRX', { priceUsd: 0.126, dailyVolatility: 0.02, beta: 0.4 }],
  ['ATOM', { priceUsd: 4.9, dailyVolatility: 0.04, beta: 0.7 }],
  ['NEAR', { priceUsd: 3.87, dailyVolatility: 0.05, beta: 0.75 }],
  ['SUI', { priceUsd: 0.83, dailyVolatility: 0.06, beta: 0.65 }],
  ['UNI', { priceUsd: 5.9, dailyVolatility: 0.045, beta: 0.7 }],
];

// A dollar by another name, and the currencies that pairs are quoted in.
const DOLLARS = ['USD', 'USDT', 'USDC', 'FDUSD', 'TUSD', 'USDP', 'DAI', 'BUSD', 'USDE'] as const;
const DOLLAR: AssetTerms = { priceUsd: 1, dailyVolatility: 0.0001, beta: 0 };
const CURRENCIES_USD = {
  ...{ EUR: 1.09, GBP: 1.28, CHF: 1.13, AUD: 0.66, CAD: 0.73, JPY: 0.0068, TRY: 0.03 },
  ...{ BRL: 0.18, MXN: 0.053, PLN: 0.25, ZAR: 0.055, ARS: 0.0011, UAH: 0.024, RON: 0.22 },
};
const currency = (priceUsd: number): AssetTerms => ({ priceUsd, dailyVolatility: 0.004, beta: 0 });

const TERMS: ReadonlyMap<string, AssetTerms> = new Map([
  ...COINS,
  ...DOLLARS.map((name) => [name, DOLLAR] as const),
  ...Object.entries(CURRENCIES_USD).map(([name, usd]) => [name, currency(usd)] as const),
]);
const OTHER: AssetTerms = { priceUsd: 10, dailyVolatility: 0.05, beta: 0.6 };

/** What the generated market begins at. */
export const startPriceUsd = (asset: string): number => termsOf(asset).priceUsd;

// A coin that is not in the list: the same for the same name, whatever else is generated.
export function termsOf(base: string): AssetTerms {
  const known = TERMS.get(base);
  if (known !== undefined) return known;
  const random = createRandom(`coin/${base}`);
  return {
    priceUsd: OTHER.priceUsd * Math.exp(0.5 * random.normal()),
    dailyVolatility: OTHER.dailyVolatility * (0.8 + 0.6 * random.uniform()),
    beta: OTHER.beta * (0.8 + 0.4 * random.uniform()),
  };
}
