// Owns what risk orders the house to do: close positions step by step, and the kill switch.
// Promise: its orders take the way of every order; a kill is answered once, when it is over.

import type { Worths } from '../accounts/valuation.ts';
import { assertNever } from '../core/assert.ts';
import type { OpenOrdersReport } from '../core/event.ts';
import { type Instrument, notionalOf, qtyOf, roundToTick } from '../core/instrument.ts';
import type { Order, OrderIntent, Side } from '../core/order.ts';
import type { KillOptions } from '../core/risk.ts';
import { asPrice, type EpochUs, powerOfTen } from '../core/units.ts';
import type { Marks } from '../market/marks.ts';
import { midOf } from '../market/mid.ts';
import { openQty } from '../orders/order-state.ts';
import type { Kill, KillAction } from '../risk/kill.ts';
import type { Limits } from '../risk/limits.ts';
import {
  excessOf,
  type Holding,
  type Owner,
  planReduction,
  type Reduction,
  type ReductionOrder,
} from '../risk/reduction.ts';
import { cancelOrder } from './errands.ts';
import { type OwnersGround, ownersOf } from './owners.ts';
import type { OrderPath } from './path.ts';
import { submit } from './submit.ts';

export interface EmergencyHouse extends OrderPath {
  readonly instruments: readonly Instrument[];
  readonly marks: Marks;
  readonly limits: Limits;
  readonly kill: Kill;
  readonly holders: OwnersGround;
  readonly worths: Pick<Worths, 'cells'>;
}

export interface Emergency {
  /** Starts a kill or joins the one that runs; `correlation` hears its report. */
  kill(options: KillOptions, nowUs: EpochUs, correlation: number, waitedUs: number): void;
  /** After each change of an order. */
  onOrder(order: Order, nowUs: EpochUs): void;
  /** True: a kill has asked, and deals with what is listed. */
  onOpenOrders(report: OpenOrdersReport, nowUs: EpochUs): boolean;
  /** Every clock event: steps that are due, and what a kill waits for. */
  advance(nowUs: EpochUs): void;
}

export function createEmergency(house: EmergencyHouse): Emergency {
  const waiting: number[] = []; // correlations that hear the report
  const carryOut = (actions: readonly KillAction[], nowUs: EpochUs): void => {
    for (const action of actions) act(house, action, nowUs, waiting);
  };
  return {
    kill(options, nowUs, correlation, waitedUs) {
      waiting.push(correlation);
      const open = house.state.orders.open();
      carryOut(house.kill.start(options, open, positionsLeft(house), nowUs, waitedUs), nowUs);
    },
    onOrder(order, nowUs) {
      if (house.kill.isRunning) carryOut(house.kill.onOrder(order, nowUs), nowUs);
    },
    onOpenOrders({ venue, orders }, nowUs) {
      if (!house.kill.isRunning) return false;
      const orderIds = orders.map(({ orderId }) => orderId);
      carryOut(house.kill.onOpenOrders(venue, orderIds, nowUs), nowUs);
      return true;
    },
    advance(nowUs) {
      for (const reduction of house.guard.reductions(nowUs)) reduce(house, reduction, nowUs);
      if (!house.kill.isRunning) return;
      carryOut(house.kill.onPositions(positionsLeft(house), nowUs), nowUs);
      carryOut(house.kill.advance(nowUs), nowUs);
    },
  };
}

function act(house: EmergencyHouse, action: KillAction, nowUs: EpochUs, waiting: number[]): void {
  const { guard, effects, state } = house;
  switch (action.kind) {
    case 'block':
      guard.startKill(action.options, nowUs);
      return;
    case 'cancel': {
      const order = state.orders.get(action.orderId);
      if (order !== null) cancelOrder(house, order, { by: 'kill', reason: 'kill' }, nowUs);
      return;
    }
    case 'cancel_unknown':
      effects.cancelUnknown(action.venue, action.orderId);
      return;
    case 'ask':
      effects.askOpenOrders(action.venue);
      return;
    case 'flatten':
      flatten(house, new Set(action.venues), nowUs);
      return;
    case 'report':
      guard.endKill(nowUs);
      house.commit({ kind: 'kill', report: action.report }, nowUs);
      for (const correlation of waiting) {
        effects.answer(correlation, { kind: 'killed', report: action.report });
      }
      waiting.length = 0;
      return;
    default:
      assertNever(action);
  }
}

// ---- Positions ------------------------------------------------------------------------------

/**
 * Positions of accounts that are worth an order: what is less cannot be sold. Coins that nothing
 * prices count as well: nobody could say that they are less.
 */
function positionsLeft(house: EmergencyHouse): number {
  const { worths, rates } = house;
  const unpriced = worths.cells.held.filter(({ asset }) => !rates.isPriceable(asset));
  return holdingsOf(house, null).length + unpriced.length;
}

/**
 * Steps of the least order that its venue takes. For the rest of a contract there is no least
 * notional; what is less of a coin is dust. Its price lies below the mark (sendOut). NaN: no mark.
 */
function leastQtyOf(instrument: Instrument, mark: number, collar: number): number {
  const { kind, lot, rules, qtyScale } = instrument;
  const least = Math.max(lot, rules.minQty);
  if (kind !== 'spot') return least;
  const unit = notionalOf(instrument, mark, 1) * (1 - awayOf(collar));
  return Math.max(least, Math.ceil((rules.minNotional / unit) * powerOfTen(qtyScale)));
}

function flatten(house: EmergencyHouse, venues: ReadonlySet<string>, nowUs: EpochUs): void {
  const start = new Map<string, Float64Array>(); // nothing of it is kept
  const everything = { scope: 'system', step: 1, steps: 1, fraction: 1, start } as const;
  const reason = 'kill: flatten';
  const holdings = holdingsOf(house, null).filter(({ instrument }) => venues.has(instrument.venue));
  for (const order of planReduction(holdings, { ...everything, reason })) {
    sendOut(house, order, reason, nowUs);
  }
}

function reduce(house: EmergencyHouse, reduction: Reduction, nowUs: EpochUs): void {
  const { scope, fraction, start } = reduction;
  const strategy = scope.startsWith('strategy:') ? scope.slice('strategy:'.length) : null;
  const holdings = holdingsOf(house, strategy);
  for (const holding of holdings) clearWay(house, holding, strategy, reduction, nowUs);
  let gross = 0;
  let target = 0;
  for (const { account, instrument, qty, unitNotional } of holdings) {
    const unit = Number.isFinite(unitNotional) ? unitNotional : 0;
    const perStep = unit / powerOfTen(instrument.qtyScale);
    gross += Math.abs(qty) * perStep;
    target += Math.abs(start.get(account)?.[instrument.index] ?? 0) * (1 - fraction) * perStep;
  }
  const ends = planReduction(holdings, reduction).map((order) =>
    sendOut(house, order, reduction.reason, nowUs),
  );
  const count = (end: SendEnd): number => ends.filter((one) => one === end).length;
  const outcome = {
    gross,
    target: Math.min(gross, target),
    orders: count('sent'),
    refused: count('refused'),
  };
  house.guard.reductionDone(reduction, outcome, nowUs);
}

/** An order of somebody else that closes the same position, one day, must not keep it open. */
function clearWay(
  house: EmergencyHouse,
  holding: Holding,
  strategy: string | null,
  reduction: Reduction,
  nowUs: EpochUs,
): void {
  if (excessOf(holding, reduction) === 0) return;
  for (const order of reducingOf(house, holding, strategy)) {
    if (order.origin.kind === 'risk' || order.cancelRequested) continue;
    cancelOrder(house, order, { by: 'risk', reason: reduction.reason }, nowUs);
  }
}

const closingSide = (qty: number): Side => (qty > 0 ? 'sell' : 'buy');

type Held = Pick<Holding, 'account' | 'instrument' | 'qty'>;

/** Open orders of the account, a strategy's or everybody's, that close what is held; a copy. */
const reducingOf = (
  { state }: EmergencyHouse,
  { account, instrument, qty }: Held,
  strategy: string | null,
): readonly Order[] =>
  state.orders
    .openOn(instrument)
    .filter(
      (order) =>
        order.account === account &&
        order.side === closingSide(qty) &&
        (strategy === null || order.strategy === strategy),
    );

/**
 * What each account holds, of `strategy` or of all, with everything an order of it has to respect.
 * What is too small for an order is not there.
 */
function holdingsOf(house: EmergencyHouse, strategy: string | null): readonly Holding[] {
  return house.instruments.flatMap((instrument) => {
    const all = ownersOf(house.holders, instrument);
    const accounts = [...new Set(all.map(({ account }) => account))];
    return accounts.flatMap((account) => {
      const whole = all.filter((one) => one.account === account);
      const own = strategy === null ? whole : whole.filter((one) => one.strategy === strategy);
      const qty = within(sumOf(own), sumOf(whole));
      const holding = holdingOf(house, { account, instrument, qty }, own, strategy);
      return qty === 0 || Math.abs(qty) < holding.orderQtyMin ? [] : [holding];
    });
  });
}

const sumOf = (owners: readonly Owner[]): number => owners.reduce((sum, { qty }) => sum + qty, 0);

/** Strategies of one account net at its venue: there is no more to close than their whole. */
const within = (own: number, whole: number): number =>
  Math.sign(own) === Math.sign(whole)
    ? Math.sign(own) * Math.min(Math.abs(own), Math.abs(whole))
    : 0;

function holdingOf(
  house: EmergencyHouse,
  held: Held,
  owners: readonly Owner[],
  strategy: string | null,
): Holding {
  const { marks, rates, limits } = house;
  const { instrument, qty } = held;
  const mark = marks.mark(instrument);
  const { maxQty } = instrument.rules;
  const reducing = reducingOf(house, held, strategy);
  const scope = `instrument:${instrument.key}` as const;
  const collar = limits.hardOf(scope, 'price_collar');
  const notionalMax = ['system', scope, `venue:${instrument.venue}`] as const;
  return {
    ...held,
    owners: owners.map((owner) => lessOpen(owner, qty, reducing)),
    openReducing: reducing.reduce((sum, order) => sum + openQty(order), 0),
    unitNotional: notionalOf(instrument, mark, 1) * rates.rateOf(instrument.quote),
    orderQtyMin: leastQtyOf(instrument, mark, collar),
    orderNotionalMax: Math.min(...notionalMax.map((one) => limits.hardOf(one, 'order_notional'))),
    orderQtyMax: Math.min(
      limits.hardOf(scope, 'order_quantity'),
      maxQty === null ? Number.POSITIVE_INFINITY : qtyOf(instrument, maxQty),
    ),
    collar,
  };
}

/** What an owner can still give: what it holds, less what its own open orders already give. */
function lessOpen(owner: Owner, qty: number, reducing: readonly Order[]): Owner {
  if (Math.sign(owner.qty) !== Math.sign(qty)) return owner;
  const own = reducing.filter(
    ({ account, strategy }) => account === owner.account && strategy === owner.strategy,
  );
  const open = own.reduce((sum, order) => sum + openQty(order), 0);
  return { ...owner, qty: Math.sign(owner.qty) * Math.max(0, Math.abs(owner.qty) - open) };
}

// ---- Orders ---------------------------------------------------------------------------------

const COLLAR_SHARE = 0.5; // of the price collar: room for the mark to move before the check

const awayOf = (collar: number): number => Math.min(collar, 1) * COLLAR_SHARE;

/** 'waits': there is no book to sell into. */
type SendEnd = 'sent' | 'refused' | 'waits';

/**
 * Takes what the book has within half of the collar, or the best level where ticks are coarser
 * than that, and no worse: what is left is tried again. Without a book nothing is sent.
 */
function sendOut(
  house: EmergencyHouse,
  { instrument, account, strategy, side, qty }: ReductionOrder,
  reason: string,
  nowUs: EpochUs,
): SendEnd {
  const mid = midOf(house.books, instrument);
  if (!(mid > 0)) return 'waits';
  const collar = house.limits.hardOf(`instrument:${instrument.key}`, 'price_collar');
  const away = awayOf(collar);
  const limit = mid * (side === 'buy' ? 1 + away : 1 - away) * powerOfTen(instrument.priceScale);
  const within = roundToTick(instrument, limit, side === 'sell');
  const touch =
    side === 'sell' ? house.books.bidPrice(instrument, 0) : house.books.askPrice(instrument, 0);
  const price = side === 'sell' ? Math.min(within, touch) : Math.max(within, touch);
  const intent: OrderIntent = {
    kind: 'intent',
    instrument,
    account,
    strategy,
    side,
    type: 'limit',
    qty,
    price: asPrice(Math.max(instrument.tick, price)),
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: true,
    parentId: null,
    client: null,
    metadata: null,
    origin: { kind: 'risk', reason },
    bookSequence: house.books.updateId(instrument),
    createdUs: nowUs,
    tickNs: 0,
  };
  return submit(house, intent, mid, nowUs, 0) === null ? 'sent' : 'refused';
}
