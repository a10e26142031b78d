// Owns what crosses between the engine and the gateway, as JSON texts on two byte rings.
// Promise: the gateway learns everything it shows from here; it never touches engine state.
import type { Breach } from './decision.ts';
import type { TradingState } from './event.ts';
import type { JournalRecord } from './journal-record.ts';
import type { OrderType, Side, TimeInForce } from './order.ts';

export interface PositionView {
  readonly instrument: string; // key
  readonly symbol: string;
  readonly venue: string;
  readonly qty: string; // signed decimal
  readonly entryPrice: string;
  readonly mark: number;
  readonly notional: number; // base currency, signed
  readonly unrealised: number; // base currency
  readonly realised: number; // base currency
}

export interface PortfolioView {
  readonly timeUs: number;
  readonly baseCurrency: string;
  readonly equity: string; // decimal, 2 digits
  readonly startEquity: string;
  readonly cash: Readonly<Record<string, string>>;
  readonly grossExposure: number;
  readonly netExposure: number;
  readonly drawdown: number; // fraction of the peak
  readonly valueAtRisk: number; // base currency, 95 %, 1 day
  readonly tradingState: TradingState;
  readonly openOrders: number;
  readonly positions: readonly PositionView[];
}

export interface MarketView {
  readonly instrument: string;
  readonly symbol: string;
  readonly venue: string;
  readonly bid: string;
  readonly ask: string;
  readonly mid: number;
  readonly spreadBps: number;
  readonly imbalance: number; // best five levels, -1..1
  readonly ready: boolean;
  readonly receiveUs: number;
}

/** Engine -> gateway. */
export type GatewayMessage =
  | { readonly type: 'record'; readonly record: JournalRecord }
  | { readonly type: 'portfolio'; readonly portfolio: PortfolioView }
  | { readonly type: 'markets'; readonly markets: readonly MarketView[] }
  | { readonly type: 'answer'; readonly correlation: number; readonly answer: GatewayAnswer }
  | { readonly type: 'lost'; readonly records: number }; // ring was full: the replica has a hole

export type GatewayAnswer =
  | { readonly kind: 'accepted'; readonly orderId: string }
  | {
      readonly kind: 'rejected';
      readonly orderId: string;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
    }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'not_found'; readonly what: string }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

export interface FieldProblem {
  readonly path: string; // 'quantity'
  readonly message: string; // what is wrong and what to do
}

/** What a client asks for; symbols and decimals are resolved on the engine's side. */
export type GatewayCommand =
  | {
      readonly kind: 'submit';
      readonly symbol: string; // 'BTC/USDT', 'BTCUSDT' or a key 'BTCUSDT.binance-usdm'
      readonly side: Side;
      readonly type: OrderType;
      readonly qty: string;
      readonly price: string | null;
      readonly timeInForce: TimeInForce;
      readonly postOnly: boolean;
      readonly reduceOnly: boolean;
      readonly key: string; // name of the API key, for the journal
    }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | {
      readonly kind: 'trading_state';
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'generate_signals'; readonly symbols: readonly string[] };

/** Gateway -> engine. */
export interface CommandMessage {
  readonly correlation: number; // > 0, chosen by the gateway, unique in this run
  readonly command: GatewayCommand;
}
