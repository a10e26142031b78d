// Owns everything the engine can be told (events): market data, forecasts, venue reports, commands.
// Promise: market events are carriers reused by their producer; read them before returning.
import type { Instrument, InstrumentSpec } from './instrument.ts';
import type { LimitChange, LimitScope } from './limit.ts';
import type { ClientKey, OrderIntent, OrderType, Side } from './order.ts';
import type { KillOptions, TradingState } from './risk.ts';

export type { TradingState } from './risk.ts';

import type { EpochUs, Price, Qty } from './units.ts';

/** A depth diff. Levels lie in the level batch (wasm/layout.ts), bids first. */
export interface DepthEvent {
  readonly kind: 'depth';
  instrument: Instrument;
  firstId: number; // U
  lastId: number; // u
  previousId: number; // pu; -1 where the venue has none (spot)
  bidCount: number;
  askCount: number;
  eventUs: EpochUs;
  receiveUs: EpochUs;
  tickNs: number; // monotonic ns at which the frame came in
}

/** A full book, levels in the level batch. */
export interface SnapshotEvent {
  readonly kind: 'snapshot';
  instrument: Instrument;
  lastId: number;
  bidCount: number;
  askCount: number;
  receiveUs: EpochUs;
}

export interface TradeEvent {
  readonly kind: 'trade';
  instrument: Instrument;
  tradeId: number;
  price: Price;
  qty: Qty;
  buyerIsMaker: boolean; // true: the aggressor sold
  eventUs: EpochUs;
  receiveUs: EpochUs;
  tickNs: number;
}

/** Best bid and ask as the venue's own ticker states them: a cross-check of our book. */
export interface QuoteEvent {
  readonly kind: 'quote';
  instrument: Instrument;
  updateId: number;
  bid: Price;
  bidQty: Qty;
  ask: Price;
  askQty: Qty;
  receiveUs: EpochUs;
}

/** The venue's own mark price, at which it values positions and liquidates. */
export interface MarkEvent {
  readonly kind: 'mark';
  instrument: Instrument;
  price: number; // quote asset, an estimate of the venue's: finer than ticks
  eventUs: EpochUs;
  receiveUs: EpochUs;
}

export type MarketEvent = DepthEvent | SnapshotEvent | TradeEvent | QuoteEvent | MarkEvent;

/** The book of an instrument can no longer be trusted: the venue's feed broke off. */
export interface DisconnectEvent {
  readonly kind: 'disconnect';
  readonly venue: string;
  readonly reason: string;
}

export interface ForecastEvent {
  readonly kind: 'forecast';
  instrument: Instrument;
  probability: number; // calibrated P(mid up over the horizon), 0..1
  horizonUs: number;
  model: string; // version
  status: number; // FORECAST_VALID or a reason (wasm/layout.ts)
  bookSequence: number;
  requestUs: EpochUs;
  tickNs: number;
}

/** Time passes: drives the signal clock, ages, order time-outs. */
export interface ClockEvent {
  readonly kind: 'clock';
  nowUs: EpochUs;
}

/** What a venue says. */
export type VenueReport = OrderReport | OpenOrdersReport | MoneyReport;

/** An order as its venue knows it, whoever placed it. */
export interface VenueOrder {
  readonly orderId: string; // client order id: ours, or somebody else's
  readonly account: string;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly type: OrderType;
  readonly qty: Qty;
  readonly filledQty: Qty;
  readonly price: Price | null;
  readonly timeUs: EpochUs; // of its creation
}

/** Every order that is open at a venue, asked for by Effects.askOpenOrders. */
export interface OpenOrdersReport {
  readonly kind: 'open_orders';
  readonly venue: string;
  readonly orders: readonly VenueOrder[];
  readonly timeUs: EpochUs;
}

/** Money that a venue moved by itself. */
export interface MoneyReport {
  readonly kind: 'money';
  readonly id: string; // the venue's, unique for ever
  readonly movement: 'funding' | 'interest';
  readonly venue: string;
  readonly account: string;
  readonly instrument: Instrument | null;
  readonly asset: string;
  readonly amount: string; // signed: + to us
  readonly timeUs: EpochUs;
}

/** What a venue says of one of our orders. Ids of fills are unique per venue and instrument. */
export type OrderReport =
  | { readonly kind: 'accepted'; readonly orderId: string; readonly timeUs: EpochUs }
  | {
      readonly kind: 'fill';
      readonly orderId: string;
      readonly fillId: string;
      readonly price: Price;
      readonly qty: Qty;
      readonly liquidity: 'maker' | 'taker';
      /** As the venue charged it; null: it did not say, and the instrument's schedule counts. */
      readonly fee: { readonly asset: string; readonly amount: string } | null; // + paid, - earned
      /** The order, where the adapter did not place it: without it nothing can be booked. */
      readonly order?: VenueOrder;
      readonly timeUs: EpochUs;
    }
  /** What stands at the venue from here on: an amend was taken, or a question was answered. */
  | {
      readonly kind: 'amended';
      readonly orderId: string;
      readonly qty: Qty; // the whole order, filled part included
      readonly price: Price | null;
      readonly timeUs: EpochUs;
    }
  /** The venue did not do what was asked; the order stands as it did. */
  | {
      readonly kind: 'refused';
      readonly orderId: string;
      readonly request: 'cancel' | 'amend';
      readonly reason: string;
      readonly timeUs: EpochUs;
    }
  | {
      readonly kind: 'ended';
      readonly orderId: string;
      readonly state: 'cancelled' | 'rejected' | 'expired';
      readonly reason: string;
      readonly timeUs: EpochUs;
    }
  | {
      readonly kind: 'unclear';
      readonly orderId: string;
      readonly reason: string;
      readonly timeUs: EpochUs;
    };

export interface ReportEvent {
  readonly kind: 'report';
  readonly report: VenueReport;
  readonly receiveUs: EpochUs; // here: what the venue says of the time is its own clock's
}

/** The collateral that a venue says we have there, base currency. */
export interface MarginEvent {
  readonly kind: 'margin';
  readonly venue: string;
  readonly balance: number;
  readonly timeUs: EpochUs;
}

/** A risk report made by an analysis worker of the book it saw. */
export interface AnalysisEvent {
  readonly kind: 'analysis';
  readonly summary: RiskSummary;
}

/** The few numbers of a risk report that the journal keeps; base currency, positive = loss. */
export interface RiskSummary {
  readonly timeUs: EpochUs;
  readonly equity: number;
  readonly valueAtRisk: Readonly<Record<string, number>>; // 'historical 0.95', 'normal 0.99', …
  readonly expectedShortfall: Readonly<Record<string, number>>;
  readonly worstStress: { readonly scenario: string; readonly loss: number };
  readonly elapsedMs: number;
}

/** What comes, or the key of what goes. */
export type InstrumentChange =
  | { readonly change: 'added'; readonly instrument: InstrumentSpec }
  | { readonly change: 'retired'; readonly key: string };

export type Command =
  | { readonly kind: 'submit'; readonly intent: OrderIntent }
  | { readonly kind: 'repeat'; readonly client: ClientKey } // of a key that is known: its answer
  | { readonly kind: 'preview'; readonly intent: OrderIntent }
  | {
      readonly kind: 'cancel';
      readonly orderId: string;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'move_money'; // test and development only
      readonly movement: 'deposit' | 'withdrawal' | 'transfer';
      readonly account: string;
      readonly venue: string; // from, in a transfer
      readonly toAccount: string; // of a transfer
      readonly toVenue: string;
      readonly asset: string;
      readonly amount: string;
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly kind: 'strategy';
      readonly name: string;
      readonly action: 'start' | 'stop' | 'reload';
      readonly reason: string;
      readonly by: string;
    }
  | ({
      readonly kind: 'instrument';
      readonly reason: string;
      readonly by: string;
    } & InstrumentChange)
  | {
      readonly kind: 'trading_state';
      readonly scope: LimitScope;
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'kill'; readonly options: KillOptions }
  | {
      readonly kind: 'propose_limits';
      readonly changes: readonly LimitChange[];
      readonly version: number; // of the tree the proposer saw
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
  | { readonly kind: 'checkpoint' } // whoever follows the records has lost some
  | { readonly kind: 'generate_signals'; readonly instruments: readonly Instrument[] };

/**
 * What became of a strategy outside the engine's thread: its module was opened or not, its worker
 * answered or ended. `news` is StrategyNews (strategies/host.ts); the host checks an answer whole.
 */
export interface StrategyEvent {
  readonly kind: 'strategy';
  readonly name: string; // of the instance
  readonly news: unknown;
}

/** A command and the number by which its answer is recognised (0: nobody waits). */
export interface CommandEvent {
  readonly kind: 'command';
  readonly command: Command;
  readonly correlation: number;
  /** How long it had waited for the engine to look, by the monotonic clock; 0 when not given. */
  readonly waitedUs?: number;
}

export type EngineEvent =
  | MarketEvent
  | DisconnectEvent
  | ForecastEvent
  | ClockEvent
  | ReportEvent
  | MarginEvent
  | AnalysisEvent
  | StrategyEvent
  | CommandEvent;

/** The last words on a forecast that was turned into a signal. */
export interface Signal {
  readonly id: number;
  readonly instrument: Instrument;
  readonly direction: 'up' | 'down' | 'flat';
  readonly probability: number; // of the direction, >= 0.5
  readonly confidence: number; // 2 |p - 0.5|, calibrated
  readonly strength: number; // -1..1, what sizing uses
  readonly horizonUs: number;
  readonly model: string;
  readonly bookSequence: number;
  readonly timeUs: EpochUs;
  readonly mid: number; // real mid at decision time
  readonly action: 'trade' | 'hold'; // hold: below the threshold
}
