// Owns the tests of what a generated market begins at: prices of currencies and of dollar coins.
// Promise: orders of size are those of the summer of 2024, as any newspaper of it prints them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { createGenerator } from '../../../engine/venues/generated/generator.ts';

const START_US = 1_720_000_000_000_000;

/** The mid after a minute of a market that falls. */
function midOf(symbol: string, priceScale: number): number {
  const spec = inferInstrument('binance-spot', symbol, priceScale, 4);
  const [instrument] = listInstruments([spec]);
  assert.ok(instrument !== undefined);
  const one = { seed: 'terms', instruments: [instrument], startUs: START_US } as const;
  const market = createGenerator({ ...one, scenario: 'crash' });
  market.advance(START_US + 60e6, () => undefined);
  const { bid, ask } = market.top(instrument);
  return (bid + ask) / 2 / 10 ** priceScale;
}

for (const [symbol, scale, low, high] of [
  ['BTCJPY', 0, 5e6, 12e6],
  ['BTCEUR', 2, 40_000, 70_000],
  ['BTCTRY', 0, 1e6, 3e6],
  ['EURUSDT', 4, 1, 1.2],
  ['USDCUSDT', 4, 0.999, 1.001],
  ['FDUSDUSDT', 4, 0.999, 1.001],
  ['ETHBTC', 5, 0.03, 0.06],
] as const) {
  test(`start terms: ${symbol} is printed at its order of size`, () => {
    const mid = midOf(symbol, scale);
    assert.ok(mid > low && mid < high, `${mid}`);
  });
}
