// Owns what the simulated venue is made of, and how it speaks.
// Promise: whatever it says goes by one line, later than it happened, in the order it happened.
import type { MoneyReport, VenueReport } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { BookReader } from '../../core/ports.ts';
import type { EpochUs, Price } from '../../core/units.ts';
import type { Accounts } from './accounts.ts';
import type { Faults } from './faults.ts';
import type { Line } from './line.ts';
import type { Liquidity } from './liquidity.ts';
import type { Marks } from './marks.ts';
import type { OrderShelf, PaperOrder } from './order.ts';

export type Arrival =
  | { readonly kind: 'place'; readonly order: PaperOrder }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | {
      readonly kind: 'amend';
      readonly orderId: string;
      readonly qty: number;
      readonly price: Price;
    }
  | { readonly kind: 'query'; readonly orderId: string }
  | { readonly kind: 'ask_open'; readonly venue: string }
  | { readonly kind: 'ask_history'; readonly venue: string; readonly sinceUs: number };

export interface VenueState {
  readonly books: BookReader;
  readonly instruments: Map<string, Instrument>; // by key
  readonly accounts: Accounts;
  readonly orders: OrderShelf;
  readonly liquidity: Liquidity;
  readonly marks: Marks;
  readonly faults: Faults;
  readonly arrivals: Line<Arrival>;
  readonly reports: Line<VenueReport>;
  readonly lastTrades: Map<string, number>; // newest trade id, by key: none fills twice
  readonly movements: MoneyReport[]; // funding paid, oldest first
  readonly leverage: (instrument: Instrument) => number;
  readonly fundingRate: (instrument: Instrument) => number;
  readonly fillIds: () => string;
  readonly restingMax: number;
  readonly historyMax: number;
  fundingUs: number; // next; NaN before time has begun
  watchUs: number; // next look at maintenance margins
}

/** The report may be lost, late or, when it is a fill, told twice (faults.ts). */
export function say(state: VenueState, report: VenueReport, timeUs: EpochUs): void {
  const { faults, reports } = state;
  if (faults.losesAnswer()) return;
  reports.push(report, timeUs, faults.delayUs());
  if (report.kind === 'fill' && faults.doublesFill()) reports.push(report, timeUs, 0);
}
