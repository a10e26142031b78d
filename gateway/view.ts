// Owns the words of the API: how records of the engine look to a client, in REST and streams alike.
// Promise: snake_case, exact amounts as decimal strings, times as ISO 8601 UTC with microseconds.

import type {
  BalanceWire,
  FillWire,
  MarketWire,
  OrderWire,
  PortfolioWire,
  PositionWire,
  SignalWire,
} from '../dashboard/wire.ts';
import type { Breach } from '../engine/core/decision.ts';
import type { Fact } from '../engine/facts/fact.ts';
import type { MarketView, PortfolioView, PositionView } from '../engine/facts/gateway-message.ts';
import type { FillRecord } from '../engine/facts/money.ts';
import type { OrderRecord } from '../engine/facts/order.ts';
import type { InstrumentRecord } from '../engine/facts/run.ts';
import type { State } from '../engine/state.ts';
import { strategiesView } from './strategy-view.ts';
import { isoOf, splitKey } from './words.ts';

export type SignalBody = Extract<Fact, { kind: 'signal' }>;
export type VerdictBody = Extract<Fact, { kind: 'verdict' }>;

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
    parent_id: order.parentId,
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
    parentId: verdict.parentId,
    side: verdict.side,
    type: verdict.type,
    qty: verdict.qty,
    price: verdict.price,
    limitPrice: null,
    timeInForce: verdict.timeInForce,
    postOnly: verdict.postOnly,
    reduceOnly: verdict.reduceOnly,
    origin: verdict.origin,
    state: 'rejected',
    filledQty: '0',
    filledValue: '0',
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
    account: fill.account,
    strategy: fill.strategy,
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

/** `strategies`: the slice, for what each instance is; the portfolio tells how it fares. */
export function portfolioView(
  portfolio: PortfolioView,
  strategies: State['strategies'],
): PortfolioWire {
  const equity = Number(portfolio.equity);
  const { equityUs, accounts } = portfolio;
  return {
    as_of: isoOf(portfolio.timeUs),
    base_currency: portfolio.baseCurrency,
    equity: portfolio.equity,
    equity_as_of: equityUs > 0 ? isoOf(equityUs) : '',
    unpriced: portfolio.unpriced,
    start_equity: portfolio.startEquity,
    pnl: portfolio.pnl,
    cash: portfolio.cash,
    accounts: accounts.map((one) => ({ account: one.account, equity: one.equity })),
    balances: balancesView(accounts),
    strategies: strategiesView(strategies, portfolio),
    gross_exposure: portfolio.grossExposure,
    net_exposure: portfolio.netExposure,
    exposure_fraction: equity > 0 ? portfolio.grossExposure / equity : null,
    drawdown: portfolio.drawdown,
    value_at_risk: portfolio.valueAtRisk,
    trading_state: portfolio.tradingState,
    open_orders: portfolio.openOrders,
    positions: portfolio.positions.map(positionView),
  };
}

const balancesView = (accounts: PortfolioView['accounts']): BalanceWire[] =>
  accounts.flatMap(({ account, balances }) =>
    Object.entries(balances).flatMap(([venue, held]) =>
      Object.entries(held).map(([asset, balance]) => ({ account, venue, asset, balance })),
    ),
  );

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

/** Those that are traded now, in the words in which one is added. */
export const instrumentsView = ({ instruments }: Pick<State, 'instruments'>) =>
  instruments.traded().flatMap((key) => {
    const record = instruments.recordOf(key);
    return record === null ? [] : [instrumentView(record)];
  });

function instrumentView(instrument: InstrumentRecord) {
  const { priceScale, qtyScale, makerFee, takerFee, rules, ...rest } = instrument;
  return {
    ...rest,
    price_scale: priceScale,
    quantity_scale: qtyScale,
    maker_fee: makerFee,
    taker_fee: takerFee,
    rules: {
      min_notional: rules.minNotional,
      min_quantity: rules.minQty,
      max_quantity: rules.maxQty,
      max_market_quantity: rules.maxMarketQty,
      market_lot: rules.marketLot,
      price_band: rules.priceBand,
      fee_in: rules.feeIn,
      maintenance_margin: rules.maintenanceMargin,
    },
  };
}
