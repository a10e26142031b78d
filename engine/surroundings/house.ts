// Owns what composition is told, and the ports of what may differ: market, venue, forecasts.
// Promise: plain interfaces; whoever implements them decides between live, paper and replay.

import type { Config } from '../config/schema.ts';
import type { Placement } from '../core/decision.ts';
import type { Command, EngineEvent, ForecastEvent, VenueReport } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import type { Order, OrderChange } from '../core/order.ts';
import type { Clock } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { JournalRecord } from '../facts/fact.ts';
import type { Disk } from '../storage/disk.ts';
import type { PositionText } from '../venues/paper/accounts.ts';
import type { MoneyAt } from '../venues/paper/paper.ts';
import type { OpenLine } from './frames.ts';
import type { GatewayOptions } from './gateway.ts';
import type { Ground } from './ground.ts';
import type { RiskMaterial } from './risk-material.ts';

export type MoneyCommand = Extract<Command, { kind: 'move_money' }>;

/** What brings frames: a generated market, recorded files, a socket. */
export interface MarketSource {
  /** Before the first frame: from here on frames go to lines opened here, one a connection. */
  connect(openLine: OpenLine): void;
  /** Receive time of the first frame that waits; Infinity: none does. A socket's never wait. */
  nextUs(): number;
  /** Hands on the frame that waits, and what belongs to it. */
  step(): void;
  /** A book has to begin anew; the answer comes as a frame. */
  requestSnapshot(instrument: Instrument): void;
  /** An instrument has come: its frames are wanted. */
  list(instrument: Instrument, nowUs: EpochUs): void;
  unlist(instrument: Instrument): void;
}

/** What an engine asks of its market. */
export type MarketWishes = Pick<MarketSource, 'requestSnapshot' | 'list' | 'unlist'>;

/** A source that ends, and whose frames have to be fetched. */
export interface Recording extends MarketSource {
  /** Once none waits: fetches more; false: that was all. */
  load(): Promise<boolean>;
  close(): Promise<void>;
}

/** Who answers requests for forecasts: workers over rings, or the same code inline. */
export interface Forecasts {
  /** An instrument has come: forecasts of its slot are its own from here on. */
  add(instrument: Instrument): void;
  request(instrument: Instrument, nowUs: EpochUs, tickNs: number): void;
  /** Inline: delivers what was requested. Workers: nothing, they deliver by themselves. */
  settle(): Promise<void>;
  /** True when settle() has something to do. */
  isPending(): boolean;
  close(): Promise<void>;
}

/** Where orders go: a simulated venue or a wire. Reports come back through the system. */
export interface VenueLink {
  /** The four that answer: false when it did not leave. */
  place(placement: Placement, nowUs: EpochUs): boolean;
  cancel(order: Order, nowUs: EpochUs): boolean;
  amend(order: Order, change: OrderChange, nowUs: EpochUs): boolean;
  /** Takes back what is open under an id this engine does not know. */
  cancelUnknown(venue: string, orderId: string, nowUs: EpochUs): void;
  /** What is open of ours at `venue`; the answer comes as a report. */
  askOpenOrders(venue: string, nowUs: EpochUs): void;
  /** After each market event, so that a simulated venue can match against the new book. */
  afterEvent(event: EngineEvent, nowUs: EpochUs): void;
  /** Time passes: reports that are due come out. */
  advance(nowUs: EpochUs): void;
  /** An instrument has come: its orders are taken from here on. */
  list(instrument: Instrument): void;
  /** What became of an order; the answer comes as reports, fills first. */
  query(order: Order, nowUs: EpochUs): boolean;
  /** A person moves money, and a simulated venue does it: null, or why it does not. */
  moveMoney(movement: MoneyCommand): string | null;
  close(): void;
}

/** What accounts hold where when a simulated venue begins: it is told, it reads no ledger. */
export interface VenueOpening {
  readonly balances: readonly MoneyAt[];
  readonly positions: readonly PositionText[];
}

export interface VenueHouse {
  readonly ground: Ground;
  readonly instruments: readonly Instrument[];
  readonly epoch: number; // of this engine
  readonly opening: VenueOpening; // by the accounts as they were recovered
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
  /** In memory, for a simulation: no folder, no thread and no database; poll() makes durable. */
  readonly disk?: Disk;
  /** The absolute path of a strategy's file as the configuration names it; default: as it is. */
  readonly pathOf?: (file: string) => string;
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
  /** Every record as it is written: a replica, a standby, a test. */
  readonly follow?: (record: JournalRecord) => void;
  readonly market: MarketWishes;
  readonly onFault: (reason: string) => void;
  /** Something failed that trading does not need. */
  readonly onTrouble?: (reason: string) => void;
  /** A line of a strategy's own: its log, and what an isolated one prints. */
  readonly onStrategyLog?: (strategy: string, text: string) => void;
  /** A strategy failed, and why; or at a start that it still is. Others go on. */
  readonly onStrategyFailed?: (strategy: string, reason: string) => void;
}

/** The same once there are slots: one list, which grows and changes, for everybody. */
export interface ListedOptions extends SystemOptions {
  readonly listed: Instruments; // `instruments` is its list
}
