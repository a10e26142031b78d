// Owns what crosses between the engine and the gateway, as JSON texts on two byte rings.
// Promise: the gateway learns everything it shows from here; it never touches engine state.
import type { TradingState } from '../core/event.ts';
import type { ClientKey, Metadata, OrderType, Side, TimeInForce } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { KillOptions, RiskView } from '../core/risk.ts';
import type { CommandAnswer } from './effects.ts';
import type { JournalRecord } from './fact.ts';
import type { HoldingRecord } from './money.ts';
import type { InstrumentRecord } from './run.ts';

export type { FieldProblem } from '../core/ports.ts';

/** Contracts: what is held. A coin: its whole balance, in the row of the pair that carries it. */
export interface PositionView {
  readonly instrument: string; // key
  readonly symbol: string;
  readonly venue: string;
  readonly qty: string; // signed decimal
  readonly entryPrice: string;
  readonly mark: number; // that `unrealised` is made with: the worse side while a book is wide
  readonly notional: number; // of `qty` at `mark`, base currency, signed
  readonly unrealised: number; // base currency
  readonly realised: number; // base currency, before fees
}

export interface AccountView {
  readonly account: string;
  readonly equity: string; // decimal, 2 digits, or 'unknown'
  readonly balances: Readonly<Record<string, Readonly<Record<string, string>>>>; // venue, asset
  readonly positions: readonly HoldingRecord[]; // as its venues net them; without flat ones
}

export interface StrategyView {
  readonly strategy: string;
  readonly profit: string; // since ever, decimal, 2 digits, or 'unknown'; all sum to pnl
  readonly holdings: readonly HoldingRecord[]; // over its accounts; without flat ones
}

export interface PortfolioView {
  readonly timeUs: number;
  readonly baseCurrency: string;
  readonly equity: string; // decimal, 2 digits, or 'unknown'
  readonly equityUs: number; // of the oldest mark it needs
  readonly unpriced: readonly string[]; // what stands in the way of equity
  readonly startEquity: string; // what was put in less what was taken out, at the marks of its day
  readonly pnl: string; // equity less that
  readonly cash: Readonly<Record<string, string>>; // balances by asset, over accounts and venues
  readonly accounts: readonly AccountView[];
  readonly strategies: readonly StrategyView[];
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
  | { readonly type: 'markets'; readonly markets: readonly MarketView[] } // those that changed
  | { readonly type: 'risk'; readonly risk: RiskView }
  | { readonly type: 'analysis'; readonly report: AnalysisReport }
  | {
      readonly type: 'answer';
      readonly correlation: number;
      readonly answer: GatewayAnswer;
      readonly seq: number; // the record that has to be durable first; 0: none
    }
  | { readonly type: 'lost'; readonly records: number }; // ring was full: the replica has a hole

export type GatewayAnswer =
  | CommandAnswer
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] }
  | { readonly kind: 'failed' } // a fault of ours while it was read: nothing was done
  | { readonly kind: 'stopping' }; // the system ends; cancels and kills it takes to the last

/** What is not in the name of an instrument. */
export type InstrumentTerms = Omit<InstrumentRecord, 'key' | 'symbol' | 'venue'>;

/** What a client asks for; symbols and decimals are resolved on the engine's side. */
export type GatewayCommand =
  | ({ readonly kind: 'submit' } & OrderRequest)
  | ({ readonly kind: 'preview' } & OrderRequest)
  | {
      readonly kind: 'cancel';
      readonly orderId: string;
      readonly by: string;
      readonly reason: string;
    }
  | ({ readonly kind: 'move_money' } & MoneyRequest)
  | {
      readonly kind: 'strategy';
      readonly name: string;
      readonly action: 'start' | 'stop' | 'reload';
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly kind: 'instrument';
      readonly change: 'added';
      readonly symbol: string;
      readonly venue: string;
      /** null: as the venue's catalogue knows them. */
      readonly terms: InstrumentTerms | null;
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly kind: 'instrument';
      readonly change: 'retired';
      readonly key: string;
      readonly reason: string;
      readonly by: string;
    }
  /** The replica has a hole: the whole state, please. */
  | { readonly kind: 'checkpoint' }
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
  readonly account: string | null; // null: the first of the configuration
  readonly key: string; // name of the API key, for the journal
  readonly client: ClientKey | null;
  readonly metadata: Metadata | null;
}

/** Test and development only: real money is moved at its venue. */
export interface MoneyRequest {
  readonly movement: 'deposit' | 'withdrawal' | 'transfer';
  readonly account: string;
  readonly venue: string; // from, in a transfer
  readonly toAccount: string; // the same as from where money stays with its account
  readonly toVenue: string;
  readonly asset: string;
  readonly amount: string;
  readonly reason: string;
  readonly by: string;
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
  readonly receivedNs: number; // process.hrtime, the same clock in every thread
}
