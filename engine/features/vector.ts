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

// Mirroring the market (bids for asks, up for down) flips their sign; all others stay as they are.
const DIRECTIONAL = [
  'microprice_bps',
  'imbalance_1',
  'imbalance_5',
  'imbalance_10',
  'imbalance_20',
  'depth_imbalance_1bps',
  'depth_imbalance_5bps',
  'depth_imbalance_10bps',
  'depth_imbalance_25bps',
  'slope_imbalance',
  'size_pressure_1',
  'size_pressure_5',
  'wall_pressure',
  'ofi_100ms',
  'ofi_1s',
  'ofi_5s',
  'trade_imbalance_100ms',
  'trade_imbalance_1s',
  'trade_imbalance_5s',
  'trade_flow_100ms',
  'trade_flow_1s',
  'trade_flow_5s',
  'return_100ms',
  'return_1s',
  'return_5s',
  'last_move',
  'last_move_fresh',
];

/** By column of MODEL_FEATURES: true when the column changes sign in the mirrored market. */
export const IS_DIRECTIONAL: readonly boolean[] = MODEL_FEATURES.map((name) =>
  DIRECTIONAL.includes(name),
);

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
