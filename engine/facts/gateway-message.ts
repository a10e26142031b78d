// Owns what crosses between the engine and the gateway, as JSON texts on two byte rings.
// Promise: the gateway learns everything it shows from here; it never touches engine state.
import type { TradingState } from '../core/event.ts';
import type { LimitTree } from '../core/limit.ts';
import type { OrderType, Side, TimeInForce } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { KillOptions, RiskView } from '../core/risk.ts';
import type { CommandAnswer } from './effects.ts';
import type { JournalRecord } from './fact.ts';

export type { FieldProblem } from '../core/ports.ts';

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
  | { readonly type: 'risk'; readonly risk: RiskView }
  | { readonly type: 'limits'; readonly tree: LimitTree } // at the start and after each change
  | { readonly type: 'analysis'; readonly report: AnalysisReport }
  | { readonly type: 'answer'; readonly correlation: number; readonly answer: GatewayAnswer }
  | { readonly type: 'lost'; readonly records: number }; // ring was full: the replica has a hole

export type GatewayAnswer =
  | CommandAnswer
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** What a client asks for; symbols and decimals are resolved on the engine's side. */
export type GatewayCommand =
  | ({ readonly kind: 'submit' } & OrderRequest)
  | ({ readonly kind: 'preview' } & OrderRequest)
  | { readonly kind: 'cancel'; readonly orderId: string }
  | {
      readonly kind: 'trading_state';
      readonly scope: string;
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'kill'; readonly options: KillOptions }
  | {
      readonly kind: 'propose_limits';
      readonly changes: readonly {
        readonly scope: string;
        readonly limit: string;
        readonly hard: number;
        readonly soft: number;
      }[];
      readonly version: number;
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly kind: 'decide_limits';
      readonly proposal: number;
      readonly approve: boolean;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'generate_signals'; readonly symbols: readonly string[] };

export interface OrderRequest {
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

/** The whole risk report of the running book, made by an analysis worker. */
export interface AnalysisReport {
  readonly timeUs: number;
  readonly elapsedMs: number;
  readonly equity: number;
  readonly source: string; // where the scenarios come from
  readonly var: unknown; // engine/analysis/value-at-risk.ts: VarReport, keys as documented
  readonly stress: unknown; // engine/analysis/stress.ts, worst first
  readonly reverseStress: unknown;
  readonly correlation: unknown; // symbols, matrix by row, clusters, leaf order, alarm
}

/** Gateway -> engine. */
export interface CommandMessage {
  readonly correlation: number; // > 0, chosen by the gateway, unique in this run
  readonly command: GatewayCommand;
}
