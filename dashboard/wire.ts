// Owns the shapes on the wire, the same for REST, WebSocket and the dashboard that reads them.
// Promise: types only; amounts that must be exact are strings, times are ISO 8601 UTC.
import type { TradingState } from '../engine/core/event.ts';
import type {
  OrderOrigin,
  OrderState,
  OrderType,
  Side,
  TimeInForce,
} from '../engine/core/order.ts';
import type { StrategyState } from '../engine/facts/strategy.ts';
import type { AnalysisWire, KillWire, ProposalWire, RiskEventWire, RiskWire } from './risk-wire.ts';

export interface SignalWire {
  readonly id: number;
  readonly symbol: string;
  readonly venue: string;
  readonly direction: 'up' | 'down' | 'flat';
  readonly probability: number; // of the direction
  readonly confidence: number; // 0..1, calibrated
  readonly strength: number; // -1..1
  readonly horizon_seconds: number;
  readonly horizon_hours: number;
  readonly model: string;
  readonly mid: number;
  readonly action: 'trade' | 'hold';
  readonly created_at: string;
}

export interface OrderWire {
  readonly id: string;
  readonly symbol: string;
  readonly venue: string;
  readonly side: Side;
  readonly order_type: OrderType;
  readonly quantity: string;
  readonly price: string | null;
  readonly time_in_force: TimeInForce;
  readonly post_only: boolean;
  readonly reduce_only: boolean;
  readonly status: OrderState;
  readonly filled_quantity: string;
  readonly average_price: string | null;
  readonly reason: string;
  readonly account: string;
  readonly strategy: string;
  readonly parent_id: string | null;
  readonly origin: OrderOrigin['kind'];
  readonly signal_id: number | null;
  readonly arrival_mid: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface FillWire {
  readonly id: string;
  readonly order_id: string;
  readonly symbol: string;
  readonly venue: string;
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
  readonly account: string;
  readonly strategy: string;
  readonly fee: string;
  readonly fee_asset: string;
  readonly realised_pnl: string;
  readonly liquidity: 'maker' | 'taker';
  readonly created_at: string;
}

export interface PositionWire {
  readonly symbol: string;
  readonly venue: string;
  readonly quantity: string; // signed
  readonly entry_price: string;
  readonly mark_price: number;
  readonly notional: number; // base currency, signed
  readonly unrealised_pnl: number;
  readonly realised_pnl: number;
}

export interface AccountWire {
  readonly account: string;
  readonly equity: string; // decimal, or 'unknown'
}

export interface BalanceWire {
  readonly account: string;
  readonly venue: string;
  readonly asset: string;
  readonly balance: string; // decimal, signed
}

/** An instance, or somebody else who holds something: orders by hand are 'manual'. */
export interface StrategyWire {
  readonly name: string;
  readonly state: StrategyState | null; // null: no instance stands behind it
  readonly profit: string; // since ever, base currency, or 'unknown'; all sum to pnl
  readonly positions: number; // that it holds, flat ones apart
  readonly module: string;
  readonly reason: string; // of its state
  readonly by: string;
  readonly changed_at: string; // '' where there is no state
}

export interface PortfolioWire {
  readonly as_of: string;
  readonly base_currency: string;
  readonly equity: string; // decimal, or 'unknown': then `unpriced` names what has no price
  readonly equity_as_of: string; // of the oldest mark it needs; '' while it is unknown
  readonly unpriced: readonly string[];
  readonly start_equity: string; // put in less taken out, or 'unknown'
  readonly pnl: string; // or 'unknown'
  readonly accounts: readonly AccountWire[];
  readonly balances: readonly BalanceWire[]; // that are not zero
  readonly strategies: readonly StrategyWire[];
  readonly cash: Readonly<Record<string, string>>;
  readonly gross_exposure: number;
  readonly net_exposure: number;
  readonly exposure_fraction: number | null; // gross / equity; null while that is unknown
  readonly drawdown: number; // fraction of the peak
  readonly value_at_risk: number; // base currency, 95 %, one day
  readonly trading_state: TradingState;
  readonly open_orders: number;
  readonly positions: readonly PositionWire[];
}

export interface MarketWire {
  readonly symbol: string;
  readonly venue: string;
  readonly bid: string;
  readonly ask: string;
  readonly mid: number;
  readonly spread_bps: number;
  readonly imbalance: number; // -1..1
  readonly ready: boolean;
  readonly received_at: string;
}

export interface StageWire {
  readonly stage: string;
  readonly count: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
}

export interface MetricsWire {
  readonly stages: readonly StageWire[];
  readonly counters: Readonly<Record<string, number>>;
  readonly rates: {
    readonly frames_per_second: number;
    readonly signals_per_second: number;
    readonly orders_per_second: number;
  };
  readonly rss_mb: number;
  readonly uptime_seconds: number;
  readonly lost_records: number; // of the engine's stream, that the gateway missed
  readonly is_healed: boolean; // orders, money, limits are whole again; lists of the past are not
}

export interface TradingStateWire {
  readonly state: TradingState;
  readonly reason: string;
  readonly by: string;
}

export interface RunWire {
  readonly mode: string;
  readonly version: string;
  readonly model: string;
  readonly instruments: readonly string[];
  readonly seed: string;
}

export type Channel = BinaryChannel | 'risk';
/** Channels that have a binary form as well. */
export type BinaryChannel = 'signals' | 'orders' | 'portfolio' | 'metrics' | 'market';

/** The body of a frame; `type` names it on the wire. */
export type BinaryBody =
  | { readonly type: 'signal'; readonly data: SignalWire }
  | { readonly type: 'order'; readonly data: OrderWire }
  | { readonly type: 'fill'; readonly data: FillWire }
  | { readonly type: 'portfolio'; readonly data: PortfolioWire }
  | { readonly type: 'trading_state'; readonly data: TradingStateWire }
  | { readonly type: 'metrics'; readonly data: MetricsWire }
  | { readonly type: 'markets'; readonly data: readonly MarketWire[] };
export type RiskBody =
  | { readonly type: 'risk'; readonly data: RiskWire }
  | { readonly type: 'analysis'; readonly data: AnalysisWire }
  | { readonly type: 'risk_event'; readonly data: RiskEventWire }
  | { readonly type: 'proposals'; readonly data: readonly ProposalWire[] }
  | { readonly type: 'kill'; readonly data: KillWire };
export type FrameBody = BinaryBody | RiskBody;

/** A body and the channel it goes to. */
export type BinaryPublication = BinaryBody & { readonly channel: BinaryChannel };
export type Publication = BinaryPublication | (RiskBody & { readonly channel: 'risk' });

interface FrameHead {
  readonly sequence: number; // grows by one in its channel; a gap means a lost frame
  readonly time_us: number; // gateway's clock when the frame was made
}
export type BinaryFrame = BinaryPublication & FrameHead;
export type StreamFrame = Publication & FrameHead;

/** The first message of a plain client: everything the channel shows, as of `sequence`. */
export interface SnapshotFrame {
  readonly type: 'snapshot';
  readonly channel: Channel;
  readonly sequence: number;
  readonly time_us: number;
  readonly data: SnapshotData;
}

export interface SnapshotData {
  readonly signals?: readonly SignalWire[];
  readonly orders?: readonly OrderWire[];
  readonly fills?: readonly FillWire[];
  readonly portfolio?: PortfolioWire | null;
  readonly equity_curve?: readonly (readonly [number, number])[]; // [epoch us, equity]
  readonly trading_state?: TradingState;
  readonly run?: RunWire | null;
  readonly metrics?: MetricsWire;
  readonly markets?: readonly MarketWire[];
  readonly risk?: RiskWire | null;
  readonly analysis?: AnalysisWire | null;
  readonly risk_events?: readonly RiskEventWire[];
  readonly proposals?: readonly ProposalWire[];
  readonly kills?: readonly KillWire[];
}
