// Owns what the way of an order needs of the house: the gates, the state, the outside.
// Promise: one list of rooms; whoever decides about orders is handed this and nothing else.
import type { FillReport } from '../accounts/fill.ts';
import type { Rates } from '../accounts/rates.ts';
import type { Compliance } from '../compliance/pre-trade.ts';
import type { IdSource } from '../core/ids.ts';
import type { Order } from '../core/order.ts';
import type { BookReader, Clock } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { Effects } from '../facts/effects.ts';
import type { Fact } from '../facts/fact.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import type { OrderRoom } from '../orders/order-room.ts';
import type { Requests } from '../orders/requests.ts';
import type { StartGate } from '../orders/start-gate.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Guard } from '../risk/guard.ts';
import type { MarketPrices } from '../risk/market-prices.ts';
import type { PreTrade } from '../risk/pre-trade.ts';
import type { State } from '../state.ts';
import type { Derived } from './derived.ts';

export interface OrderPath {
  readonly telemetry: Telemetry;
  readonly clock: Clock; // nowNs only: stage timings, never decisions
  readonly books: BookReader;
  readonly compliance: Compliance;
  readonly preTrade: PreTrade;
  readonly riskCheckNsMax: number; // main.riskCheckTimeoutMs: beyond it a check is counted as slow
  readonly marketPrices: MarketPrices;
  readonly exposure: Exposure;
  readonly derived: Pick<Derived, 'without'>;
  readonly guard: Guard;
  readonly state: State;
  readonly rates: Rates;
  readonly orderRoom: OrderRoom;
  readonly requests: Requests;
  readonly gate: StartGate;
  readonly ids: IdSource;
  readonly effects: Effects;
  /** Folds a fact, lets what is derived follow, and hands it to journal and gateway. */
  commit(fact: Fact, nowUs: EpochUs): void;
  /** An order has changed, and everything that led to it is committed. */
  onOrder(before: Order | null, order: Order, nowUs: EpochUs): void;
  /** A fill of it was booked; its own change of state comes next. */
  onFill(order: Order, fill: FillReport, nowUs: EpochUs): void;
}
