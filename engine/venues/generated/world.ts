// Owns the hidden state of the generated market: regimes, one common factor, prices, pressure.
// Promise: the same seed gives the same path; pressure leans before prices move.
import type { Random } from '../../core/ports.ts';

export type Scenario = 'mixed' | 'calm' | 'crash';

/** What the order books of this moment look like, relative to a calm market. */
export interface Weather {
  volatility: number;
  spread: number;
  depth: number;
  activity: number; // of trades
}

export interface World {
  /** Moves every asset forward in steps of WORLD_STEP_US. */
  advance(toUs: number): void;
  /** Price in USD of the asset numbered as in `assets`. */
  price(asset: number): number;
  /** Buying (+) or selling (-) pressure, unit variance; its sign leads the next seconds. */
  pressure(asset: number): number;
  readonly weather: Weather;
  /** One more asset, at its price of the start; its number. */
  add(terms: AssetTerms, random: Random): number;
}

export interface AssetTerms {
  readonly priceUsd: number; // at the start
  readonly dailyVolatility: number; // standard deviation of the daily log return
  readonly beta: number; // correlation with the common factor
}

export const WORLD_STEP_US = 25_000;
const STEP_S = WORLD_STEP_US / 1e6;
const DAY_S = 86400;

// Order flow leads price: pressure is an Ornstein-Uhlenbeck process that decays over TAU_S, and
// adds DRIFT standard deviations of a second's return per unit of pressure and second. With these
// two the correlation of pressure with the next second's return is about 0.5.
const TAU_S = 1.5;
const DRIFT = 0.8;
const COMMON_PRESSURE = 0.5; // share of the variance of pressure that all assets have in common

type Regime = 'calm' | 'trend' | 'volatile';
const REGIMES: Readonly<Record<Regime, Weather & { readonly meanS: number }>> = {
  calm: { volatility: 0.7, spread: 1, depth: 1, activity: 1, meanS: 120 },
  trend: { volatility: 1, spread: 1.2, depth: 0.9, activity: 1.6, meanS: 60 },
  volatile: { volatility: 2, spread: 2, depth: 0.6, activity: 2.5, meanS: 30 },
};
const NEXT: Readonly<Record<Regime, readonly [Regime, Regime]>> = {
  calm: ['trend', 'volatile'],
  trend: ['calm', 'volatile'],
  volatile: ['calm', 'trend'],
};
const TREND_DRIFT = 0.25; // of a trend, in standard deviations of a second's return a second

// The crash: from its 20th second for 60 s all assets lose about 12 %, times their beta.
const CRASH_FROM_S = 20;
const CRASH_S = 60;
const CRASH_LOG_RETURN = -0.13;
const CRASH: Weather = { volatility: 4, spread: 6, depth: 0.25, activity: 5 };

interface AssetState {
  readonly terms: AssetTerms;
  readonly secondVolatility: number;
  price: number;
  own: number; // pressure of its own
}

interface State {
  readonly random: Random;
  readonly scenario: Scenario;
  readonly assets: AssetState[];
  readonly startUs: number;
  readonly weather: Weather;
  regime: Regime;
  trend: number; // -1, 0 or 1
  common: number; // pressure all assets share
  nowUs: number;
}

export function createWorld(
  random: Random,
  scenario: Scenario,
  assets: readonly AssetTerms[],
  startUs: number,
): World {
  const state: State = {
    random,
    scenario,
    startUs,
    assets: assets.map((terms) => openAsset(terms, random)),
    weather: weatherOf(REGIMES.calm),
    regime: 'calm',
    trend: 0,
    common: random.normal(),
    nowUs: startUs,
  };
  return {
    advance(toUs) {
      while (state.nowUs + WORLD_STEP_US <= toUs) step(state);
    },
    price: (asset) => state.assets[asset]?.price ?? Number.NaN,
    pressure: (asset) => pressureOf(state, state.assets[asset]?.own ?? 0),
    weather: state.weather,
    add: (terms, itsRandom) => state.assets.push(openAsset(terms, itsRandom)) - 1,
  };
}

const openAsset = (terms: AssetTerms, random: Random): AssetState => ({
  terms,
  secondVolatility: terms.dailyVolatility / Math.sqrt(DAY_S),
  price: terms.priceUsd,
  own: random.normal(),
});

const weatherOf = ({ volatility, spread, depth, activity }: Weather): Weather => ({
  volatility,
  spread,
  depth,
  activity,
});

const pressureOf = (state: State, own: number): number =>
  Math.sqrt(COMMON_PRESSURE) * state.common + Math.sqrt(1 - COMMON_PRESSURE) * own;

function step(state: State): void {
  const { random, weather } = state;
  state.nowUs += WORLD_STEP_US;
  const seconds = (state.nowUs - state.startUs) / 1e6;
  const isCrash =
    state.scenario === 'crash' && seconds >= CRASH_FROM_S && seconds < CRASH_FROM_S + CRASH_S;
  turnRegime(state);
  Object.assign(weather, isCrash ? CRASH : weatherOf(REGIMES[state.regime]));
  const fall = isCrash ? (CRASH_LOG_RETURN / CRASH_S) * STEP_S : 0;
  const decay = Math.exp(-STEP_S / TAU_S);
  const kick = Math.sqrt(1 - decay * decay);
  state.common = state.common * decay + kick * random.normal() - (isCrash ? 0.02 : 0);
  const factor = random.normal();
  for (const asset of state.assets) {
    asset.own = asset.own * decay + kick * random.normal();
    const { beta } = asset.terms;
    const shock = beta * factor + Math.sqrt(1 - beta * beta) * random.normal();
    const lean = DRIFT * pressureOf(state, asset.own) + TREND_DRIFT * state.trend;
    const move = shock * Math.sqrt(STEP_S) + lean * STEP_S;
    asset.price *= Math.exp(asset.secondVolatility * weather.volatility * move + beta * fall);
  }
}

function turnRegime(state: State): void {
  const chance = STEP_S / REGIMES[state.regime].meanS;
  if (state.random.uniform() >= chance || state.scenario === 'calm') return;
  state.regime = NEXT[state.regime][state.random.uniform() < 0.5 ? 0 : 1];
  state.trend = state.regime === 'trend' ? (state.random.uniform() < 0.5 ? 1 : -1) : 0;
}
