// Owns the feature vector: names in order, their version, and which of them a model may rely on.
// Promise: a name never moves or changes its meaning without a new version and a new hash.
import { TECHNICAL_FEATURES } from './bar-indicators.ts';
import { FLOW_FEATURES } from './flow.ts';
import { LIQUIDITY_FEATURES } from './liquidity.ts';
import { ORDER_BOOK_FEATURES } from './order-book.ts';

export const FEATURE_VERSION = 1;

/** Known within a second of a fresh book: what tick models read. They come first in FEATURES. */
export const MODEL_FEATURES: readonly string[] = [
  ...ORDER_BOOK_FEATURES,
  ...LIQUIDITY_FEATURES,
  ...FLOW_FEATURES,
  'book_age', // ln(1 + ms since the last depth update)
];

/** Every column of a row, in order. Those after MODEL_FEATURES are NaN until bars have closed. */
export const FEATURES: readonly string[] = [...MODEL_FEATURES, ...TECHNICAL_FEATURES];

/** sha256 of `${FEATURE_VERSION}\n${FEATURES.join('\n')}`, hex; a test holds it to that. */
export const FEATURE_SCHEMA_HASH =
  '6bf8e7efa787c3a14372671adf605fa8374241a533824afe740d7cff6f3850ab';

/** First line of a features file: time, instrument, status, then FEATURES. */
export const featureCsvHeader = (): string =>
  ['time_us', 'instrument', 'status', ...FEATURES].join(',');

/** One row of it; a value that is not finite becomes an empty cell. */
export function featureCsvRow(
  nowUs: number,
  instrument: string,
  status: number,
  row: Float32Array,
): string {
  const cells = Array.from(row.subarray(0, FEATURES.length), (value) =>
    Number.isFinite(value) ? String(value) : '',
  );
  return [nowUs, instrument, status, ...cells].join(',');
}
