// Owns a desk of paper for the built-in strategies: what they wish is kept, numbers are given.
// Promise: the view is a book of 99.90 / 100.00 with nine times as much wanted, or as a test says.
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { Order } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  type Desk,
  NUMBERS,
  type ParameterSchema,
  type ParametersOf,
  type Strategy,
  type StrategyModule,
  type View,
  type Wish,
} from '../../../engine/strategies/strategy.ts';
import { at, linear } from '../../trading-fixture.ts';

export const viewOf = (parts: Partial<View> = {}): View => ({
  instrument: linear,
  position: 0,
  openOrders: [],
  mid: 99.95,
  bid: asPrice(9_990),
  ask: asPrice(10_000),
  bidQty: asQty(90),
  askQty: asQty(10),
  bookSequence: 77,
  tickNs: 5,
  nowUs: at(1000),
  tradingState: 'active',
  ...parts,
});

export interface Paper {
  readonly strategy: Strategy;
  readonly wishes: Wish[];
  readonly cancels: string[];
  orders: readonly Order[];
  /** The one wish that a call led to, null for none. */
  ask(call: (strategy: Strategy) => void): Wish | null;
}

export function openPaper<Schema extends ParameterSchema>(
  module: StrategyModule<Schema>,
  values: Partial<ParametersOf<Schema>>,
  house: { readonly equity?: number; readonly rate?: number; readonly own?: Instrument[] } = {},
): Paper {
  const { equity = 1e6, rate = 1, own = [linear] } = house;
  const wishes: Wish[] = [];
  const cancels: string[] = [];
  const desk: Desk = {
    name: 'paper',
    account: 'main',
    instruments: own,
    numbers: NUMBERS,
    nowUs: at(1000),
    look: (instrument) => viewOf({ instrument }),
    books: {} as Desk['books'],
    position: () => 0,
    openOrders: () => paper.orders,
    profit: () => 0,
    equity: () => equity,
    quoteRate: () => rate,
    submit: (wish) => void wishes.push({ ...wish }),
    cancel: (id) => cancels.push(id) > 0,
    amend: () => false,
    log: () => undefined,
  };
  const defaults = Object.entries(module.parameters).map(([name, spec]) => [name, spec.default]);
  const parameters = { ...Object.fromEntries(defaults), ...values } as ParametersOf<Schema>;
  const paper: Paper = {
    strategy: module.create({ parameters, desk }),
    wishes,
    cancels,
    orders: [],
    ask(call) {
      wishes.length = 0;
      call(paper.strategy);
      return wishes[0] ?? null;
    },
  };
  return paper;
}
