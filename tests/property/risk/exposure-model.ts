// Owns the slow model of the risk tables: a list of orders, fills and marks, summed from scratch.
// Promise: it keeps no sum from one step to the next and knows neither memory nor kernels.
import type { Instrument } from '../../../engine/core/instrument.ts';
import { instruments } from '../../trading-fixture.ts';

export interface ModelOrder {
  readonly id: string;
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly isBuy: boolean;
  readonly rests: boolean;
  readonly price: number; // real
  open: number; // steps
}

/** Signed steps that somebody holds from here on. */
export interface ModelFill {
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly steps: number;
}

export interface Model {
  readonly marks: number[];
  readonly orders: ModelOrder[];
  readonly fills: ModelFill[];
}

/** Whose orders and fills: everybody's, or those of one scope. */
export type Scope = (one: {
  readonly account: string;
  readonly strategy: string;
  readonly instrument: Instrument;
}) => boolean;

export interface ModelBook {
  readonly long: number; // base currency
  readonly short: number;
  readonly exposure: number;
}

export interface ModelNode extends ModelBook {
  readonly openOrders: number;
  readonly margin: number;
}

const worthOf = (model: Model, { index, kind, multiplier }: Instrument): number =>
  multiplier * (kind === 'inverse' ? 1 : model.marks[index]!);

const total = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

export function positionOf(model: Model, instrument: Instrument, scope: Scope): number {
  return total(
    model.fills
      .filter((one) => one.instrument === instrument && scope(one))
      .map(({ steps }) => steps),
  );
}

export function bookOf(model: Model, instrument: Instrument, scope: Scope): ModelBook {
  const unit = worthOf(model, instrument) / 10 ** instrument.qtyScale;
  const position = positionOf(model, instrument, scope);
  const open = (isBuy: boolean): number =>
    total(
      model.orders
        .filter((one) => one.instrument === instrument && one.isBuy === isBuy && scope(one))
        .map((one) => one.open),
    );
  const long = (position + open(true)) * unit;
  const short = (position - open(false)) * unit;
  return { long, short, exposure: Math.max(Math.abs(long), Math.abs(short)) };
}

/** Books of the instruments of `where`, each with the orders and fills of `scope`. */
export function nodeOf(model: Model, scope: Scope, where: Scope): ModelNode {
  const of = (instrument: Instrument) => ({ account: '', strategy: '', instrument });
  const books = instruments
    .filter((one) => where(of(one)))
    .map((one) => ({ ...bookOf(model, one, scope), kind: one.kind }));
  return {
    long: total(books.map(({ long }) => long)),
    short: total(books.map(({ short }) => short)),
    exposure: total(books.map(({ exposure }) => exposure)),
    openOrders: model.orders.filter((one) => scope(one) && where(one)).length,
    margin: total(books.map(({ exposure, kind }) => exposure * (kind === 'spot' ? 1 : 0.1))),
  };
}

/** The signed worst case of each instrument. */
export const weightsOf = (model: Model): number[] =>
  instruments.map((one) => {
    const { long, short } = bookOf(model, one, () => true);
    return Math.abs(long) >= Math.abs(short) ? long : short;
  });

/** Best resting price of our own on one side; 0 or Infinity where none rests. */
export function quoteOf(model: Model, instrument: Instrument, isBuy: boolean): number {
  const prices = model.orders
    .filter((one) => one.instrument === instrument && one.isBuy === isBuy && one.rests)
    .map(({ price }) => price);
  return isBuy ? Math.max(0, ...prices) : Math.min(Number.POSITIVE_INFINITY, ...prices);
}
