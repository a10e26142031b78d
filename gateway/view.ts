// Owns the words of the API: how records of the engine look to a client, in REST and streams alike.
// Promise: snake_case, exact amounts as decimal strings, times as ISO 8601 UTC with microseconds.

import type {
  FillWire,
  MarketWire,
  OrderWire,
  PortfolioWire,
  PositionWire,
  SignalWire,
} from '../dashboard/wire.ts';
import type { Breach } from '../engine/core/decision.ts';
import type { Fact, FillRecord, OrderRecord } from '../engine/facts/fact.ts';
import type { MarketView, PortfolioView, PositionView } from '../engine/facts/gateway-message.ts';

export type SignalBody = Extract<Fact, { kind: 'signal' }>;
export type VerdictBody = Extract<Fact, { kind: 'verdict' }>;

/** '2024-08-08T00:00:01.234567Z'; the empty string for a time that cannot be one. */
export function isoOf(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1000));
  if (Number.isNaN(date.getTime())) return '';
  const micros = String(Math.floor(timeUs) % 1000).padStart(3, '0');
  return date.toISOString().replace('Z', `${micros}Z`);
}

/** An instrument key 'BTCUSDT.binance-usdm' in its two parts. */
export function splitKey(key: string): { readonly symbol: string; readonly venue: string } {
  const dot = key.lastIndexOf('.');
  return dot < 0
    ? { symbol: key, venue: '' }
    : { symbol: key.slice(0, dot), venue: key.slice(dot + 1) };
}

/**
 * The same with every key of every object in snake_case, as the rest of the API spells them. Keys
 * that are data (levels, scenarios, assets) have no capital after a small letter and stay.
 */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, held]) => [snakeKey(key), snakeKeys(held)]);
  return Object.fromEntries(entries);
}

const snakeKey = (key: string): string =>
  key.replace(
    /([a-z0-9])([A-Z])(?=[a-z])/g,
    (_, before, letter) => `${before}_${letter.toLowerCase()}`,
  );

/** Whether 'BTC/USDT', 'BTC-USDT', 'btcusdt' or a whole key names the instrument `key`. */
export function isNamedBy(key: string, name: string): boolean {
  const plain = name.replace(/[/-]/g, '').toUpperCase();
  return key === name || splitKey(key).symbol.replace(/[/-]/g, '').toUpperCase() === plain;
}

export function signalView(body: SignalBody, timeUs: number): SignalWire {
  return {
    id: body.id,
    ...splitKey(body.instrument),
    direction: body.direction,
    probability: body.probability,
    confidence: body.confidence,
    strength: body.strength,
    horizon_seconds: body.horizonUs / 1e6,
    horizon_hours: body.horizonUs / 3.6e9,
    model: body.model,
    mid: body.mid,
    action: body.action,
    created_at: isoOf(timeUs),
  };
}

export function orderView(order: OrderRecord): OrderWire {
  return {
    id: order.id,
    ...splitKey(order.instrument),
    side: order.side,
    order_type: order.type,
    quantity: order.qty,
    price: order.price,
    time_in_force: order.timeInForce,
    post_only: order.postOnly,
    reduce_only: order.reduceOnly,
    status: order.state,
    filled_quantity: order.filledQty,
    average_price: order.averagePrice,
    reason: order.reason,
    account: order.account,
    strategy: order.strategy,
    origin: order.origin.kind,
    signal_id: order.origin.kind === 'signal' ? order.origin.signalId : null,
    arrival_mid: order.arrivalMid,
    created_at: isoOf(order.createdUs),
    updated_at: isoOf(order.updatedUs),
  };
}

/** A refused intent never becomes an order of the engine; clients still see it, as rejected. */
export function refusedOrder(verdict: VerdictBody, timeUs: number): OrderRecord {
  return {
    id: verdict.orderId,
    instrument: verdict.instrument,
    account: verdict.account,
    strategy: verdict.strategy,
    side: verdict.side,
    type: verdict.price === null ? 'market' : 'limit',
    qty: verdict.qty,
    price: verdict.price,
    timeInForce: verdict.price === null ? 'IOC' : 'GTC',
    postOnly: false,
    reduceOnly: false,
    origin: verdict.origin,
    state: 'rejected',
    filledQty: '0',
    averagePrice: null,
    reason: `${verdict.by}: ${verdict.breaches.map((breach: Breach) => breach.limit).join(', ')}`,
    arrivalMid: 0,
    createdUs: timeUs,
    updatedUs: timeUs,
  };
}

export function fillView(fill: FillRecord, timeUs: number): FillWire {
  return {
    id: fill.id,
    order_id: fill.orderId,
    ...splitKey(fill.instrument),
    side: fill.side,
    price: fill.price,
    quantity: fill.qty,
    fee: fill.fee,
    fee_asset: fill.feeAsset,
    realised_pnl: fill.realised,
    liquidity: fill.liquidity,
    created_at: isoOf(timeUs),
  };
}

export function positionView(position: PositionView): PositionWire {
  return {
    symbol: position.symbol,
    venue: position.venue,
    quantity: position.qty,
    entry_price: position.entryPrice,
    mark_price: position.mark,
    notional: position.notional,
    unrealised_pnl: position.unrealised,
    realised_pnl: position.realised,
  };
}

const cents = (decimal: string): number => Math.round(Number(decimal) * 100);

export function portfolioView(portfolio: PortfolioView): PortfolioWire {
  const equity = Number(portfolio.equity);
  return {
    as_of: isoOf(portfolio.timeUs),
    base_currency: portfolio.baseCurrency,
    equity: portfolio.equity,
    start_equity: portfolio.startEquity,
    pnl: ((cents(portfolio.equity) - cents(portfolio.startEquity)) / 100).toFixed(2),
    cash: portfolio.cash,
    gross_exposure: portfolio.grossExposure,
    net_exposure: portfolio.netExposure,
    exposure_fraction: equity > 0 ? portfolio.grossExposure / equity : 0,
    drawdown: portfolio.drawdown,
    value_at_risk: portfolio.valueAtRisk,
    trading_state: portfolio.tradingState,
    open_orders: portfolio.openOrders,
    positions: portfolio.positions.map(positionView),
  };
}

export function marketView(market: MarketView): MarketWire {
  return {
    symbol: market.symbol,
    venue: market.venue,
    bid: market.bid,
    ask: market.ask,
    mid: market.mid,
    spread_bps: market.spreadBps,
    imbalance: market.imbalance,
    ready: market.ready,
    received_at: isoOf(market.receiveUs),
  };
}
