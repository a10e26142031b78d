// Owns the tests of the six crises: what was computed is computed again from the candles.
// Promise: definitions are applied here a second time, to the recorded file, not to the constants.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CRISES, type Crisis, crisisScenarios } from '../../../engine/analysis/crises.ts';
import { factorOf, shockOf } from '../../../engine/analysis/scenario.ts';
import { sharedPath } from '../../shared-data.ts';

interface Bar {
  readonly low: number;
  readonly close: number;
}

type Candles = ReadonlyMap<string, ReadonlyMap<string, Bar>>; // asset, day

function readCandles(path: string): Candles {
  const candles = new Map<string, Map<string, Bar>>();
  const [, ...lines] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  for (const line of lines) {
    const [date = '', symbol = '', , , low, close] = line.split(',');
    const [asset = '', quote] = symbol.split('/');
    if (quote !== 'USD') continue;
    const days = candles.get(asset) ?? new Map<string, Bar>();
    candles.set(asset, days.set(date, { low: Number(low), close: Number(close) }));
  }
  return candles;
}

const dayBefore = (day: string): string =>
  new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);

/** [low, day] of one asset, or null when it was not traded throughout. */
function movesOf(days: ReadonlyMap<string, Bar>, crisis: Crisis): readonly [number, number] | null {
  const from = days.get(crisis.from);
  const before = days.get(dayBefore(crisis.worstDay));
  const worst = days.get(crisis.worstDay);
  if (!from || !before || !worst || !days.has(crisis.to)) return null;
  const lows = [...days].filter(([day]) => day > crisis.from && day <= crisis.to);
  const low = Math.min(...lows.map(([, bar]) => bar.low));
  return [low / from.close - 1, worst.close / before.close - 1];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}

const within = (actual: number, expected: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) < 0.00055, `${what}: ${actual}, candles say ${expected}`);

test('crises: every shock said to be computed from candles is what the candles give', (t) => {
  const path = sharedPath('market-data/candles/coinbase-spot/top200-daily.csv.gz');
  if (path === null) return t.skip('recorded candles are not here');
  const candles = readCandles(path);
  let checked = 0;
  for (const crisis of CRISES) {
    const moves = new Map<string, readonly [number, number]>();
    for (const [asset, days] of candles) {
      const move = movesOf(days, crisis);
      if (move !== null) moves.set(asset, move);
    }
    const others = [...moves.keys()].filter((asset) => factorOf(asset) === 'other');
    const groups = new Map([
      ['@large_cap', ['BCH', 'LINK', 'LTC']],
      ['@other', others.filter((asset) => asset !== 'PAXG')], // gold is no coin
      ['@venue_token', ['CRO']],
    ]);
    for (const { key, low, day, evidence } of crisis.shocks) {
      if (evidence.kind !== 'computed') continue;
      const members = (groups.get(key) ?? [key]).map((asset) => moves.get(asset) ?? [NaN, NaN]);
      within(low, median(members.map((move) => move[0])), `${crisis.name} ${key} low`);
      within(day, median(members.map((move) => move[1])), `${crisis.name} ${key} day`);
      checked += 1;
    }
  }
  assert.ok(checked > 60, `${checked} shocks`);
});

test('crises: the worst day is the one on which BTC fell most', (t) => {
  const path = sharedPath('market-data/candles/coinbase-spot/top200-daily.csv.gz');
  if (path === null) return t.skip('recorded candles are not here');
  const bitcoin = readCandles(path).get('BTC') ?? new Map<string, Bar>();
  for (const { name, from, to, worstDay } of CRISES) {
    if (!bitcoin.has(to)) continue;
    const falls = [...bitcoin]
      .filter(([day]) => day > from && day <= to && bitcoin.has(dayBefore(day)))
      .map(([day, bar]) => [day, bar.close / (bitcoin.get(dayBefore(day))?.close ?? NaN)] as const)
      .sort((a, b) => a[1] - b[1]);
    assert.equal(falls[0]?.[0], worstDay, name);
  }
});

test('crises: funding is what a long paid by the recorded daily means', (t) => {
  const path = sharedPath('market-data/funding/btc-funding-daily-mean.csv.gz');
  if (path === null) return t.skip('recorded funding is not here');
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1);
  const rates = lines.map((line) => line.split(','));
  for (const { name, from, to, worstDay, funding, fundingDay } of CRISES) {
    if (funding.evidence.kind !== 'computed') continue;
    const paid = (isIn: (day: string) => boolean): number =>
      rates.reduce((sum, [day = '', rate]) => sum + (isIn(day) ? 3 * Number(rate) : 0), 0);
    const whole = paid((day) => day > from && day <= to);
    const one = paid((day) => day === worstDay);
    assert.ok(Math.abs(funding.value - whole) < 6e-5, `${name}: ${whole}`);
    assert.ok(Math.abs(fundingDay.value - one) < 6e-5, `${name}: ${one}`);
  }
});

test('crises: all six are there, dated, and give every kind of asset a shock', () => {
  assert.deepEqual(
    CRISES.map(({ name }) => name),
    ['mar-2020', 'may-2021', 'may-2022', 'nov-2022', 'aug-2024', 'oct-2025'],
  );
  for (const { from, to, durationDays } of CRISES) {
    assert.equal((Date.parse(to) - Date.parse(from)) / 86_400_000, durationDays);
  }
  for (const scenario of [...crisisScenarios('low'), ...crisisScenarios('day')]) {
    for (const asset of ['BTC', 'ETH', 'SOL', 'BNB', 'PEPE', 'USDT']) {
      const shock = shockOf(scenario, asset);
      assert.ok(shock !== null && shock >= -1 && shock <= 0, `${scenario.name} ${asset} ${shock}`);
    }
    assert.ok(scenario.spreadMultiplier >= 1 && scenario.depthMultiplier <= 1, scenario.name);
  }
});

test('crises: the assets that a crisis was about have moves of their own', () => {
  const byName = new Map(crisisScenarios().map((scenario) => [scenario.name, scenario]));
  const shock = (name: string, asset: string): number | null => {
    const scenario = byName.get(name);
    return scenario === undefined ? null : shockOf(scenario, asset);
  };
  assert.ok((shock('may-2022', 'LUNA') ?? 0) < -0.99);
  assert.ok((shock('may-2022', 'UST') ?? 0) < -0.5);
  assert.equal(shock('may-2022', 'USDT'), -0.05);
  assert.equal(shock('nov-2022', 'FTT'), -0.86);
  assert.notEqual(shock('nov-2022', 'BNB'), -0.86);
  assert.equal(shock('oct-2025', 'USDE'), -0.32);
});
