// Owns the frames that cross the bus, as plain data; colin.fbs has the same fields in this order.
// Promise: types only; the gateway's frames have these shapes, so they encode as they are.
import type { TradingState } from '../core/event.ts';
import type { OrderOrigin, OrderState, OrderType, Side, TimeInForce } from '../core/order.ts';

export interface SignalFrame {
  readonly id: number;
  readonly symbol: string;
  readonly venue: string;
  readonly direction: 'up' | 'down' | 'flat';
  readonly probability: number;
  readonly confidence: number;
  readonly strength: number;
  readonly horizon_seconds: number;
  readonly horizon_hours: number;
  readonly model: string;
  readonly mid: number;
  readonly action: 'trade' | 'hold';
  readonly created_at: string; // ISO 8601 UTC with microseconds; '' where it is not known
}

export interface OrderFrame {
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
  readonly origin: OrderOrigin['kind'];
  readonly signal_id: number | null;
  readonly arrival_mid: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly parent_id: string | null;
}

export interface FillFrame {
  readonly id: string;
  readonly order_id: string;
  readonly symbol: string;
  readonly venue: string;
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
  readonly fee: string;
  readonly fee_asset: string;
  readonly realised_pnl: string;
  readonly liquidity: 'maker' | 'taker';
  readonly created_at: string;
  readonly account: string;
  readonly strategy: string;
}

export interface PositionFrame {
  readonly symbol: string;
  readonly venue: string;
  readonly quantity: string;
  readonly entry_price: string;
  readonly mark_price: number;
  readonly notional: number;
  readonly unrealised_pnl: number;
  readonly realised_pnl: number;
}

export interface BalanceFrame {
  readonly account: string;
  readonly venue: string;
  readonly asset: string;
  readonly balance: string;
}

export interface StrategyFrame {
  readonly name: string;
  readonly state: string | null;
  readonly profit: string;
  readonly positions: number;
  readonly module: string;
  readonly reason: string;
  readonly by: string;
  readonly changed_at: string;
}

export interface PortfolioFrame {
  readonly as_of: string;
  readonly base_currency: string;
  readonly equity: string;
  readonly start_equity: string;
  readonly pnl: string;
  readonly cash: Readonly<Record<string, string>>;
  readonly gross_exposure: number;
  readonly net_exposure: number;
  readonly exposure_fraction: number | null;
  readonly drawdown: number;
  readonly value_at_risk: number;
  readonly trading_state: TradingState;
  readonly open_orders: number;
  readonly positions: readonly PositionFrame[];
  readonly equity_as_of: string;
  readonly unpriced: readonly string[];
  readonly accounts: readonly { readonly account: string; readonly equity: string }[];
  readonly balances: readonly BalanceFrame[];
  readonly strategies: readonly StrategyFrame[];
}

export interface StageFrame {
  readonly stage: string;
  readonly count: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
}

export interface RatesFrame {
  readonly frames_per_second: number;
  readonly signals_per_second: number;
  readonly orders_per_second: number;
}

export interface MetricsFrame {
  readonly stages: readonly StageFrame[];
  readonly counters: Readonly<Record<string, number>>;
  readonly rates: RatesFrame;
  readonly rss_mb: number;
  readonly uptime_seconds: number;
  readonly lost_records: number;
  readonly is_healed: boolean;
}

export interface MarketFrame {
  readonly symbol: string;
  readonly venue: string;
  readonly bid: string;
  readonly ask: string;
  readonly mid: number;
  readonly spread_bps: number;
  readonly imbalance: number;
  readonly ready: boolean;
  readonly received_at: string;
}

export interface TradingStateFrame {
  readonly state: TradingState;
  readonly reason: string;
  readonly by: string;
}

export type BusBody =
  | { readonly type: 'signal'; readonly data: SignalFrame }
  | { readonly type: 'order'; readonly data: OrderFrame }
  | { readonly type: 'fill'; readonly data: FillFrame }
  | { readonly type: 'portfolio'; readonly data: PortfolioFrame }
  | { readonly type: 'metrics'; readonly data: MetricsFrame }
  | { readonly type: 'markets'; readonly data: readonly MarketFrame[] }
  | { readonly type: 'trading_state'; readonly data: TradingStateFrame };

export type BusChannel = 'signals' | 'orders' | 'portfolio' | 'metrics' | 'market';

export type BusFrame = BusBody & {
  readonly channel: BusChannel;
  readonly sequence: number;
  readonly time_us: number;
};
