// Owns what composition is told, and the interfaces of what may differ: venue and forecasts.
// Promise: plain interfaces; whoever implements them decides between live, paper and replay.

import type { Config } from '../config/schema.ts';
import type { Placement } from '../core/decision.ts';
import type { EngineEvent, ForecastEvent, VenueReport } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import type { Clock } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { Forecasts } from './forecasts.ts';
import type { GatewayOptions } from './gateway.ts';
import type { Ground } from './ground.ts';
import type { RiskMaterial } from './risk-material.ts';

/** Where orders go: a simulated venue or a wire. Reports come back through the system. */
export interface VenueLink {
  place(placement: Placement, nowUs: EpochUs): void;
  cancel(order: Order, nowUs: EpochUs): void;
  /** Takes back what is open under an id this engine does not know. */
  cancelUnknown(venue: string, orderId: string, nowUs: EpochUs): void;
  /** What is open of ours at `venue`; the answer comes as a report. */
  askOpenOrders(venue: string, nowUs: EpochUs): void;
  /** After each market event, so that a simulated venue can match against the new book. */
  afterEvent(event: EngineEvent, nowUs: EpochUs): void;
  /** Time passes: reports that are due come out. */
  advance(nowUs: EpochUs): void;
  /**
   * What the account is worth at `venue` as collateral, base currency; NaN when it is not known,
   * and then nothing is approved there that needs margin. A simulated venue holds all of it.
   */
  collateral(venue: string, equity: number): number;
  /** What became of an order of an earlier engine; the answer comes as a report. */
  query(order: Order, nowUs: EpochUs): void;
  close(): void;
}

export interface VenueHouse {
  readonly ground: Ground;
  readonly instruments: readonly Instrument[];
  readonly epoch: number; // of this engine
  /** Takes what a venue said; it is applied after the event in hand. */
  readonly report: (report: VenueReport) => void;
}

export interface ForecastHouse {
  readonly ground: Ground;
  readonly instruments: readonly Instrument[];
  readonly deliver: (event: ForecastEvent) => void;
}

export interface SystemOptions {
  readonly config: Config;
  readonly mode: string;
  readonly version: string;
  readonly seed: string;
  readonly model: string; // version, for the journal
  readonly instruments: readonly Instrument[];
  readonly stateDir: string;
  readonly kernels: WebAssembly.Module;
  readonly clock: Clock;
  readonly startUs: EpochUs;
  readonly isReplay: boolean;
  readonly openVenue: (house: VenueHouse) => VenueLink;
  readonly openForecasts: (house: ForecastHouse) => Promise<Forecasts>;
  /** Asked once the state folder is ours; null: no door is opened, nothing is told. */
  readonly gateway: (() => GatewayOptions) | null;
  /** What risk knows of the past; by default the built-in crises and a synthetic history. */
  readonly material?: RiskMaterial;
  readonly requestSnapshot: (instrument: Instrument) => void;
  readonly onFault: (reason: string) => void;
  /** Something failed that trading does not need. */
  readonly onTrouble?: (reason: string) => void;
}
