// Owns one position at average cost: what a fill does to it, exactly, through zero as well.
// Promise: realised profit and open cost together are the cash flow of all fills, to 10^-18.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import type { Price } from '../core/units.ts';
import type { HoldingRecord } from '../facts/money.ts';
import {
  AMOUNT_SCALE,
  type Amount,
  amountOfRatio,
  divide,
  formatAmount,
  fractionOf,
  parseAmount,
  type Rounding,
} from './amount.ts';

/**
 * cost is the value of the open quantity at entry in the settle asset, with the position's sign:
 * price x quantity for spot and linear contracts, face value / price (coins) for inverse ones.
 * A quantity is counted in 10^-18 and not in steps: a fee taken from coins leaves less than a lot.
 */
export interface Position {
  readonly qty: Amount; // signed, base asset or contracts
  readonly cost: Amount; // signed like qty
  readonly realised: Amount; // settle asset, before fees
  readonly fees: Amount; // settle asset, positive = paid
  readonly funding: Amount; // settle asset, positive = earned
}

export const FLAT: Position = { qty: 0n, cost: 0n, realised: 0n, fees: 0n, funding: 0n };

export interface Execution {
  readonly side: Side;
  readonly price: Price;
  readonly qty: Amount; // > 0
}

export interface FillOutcome {
  readonly position: Position; // fees and funding as they were
  readonly value: Amount; // of the whole fill, settle asset, >= 0
  readonly realised: Amount; // by this fill, before fees
}

/**
 * Average cost: a fill against the position releases cost in proportion and realises the rest.
 * Linear: qty x (exit - entry). Inverse: face x (1/entry - 1/exit), in coins. Every value that
 * does not end at 18 digits is rounded towards the venue, never in our favour. The value of a fill
 * does not depend on the position, so positions that share the fills of another sum to it.
 */
export function fill(instrument: Instrument, before: Position, execution: Execution): FillOutcome {
  const { side, price, qty: size } = execution;
  const sign = side === 'buy' ? 1n : -1n;
  const value = executionValue(instrument, execution);
  const qty = before.qty + sign * size;
  if (before.qty === 0n || before.qty > 0n === sign > 0n) {
    const position = { ...before, qty, cost: before.cost + sign * value };
    return { position, value, realised: 0n };
  }
  const held = before.qty < 0n ? -before.qty : before.qty;
  const closed = size < held ? size : held;
  const exit = closed === size ? value : executionValue(instrument, { side, price, qty: closed });
  const released =
    closed === held
      ? before.cost
      : divide(before.cost * closed, held, releasedRounding(instrument));
  // -sign * exit is the exit value with the sign of the position that is being closed.
  const profit = instrument.kind === 'inverse' ? released + sign * exit : -sign * exit - released;
  const position = {
    ...before,
    qty,
    cost: before.cost - released + sign * (value - exit),
    realised: before.realised + profit,
  };
  return { position, value, realised: profit };
}

/** Released cost is rounded so that the profit it leaves is the smaller one. */
const releasedRounding = (instrument: Instrument): Rounding =>
  instrument.kind === 'inverse' ? 'down' : 'up';

/** A buyer of spot or linear pays the rounding; a buyer of inverse contracts gets fewer coins. */
export function executionValue(instrument: Instrument, { side, price, qty }: Execution): Amount {
  const face = fractionOf(instrument.multiplier);
  const scale = 10n ** BigInt(AMOUNT_SCALE + face.scale);
  const unit = 10n ** BigInt(instrument.priceScale);
  const paysMore = side === 'buy' ? 'up' : 'down';
  if (instrument.kind !== 'inverse') {
    return amountOfRatio(BigInt(price) * qty * face.numerator, scale * unit, paysMore);
  }
  const rounding = side === 'buy' ? 'down' : 'up';
  return amountOfRatio(face.numerator * qty * unit, BigInt(price) * scale, rounding);
}

/** Average entry price as a decimal of 18 digits, '0' when flat; derived, never computed with. */
export function entryPriceText(instrument: Instrument, { qty, cost }: Position): string {
  if (qty === 0n || cost === 0n) return '0';
  const face = fractionOf(instrument.multiplier);
  const units = qty * face.numerator; // over 10^(18 + face.scale)
  const scale = 10n ** BigInt(AMOUNT_SCALE + face.scale);
  const size = units < 0n ? -units : units;
  const value = cost < 0n ? -cost : cost;
  const one = 10n ** BigInt(AMOUNT_SCALE);
  return instrument.kind === 'inverse'
    ? formatAmount(divide(size * one * one, scale * value, 'down'))
    : formatAmount(divide(value * scale, size, 'down'));
}

/** `strategy` null: the account's own position. */
export const toHoldingRecord = (
  owner: { readonly account: string; readonly strategy: string | null },
  instrument: Instrument,
  position: Position,
): HoldingRecord => ({
  account: owner.account,
  strategy: owner.strategy,
  instrument: instrument.key,
  qty: formatAmount(position.qty),
  cost: formatAmount(position.cost),
  entryPrice: entryPriceText(instrument, position),
  realised: formatAmount(position.realised),
  fees: formatAmount(position.fees),
  funding: formatAmount(position.funding),
});

/** The way back; a record that is not exact decimals is a broken invariant. */
export function fromHoldingRecord(record: HoldingRecord): Position {
  const amount = (name: keyof Position): Amount => {
    const parsed = parseAmount(record[name]);
    assert(parsed !== null, `${record.instrument}: ${name} ${record[name]} is not an amount`);
    return parsed;
  };
  return {
    qty: amount('qty'),
    cost: amount('cost'),
    realised: amount('realised'),
    fees: amount('fees'),
    funding: amount('funding'),
  };
}
