// Owns seeded random orders and what is done to a desk so that one check decides, or nothing fits.
// Promise: whatever is changed for one order is put back before the next.
import type { Random } from '../../../engine/core/ports.ts';
import * as layout from '../../../wasm/layout.ts';
import type { Book, Desk, DeskOrder, Limit } from './desk.ts';
import { toDouble } from './exact.ts';
import { factsOf, LEVELS, nodeAt } from './facts.ts';
import { between, nearby, pick, type RandomDesk } from './random-desk.ts';
import { type Aim, type Changes, turnPrice, VENUE_AIMS } from './random-venue.ts';
import { findingOf } from './slow-model.ts';

export function createChanges(): Changes {
  const undoes: (() => void)[] = [];
  return {
    set(holder, key, value) {
      const before = holder[key];
      undoes.push(() => {
        holder[key] = before;
      });
      holder[key] = value;
    },
    undo() {
      for (let undo = undoes.pop(); undo !== undefined; undo = undoes.pop()) undo();
    },
  };
}

export function drawOrder(random: Random, drawn: RandomDesk): DeskOrder {
  const { desk } = drawn;
  const instrument = random.integer(desk.rows.length);
  const row = desk.rows[instrument]!;
  const unit = drawn.lots[instrument]!;
  const step = drawn.isDyadic ? 2 ** -6 : 1e-3;
  const ticks = random.integer(41) - 20;
  const price = row.mark + row.mark * ticks * step;
  const isMarket = random.integer(4) === 0; // its value lies between the mark and its protection
  const wantsOut = random.integer(3) === 0 && row.position !== 0;
  const side = wantsOut ? (row.position > 0 ? 1 : 0) : random.integer(2);
  const most = wantsOut ? Math.max(1, Math.abs(Math.round(row.position * unit))) : 500;
  const qty = (1 + random.integer(most)) / unit;
  return {
    instrument,
    portfolio: random.integer(desk.portfolios.length),
    strategy: random.integer(desk.strategies.length),
    side,
    price,
    value: isMarket ? row.mark + (row.mark * ticks * step) / 2 : price,
    qty,
    spends: pick(random, [0, 1, 2 ** 20]),
    available: pick(random, [Infinity, 2 ** 21]),
    closable: pick(random, wantsOut ? [qty, 2 * qty, Infinity, 0] : [0, 0, 0, qty]),
    carried: pick(random, [0, 0, 1024, -1024]),
    nowUs: drawn.nowUs,
    isMarket,
    isReduceOnly: wantsOut && random.integer(4) === 0,
    isLiquidation: wantsOut && random.integer(4) === 0,
    isPreview: random.integer(16) === 0,
  };
}

// ---- Aim: one check at its limit ----------------------------------------------------------------

/** Puts one check just above, just below or right at its limit; the others stay calm. */
export function aim(
  random: Random,
  drawn: RandomDesk,
  order: DeskOrder,
  check: number,
  changes: Changes,
): void {
  const { desk } = drawn;
  if (random.integer(4) > 0) growInstead(drawn, order);
  const special = SPECIAL.get(check < layout.CHECK_NODES ? check : nodeCheck(check) + 1000);
  if (special !== undefined && random.integer(16) > 0) {
    special({ random, drawn, desk, order, check, changes });
    return;
  }
  if (check === layout.CHECK_COLLAR || check === layout.CHECK_PASSIVE_COLLAR) {
    turnPrice(desk, order, check === layout.CHECK_PASSIVE_COLLAR);
  }
  const limit = limitOf(desk, order, check);
  if (limit === null) return;
  const { asked, scale } = inUnitOfLimit(desk, order, check);
  if (!Number.isFinite(asked)) return;
  const isSoft = random.integer(3) === 0;
  const near = nearby(random, asked, scale, drawn.isDyadic && !ROUNDED.has(check));
  changes.set(limit, isSoft ? 'soft' : 'hard', near);
  if (isSoft) changes.set(limit, 'hard', Math.max(near, asked) * 4);
}

const nodeCheck = (check: number): number => (check - layout.CHECK_NODES) % layout.NODE_CHECKS;

// An order that shrinks is exempt from most limits: turn it round, so that the limit is met.
function growInstead({ desk }: RandomDesk, order: DeskOrder): void {
  const row = desk.rows[order.instrument]!;
  order.isLiquidation = false;
  order.isReduceOnly = false;
  order.closable = 0;
  if (row.position !== 0) order.side = row.position > 0 ? 0 : 1;
}

// Roots, quotients by other than powers of two, sums over scenarios: never exact in a double.
const ROUNDED = new Set([
  layout.CHECK_COLLAR,
  layout.CHECK_PASSIVE_COLLAR,
  layout.CHECK_PRICE_BAND,
  layout.CHECK_VAR,
  layout.CHECK_HISTORICAL_VAR,
  layout.CHECK_STRESS,
  ...LEVELS.map(
    (level) => layout.CHECK_NODES + level * layout.NODE_CHECKS + layout.NODE_CHECK_ORDER_TO_TRADE,
  ),
]);

function limitOf(desk: Desk, order: DeskOrder, check: number): Limit | null {
  const row = desk.rows[order.instrument]!;
  if (check >= layout.CHECK_NODES) {
    const level = Math.floor((check - layout.CHECK_NODES) / layout.NODE_CHECKS);
    const node = nodeAt(factsOf(desk, order), LEVELS[level]!);
    return node.limits[nodeCheck(check)]!;
  }
  const limits: ReadonlyMap<number, Limit> = new Map([
    [layout.CHECK_COLLAR, row.collar],
    [layout.CHECK_PASSIVE_COLLAR, row.passiveCollar],
    [layout.CHECK_ORDER_QTY, row.orderQty],
    [layout.CHECK_ORDER_NOTIONAL, row.orderNotional],
    [layout.CHECK_POSITION, row.maxPosition],
    [layout.CHECK_CONCENTRATION, desk.concentration],
    [layout.CHECK_VAR, desk.normalVar],
    [layout.CHECK_HISTORICAL_VAR, desk.historicalVar],
    [layout.CHECK_STRESS, desk.stress],
  ]);
  return limits.get(check) ?? null;
}

// What the check will ask, in the unit its limit is written in.
function inUnitOfLimit(desk: Desk, order: DeskOrder, check: number) {
  const { asked, scale, power } = findingOf(factsOf(desk, order), check);
  const isLoss = check >= layout.CHECK_VAR && check <= layout.CHECK_STRESS;
  const unit = isLoss ? desk.equity : 1;
  return { asked: asked ** (1 / power) / unit, scale: scale ** (1 / power) / unit };
}

/** Ages around the largest allowed: on it, one microsecond off, far off. */
function aimAge({ random, changes, order }: Aim, holder: object, key: string, most: number): void {
  const age = most + pick(random, [0, 0, 1, -1, 1000, -1000]);
  const sign = random.integer(4) === 0 ? -1 : 1;
  changes.set(holder as Record<string, number>, key, order.nowUs - sign * age);
}

function aimState({ random, changes, desk, order }: Aim, holder: StateHolder): void {
  const state = 1 + random.integer(3);
  changes.set(holder, 'state', state);
  changes.set(holder, 'probes', pick(random, [0, 0.5, 1, 2]));
  const notional = toDouble(factsOf(desk, order).notional);
  const isProbing = state === layout.RISK_PROBING && random.integer(2) === 0;
  changes.set(
    holder,
    'probeNotional',
    isProbing ? nearby(random, notional, notional, false) : Infinity,
  );
}

type StateHolder = { state: number; probes: number; probeNotional: number };

function aimDuplicate({ random, drawn, desk, order, changes }: Aim): void {
  const row = desk.rows[order.instrument]!;
  const last = row.recent.length === 0 ? undefined : pick(random, row.recent);
  if (last === undefined) return;
  order.side = last.side;
  order.isMarket = last.price === 0;
  if (!order.isMarket) order.price = last.price;
  order.qty = last.qty;
  order.portfolio = last.portfolio;
  order.strategy = last.strategy;
  if (random.integer(8) === 0) order.qty += 1 / drawn.lots[order.instrument]!;
  if (random.integer(8) === 0) order.side = 1 - order.side;
  if (random.integer(8) === 0) order.portfolio = random.integer(desk.portfolios.length);
  const age = order.nowUs - last.us;
  changes.set(desk, 'duplicateUs', Math.max(0, age + pick(random, [0, 1, 1, 1000, -1])));
}

function aimSelfTrade({ random, desk, order, changes }: Aim): void {
  const row = desk.rows[order.instrument]!;
  const off = pick(random, [0, 0, 1e-9, -1e-9, 1e-3, -1e-3]);
  changes.set(row, order.side === 0 ? 'ownAsk' : 'ownBid', order.price * (1 + off));
}

function aimMargin(it: Aim): void {
  const { random, desk, order, changes, drawn } = it;
  const margin = desk.margins[order.portfolio]![desk.rows[order.instrument]!.margin]!;
  const kind = random.integer(4);
  if (kind === 0) aimAge(it, margin, 'us', desk.marginAgeUsMax);
  else if (kind === 1) changes.set(margin, 'balance', pick(random, [Number.NaN, -1, 0]));
  else {
    const { asked, scale } = findingOf(factsOf(desk, order), layout.CHECK_MARGIN);
    changes.set(margin, 'balance', nearby(random, asked, scale, drawn.isDyadic));
  }
}

// asked is burst - tokens + 1: the tokens decide, not the limit.
function aimRate({ random, desk, order, check, changes }: Aim): void {
  const level = Math.floor((check - layout.CHECK_NODES) / layout.NODE_CHECKS);
  const node = nodeAt(factsOf(desk, order), LEVELS[level]!);
  const burst = pick(random, [1, 5, 20]);
  changes.set(node.limits[layout.NODE_CHECK_RATE]!, 'hard', burst);
  changes.set(node.limits[layout.NODE_CHECK_RATE]!, 'soft', random.integer(burst + 1));
  const elapsed = pick(random, [0, -5_000_000, 31_250, 250_000]);
  changes.set(node, 'tokensUs', order.nowUs - elapsed);
  const rate = pick(random, [0, 4, 8, 1e9]);
  changes.set(node, 'ratePerSecond', rate);
  const wanted = pick(random, [0, 0.5, 1, 1, 1 - 1e-9, 1 + 1e-9, 2]);
  const refill = (Math.max(0, elapsed) / 1e6) * rate;
  changes.set(node, 'tokens', refill < 1 ? wanted - refill : wanted);
}

function aimOpenOrders({ random, desk, order, check, changes }: Aim): void {
  const level = Math.floor((check - layout.CHECK_NODES) / layout.NODE_CHECKS);
  const node = nodeAt(factsOf(desk, order), LEVELS[level]!);
  const limit = node.limits[layout.NODE_CHECK_OPEN_ORDERS]!;
  changes.set(limit, 'hard', node.openOrders + pick(random, [0, 1, 2]));
  changes.set(limit, 'soft', node.openOrders + pick(random, [0, 1, 2]));
}

const SPECIAL: ReadonlyMap<number, (aim: Aim) => void> = new Map([
  [layout.CHECK_INPUT, ({ random, order }) => spoilOrder(random, order)],
  [
    layout.CHECK_TRADABLE,
    ({ desk, order, changes }) => changes.set(desk.rows[order.instrument]!, 'isTradable', false),
  ],
  [layout.CHECK_STATE, (it) => aimState(it, it.desk.rows[it.order.instrument]!)],
  [
    layout.CHECK_MARK_AGE,
    (it) => aimAge(it, it.desk.rows[it.order.instrument]!, 'markUs', it.desk.markAgeUsMax),
  ],
  [layout.CHECK_EQUITY_AGE, (it) => aimAge(it, it.desk, 'equityUs', it.desk.equityAgeUsMax)],
  [
    layout.CHECK_REDUCE_ONLY,
    ({ order, random }) => {
      order.isReduceOnly = true;
      order.isLiquidation = random.integer(8) === 0;
      order.closable = nearby(random, order.qty, order.qty, true);
    },
  ],
  ...VENUE_AIMS,
  [layout.CHECK_DUPLICATE, aimDuplicate],
  [layout.CHECK_SELF_TRADE, aimSelfTrade],
  [layout.CHECK_MARGIN, aimMargin],
  [
    1000 + layout.NODE_CHECK_STATE,
    (it) => {
      const level = Math.floor((it.check - layout.CHECK_NODES) / layout.NODE_CHECKS);
      aimState(it, nodeAt(factsOf(it.desk, it.order), LEVELS[level]!));
    },
  ],
  [1000 + layout.NODE_CHECK_OPEN_ORDERS, aimOpenOrders],
  [1000 + layout.NODE_CHECK_RATE, aimRate],
]);

// ---- Spoil: numbers no desk should hold ---------------------------------------------------------

const ODD = [
  Number.NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  -1,
  2 ** 53,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  1e-9,
];
const COUNTS = new Set(['state', 'openOrders', 'venue', 'margin', 'asset', 'rank']);
const STRUCTURE = new Set(['recentCount', 'recentUs', 'n']);

export function spoilOrder(random: Random, order: DeskOrder): void {
  const key = pick(random, [
    'price',
    'value',
    'qty',
    'spends',
    'available',
    'closable',
    'carried',
    'nowUs',
    'instrument',
    'portfolio',
    'strategy',
  ] as const);
  if (key === 'instrument' || key === 'portfolio' || key === 'strategy') {
    order[key] = pick(random, [6, 7, 1000, 2 ** 31, 2 ** 32 - 1]);
  } else order[key] = pick(random, ODD);
}

/** Writes one odd number somewhere on the desk, near the order's way or far from it. */
export function spoilDesk(random: Random, drawn: RandomDesk, order: DeskOrder, to: Changes): void {
  const { desk } = drawn;
  const holder = pick(random, holdersOf(desk, order)) as Record<string, unknown>;
  const keys = Object.keys(holder).filter(
    (key) => typeof holder[key] === 'number' && !STRUCTURE.has(key),
  );
  if (keys.length === 0) return;
  const key = pick(random, keys);
  const odd = COUNTS.has(key) ? pick(random, [0, 1, 2, 3, 4, 6, 40, 2 ** 31]) : pick(random, ODD);
  const scaled = holder[key] as number;
  const value = random.integer(4) > 0 || COUNTS.has(key) ? odd : scaled * between(random, -2, 2);
  to.set(holder, key, value);
}

function holdersOf(desk: Desk, order: DeskOrder): readonly object[] {
  const row = desk.rows[order.instrument]!;
  const nodes = [
    desk.system,
    desk.portfolios[order.portfolio]!,
    desk.strategies[order.strategy]!,
    desk.venues[row.venue]!,
  ];
  const cells: Book[] = [
    desk.portfolioCells[order.portfolio]![order.instrument]!,
    desk.strategyCells[order.strategy]![order.instrument]!,
  ];
  return [
    desk,
    row,
    row,
    ...nodes,
    ...cells,
    desk.assets[row.asset]!,
    desk.margins[order.portfolio]![row.margin]!,
    ...nodes.map(({ limits }) => limits[Math.floor(order.qty) % limits.length]!),
    desk.concentration,
    desk.normalVar,
    desk.historicalVar,
    desk.stress,
    row.orderQty,
    row.orderNotional,
    row.maxPosition,
    row.collar,
    row.passiveCollar,
    desk.covariance.sigmaW,
    desk.history,
    desk.history.pnl,
    desk.shocks.pnl,
  ];
}
