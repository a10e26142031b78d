// Owns the seeded market generator: real Binance frames of a market that never was.
// Promise: same seed, same bytes; sequences legal by each venue's rule; books never crossed.
import type { Instrument } from '../../core/instrument.ts';
import type { Random } from '../../core/ports.ts';
import { createRandom } from '../../core/random.ts';
import { powerOfTen } from '../../core/units.ts';
import {
  createSide,
  type DrawSize,
  fillSide,
  type GeneratedSide,
  moveBest,
  qtyAt,
  refreshDeep,
  setBestQty,
  takeTouched,
} from './book.ts';
import { startPriceUsd, termsOf } from './start-terms.ts';
import { createTurns } from './turns.ts';
import { depthFrame, snapshotFrame, tickerFrame, tradeFrame } from './wire.ts';
import { type AssetTerms, createWorld, type Scenario, type World } from './world.ts';

export interface GeneratorOptions {
  readonly seed: string;
  readonly instruments: readonly Instrument[];
  readonly startUs: number;
  /** mixed: regimes come and go; calm: none; crash: -12 % from the 20th to the 80th second. */
  readonly scenario?: Scenario;
}

/** Receives a frame at `receiveUs`, in order; the instrument says which connection it is from. */
export type EmitFrame = (receiveUs: number, frame: string, instrument: Instrument) => void;

export interface Generator {
  /** When the next frame is due; Infinity without instruments. */
  nextUs(): number;
  /** Emits what is due at `nextUs`: a depth frame, and the trades and ticker that belong to it. */
  step(emit: EmitFrame): void;
  /** Emits everything up to and including `toUs`. */
  advance(toUs: number, emit: EmitFrame): void;
  /** The full book as REST would give it now; it continues with the next depth frame. */
  snapshot(instrument: Instrument): string;
  /** Best bid and ask now, in price steps: what a follower of the frames must have. */
  top(instrument: Instrument): { readonly bid: number; readonly ask: number };
  /** An instrument comes: the price of its asset is that of the others of it, or of the start. */
  add(instrument: Instrument, nowUs: number): void;
  remove(instrument: Instrument): void;
}

const LATENCY_US = 2000; // from the venue's clock to ours
const GRID_FRACTION = 3e-5; // of the price between two deep levels
const BAND_S = 0.36; // quotes follow after about this long: the exit time of a random walk
const LEVEL_USD = 30000; // resting at one level of BTC; other coins in proportion to their rank
const LEANING_LEVELS = 8; // deep levels whose size leans with the pressure
const DEPTH_STEP_US: Readonly<Record<string, readonly [number, number]>> = {
  'binance-spot': [95_000, 10_000], // least time between two diffs, and what chance adds
};
const DEPTH_STEP_FUTURES_US = [40_000, 60_000] as const;

interface Line {
  readonly instrument: Instrument;
  readonly asset: number;
  readonly ticksPerUsd: number;
  readonly lotsPerLevel: number;
  readonly band: number; // ticks the fair price may leave the mid before quotes follow
  readonly bids: GeneratedSide;
  readonly asks: GeneratedSide;
  basis: number; // log distance of this venue's price from the asset's
  lastId: number; // of the last depth frame
  id: number; // of the last change
  tradeId: number;
  nextUs: number;
  lastUs: number;
}

interface State {
  readonly random: Random;
  readonly world: World;
  readonly lines: Line[];
}

/** Instruments of the same base asset share its price; books start full, nothing is emitted. */
export function createGenerator(options: GeneratorOptions): Generator {
  const { state, openLine } = openState(options);
  const { lines } = state;
  for (const line of lines) openBook(state, line);
  const turns = createTurns(lines);
  const nextUs = (): number => turns.earliest()?.nextUs ?? Number.POSITIVE_INFINITY;
  const step = (emit: EmitFrame): void => {
    const line = turns.earliest();
    if (line === undefined) return;
    stepLine(state, line, emit);
    turns.sink();
  };
  return {
    nextUs,
    step,
    advance(toUs, emit) {
      while (nextUs() <= toUs) step(emit);
    },
    snapshot(instrument) {
      const line = lineOf(lines, instrument);
      const eventMs = Math.floor(line.lastUs / 1000);
      return snapshotFrame(instrument, eventMs, line.lastId, line.bids, line.asks);
    },
    top(instrument) {
      const { bids, asks } = lineOf(lines, instrument);
      return { bid: bids.best * instrument.tick, ask: asks.best * instrument.tick };
    },
    // What it is drawn from is its own, so that the others go on as they would have.
    add(instrument, nowUs) {
      const line = openLine(instrument, createRandom(`${options.seed}/${instrument.key}`), nowUs);
      openBook(state, line);
      lines.push(line);
      turns.add(line);
    },
    remove({ key }) {
      const at = lines.findIndex(({ instrument }) => instrument.key === key);
      const [line] = at < 0 ? [] : lines.splice(at, 1);
      if (line !== undefined) turns.remove(line);
    },
  };
}

type OpenLine = (instrument: Instrument, from: Random, nowUs: number) => Line;

function openState(options: GeneratorOptions): { state: State; openLine: OpenLine } {
  const { instruments, startUs } = options;
  const random = createRandom(`${options.seed}/generator`);
  const bases = [...new Set(instruments.map((instrument) => instrument.base))];
  const terms = bases.map(termsOf);
  const world = createWorld(random, options.scenario ?? 'mixed', terms, startUs);
  const assets = new Map(bases.map((base, asset) => [base, asset]));
  const openLine: OpenLine = (instrument, from, nowUs) => {
    const { base } = instrument;
    const asset = assets.get(base) ?? world.add(termsOf(base), from);
    assets.set(base, asset);
    return createLine(instrument, asset, termsOf(base), from, nowUs);
  };
  const lines = instruments.map((instrument) => openLine(instrument, random, startUs));
  return { state: { random, world, lines }, openLine };
}

function lineOf(lines: readonly Line[], instrument: Instrument): Line {
  const line = lines.find((candidate) => candidate.instrument.key === instrument.key);
  if (line === undefined) throw new Error(`${instrument.key} is not generated`);
  return line;
}

function createLine(
  instrument: Instrument,
  asset: number,
  terms: AssetTerms,
  random: Random,
  startUs: number,
): Line {
  const unit = powerOfTen(instrument.priceScale) / instrument.tick;
  const quote = startPriceUsd(instrument.quote); // it stands still: prices move with the base
  const price = terms.priceUsd / quote;
  const ticks = price * unit;
  const lot = instrument.lot / powerOfTen(instrument.qtyScale);
  const lotUsd = instrument.kind === 'inverse' ? lot * instrument.multiplier : lot * terms.priceUsd;
  const rank = instrument.base === 'BTC' ? 1 : instrument.base === 'ETH' ? 0.8 : 0.3;
  const second = (terms.dailyVolatility / Math.sqrt(86400)) * ticks;
  const grid = Math.max(1, Math.round(ticks * GRID_FRACTION));
  const firstId = 1e9 + random.integer(1e9);
  return {
    instrument,
    asset,
    ticksPerUsd: unit / quote,
    lotsPerLevel: Math.max(3, (LEVEL_USD * rank) / lotUsd),
    band: Math.max(0.75, second * Math.sqrt(BAND_S)),
    bids: createSide(false, grid),
    asks: createSide(true, grid),
    basis: 0.0002 * random.normal(),
    lastId: firstId,
    id: firstId,
    tradeId: 1e8 + random.integer(1e8),
    nextUs: startUs + random.integer(100_000),
    lastUs: startUs,
  };
}

// Sizes are lognormal with deviation `noise` and thin out in bad weather.
const drawLots = (state: State, line: Line, scale: number, noise: number): number => {
  const { random, world } = state;
  const lots = line.lotsPerLevel * world.weather.depth * scale * Math.exp(noise * random.normal());
  return Math.max(1, Math.round(lots));
};

// The best level leans most, the next few less; `towards` (-1..1) is support for this side.
const drawBest = (state: State, line: Line, towards: number): number =>
  drawLots(state, line, 0.7 * Math.exp(1.3 * towards), 0.5);

const drawDeep =
  (state: State, line: Line, towards: number): DrawSize =>
  (distance) => {
    const lean = distance < LEANING_LEVELS ? Math.exp(0.6 * towards) : 1;
    return drawLots(state, line, lean * (0.6 + Math.min(2, distance / 25)), 0.8);
  };

const fairTicks = (state: State, line: Line): number =>
  state.world.price(line.asset) * line.ticksPerUsd * Math.exp(line.basis);

function openBook(state: State, line: Line): void {
  const fair = fairTicks(state, line);
  const bid = Math.floor(fair);
  fillSide(line.bids, bid, drawBest(state, line, 0), drawDeep(state, line, 0));
  fillSide(line.asks, bid + 1, drawBest(state, line, 0), drawDeep(state, line, 0));
  takeTouched(line.bids);
  takeTouched(line.asks);
}

// One depth frame of one instrument, with the trades and the ticker that belong to it.
function stepLine(state: State, line: Line, emit: EmitFrame): void {
  const { random, world } = state;
  const nowUs = line.nextUs;
  const seconds = (nowUs - line.lastUs) / 1e6;
  world.advance(nowUs);
  line.basis += -line.basis * (seconds / 60) + 1e-5 * Math.sqrt(seconds) * random.normal();
  const eventMs = Math.floor((nowUs - LATENCY_US) / 1000);
  const firstId = nextId(state, line);
  const { best: oldBid, bestQty: oldBidQty } = line.bids;
  const { best: oldAsk, bestQty: oldAskQty } = line.asks;
  const trade = (side: GeneratedSide, tick: number, lots: number): void => {
    line.tradeId += 1;
    const frame = tradeFrame(line.instrument, eventMs, line.tradeId, tick, lots, !side.isAsk);
    emit(nowUs, frame, line.instrument);
  };
  const lean = leanOf(state, line);
  makeTrades(state, line, lean, seconds, trade);
  requote(state, line, trade);
  resize(state, line, leanOf(state, line));
  const isTopNew =
    line.bids.best !== oldBid ||
    line.asks.best !== oldAsk ||
    line.bids.bestQty !== oldBidQty ||
    line.asks.bestQty !== oldAskQty;
  emitBook(state, line, firstId, eventMs, isTopNew, emit);
  const [least, more] = DEPTH_STEP_US[line.instrument.venue] ?? DEPTH_STEP_FUTURES_US;
  line.lastUs = nowUs;
  line.nextUs = nowUs + least + random.integer(more);
}

// Spot numbers every change; futures ids also count changes of other symbols.
function nextId(state: State, line: Line): number {
  const isSpot = line.instrument.venue === 'binance-spot';
  line.id += isSpot ? 1 : 1 + state.random.integer(40);
  return line.id;
}

function emitBook(
  state: State,
  line: Line,
  firstId: number,
  eventMs: number,
  isTopNew: boolean,
  emit: EmitFrame,
): void {
  const { instrument, bids, asks } = line;
  const bidTicks = takeTouched(bids);
  const askTicks = takeTouched(asks);
  for (let n = bidTicks.length + askTicks.length; n > 1; n -= 1) nextId(state, line);
  const ids = { firstId, lastId: line.id, previousId: line.lastId };
  line.lastId = line.id;
  const receiveUs = line.nextUs;
  const depth = depthFrame(instrument, eventMs, ids, bids, asks, bidTicks, askTicks);
  if (!isTopNew) {
    emit(receiveUs, depth, instrument);
    return;
  }
  const ticker = tickerFrame(instrument, eventMs, ids.lastId, bids, asks);
  const isTickerFirst = state.random.uniform() < 0.5; // two streams: either may come first
  emit(receiveUs, isTickerFirst ? ticker : depth, instrument);
  emit(receiveUs, isTickerFirst ? depth : ticker, instrument);
}

/** -1..1: where the fair price stands in its band, and which way pressure pushes it. */
function leanOf(state: State, line: Line): number {
  const mid = (line.bids.best + line.asks.best) / 2;
  const place = (fairTicks(state, line) - mid) / bandOf(state, line);
  return Math.tanh(0.9 * place + 0.6 * state.world.pressure(line.asset));
}

const bandOf = (state: State, line: Line): number =>
  line.band * Math.max(0.75, state.world.weather.volatility);

type Trade = (side: GeneratedSide, tick: number, lots: number) => void;

// Market orders against the best quotes; what they take is gone from the book.
function makeTrades(state: State, line: Line, lean: number, seconds: number, trade: Trade): void {
  const { random, world } = state;
  const rate = 5 * world.weather.activity * (0.5 + Math.abs(lean));
  for (let left = rate * seconds; left > 0; left -= 1) {
    if (random.uniform() >= left) continue;
    const side = random.uniform() < 0.5 + 0.4 * lean ? line.asks : line.bids;
    const wanted = Math.round(line.lotsPerLevel * 0.15 * Math.exp(1.2 * random.normal()));
    const lots = Math.min(Math.max(1, wanted), side.bestQty - 1);
    if (lots < 1) continue;
    trade(side, side.best, lots);
    setBestQty(side, side.bestQty - lots);
  }
}

// Quotes follow the fair price once it has left its band; often a sweep takes the levels away.
function requote(state: State, line: Line, trade: Trade): void {
  const { random, world } = state;
  const fair = fairTicks(state, line);
  const mid = (line.bids.best + line.asks.best) / 2;
  if (Math.abs(fair - mid) <= bandOf(state, line)) return;
  const extra = -Math.log(1 - random.uniform()) * 0.7 * (world.weather.spread - 0.5);
  const spread = 1 + Math.min(50, Math.floor(extra));
  const bid = Math.max(1, Math.round(fair - spread / 2));
  const ask = bid + spread;
  const isUp = fair > mid;
  if (random.uniform() < 0.6) sweep(isUp ? line.asks : line.bids, isUp ? ask : bid, trade);
  const lean = Math.tanh(0.6 * world.pressure(line.asset));
  moveBest(line.bids, bid, drawBest(state, line, lean), drawDeep(state, line, lean));
  moveBest(line.asks, ask, drawBest(state, line, -lean), drawDeep(state, line, -lean));
}

const SWEPT_LEVELS_MAX = 3;

// Trades through the levels in front of `until`, best first.
function sweep(side: GeneratedSide, until: number, trade: Trade): void {
  const forward = side.isAsk ? side.grid : -side.grid;
  let tick = side.best;
  for (let n = 0; n < SWEPT_LEVELS_MAX && (until - tick) * forward > 0; n += 1) {
    const lots = qtyAt(side, tick);
    if (lots > 0) trade(side, tick, lots);
    tick = n === 0 ? side.deepFrom * side.grid : tick + forward;
  }
}

// Best quotes lean with the pressure, before the price goes; a few deep levels change too.
function resize(state: State, line: Line, lean: number): void {
  const { random } = state;
  for (const side of [line.bids, line.asks]) {
    const towards = side.isAsk ? -lean : lean;
    if (random.uniform() < 0.7) {
      const target = drawBest(state, line, towards);
      setBestQty(side, Math.max(1, Math.round(0.35 * side.bestQty + 0.65 * target)));
    }
    const draw = drawDeep(state, line, towards);
    const changes = 1 + random.integer(4);
    for (let n = 0; n < changes; n += 1) refreshDeep(side, random, draw);
  }
}
