// Owns one position at average cost: what a fill does to it, exactly, through zero as well.
// Promise: realised profit and open cost together are the cash flow of all fills, to 10^-18.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import { formatDecimal, type Price, parseDecimal, type Qty } from '../core/units.ts';
import type { PositionRecord } from '../facts/fact.ts';
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
 */
export interface Position {
  readonly qty: bigint; // signed steps
  readonly cost: Amount; // signed like qty
  readonly realised: Amount; // settle asset, before fees
  readonly fees: Amount; // settle asset, positive = paid
}

export const FLAT: Position = { qty: 0n, cost: 0n, realised: 0n, fees: 0n };

export interface Execution {
  readonly side: Side;
  readonly price: Price;
  readonly qty: Qty;
  readonly liquidity: 'maker' | 'taker';
}

export interface FillOutcome {
  readonly position: Position;
  readonly value: Amount; // of the whole fill, settle asset, >= 0
  readonly realised: Amount; // by this fill, before fees
  readonly fee: Amount; // positive = paid
}

/**
 * Average cost: a fill against the position releases cost in proportion and realises the rest.
 * Linear: qty x (exit - entry). Inverse: face x (1/entry - 1/exit), in coins. Every value that
 * does not end at 18 digits is rounded towards the venue, never in our favour.
 */
export function fill(instrument: Instrument, before: Position, execution: Execution): FillOutcome {
  const { side, price, qty } = execution;
  const sign = side === 'buy' ? 1n : -1n;
  const size = BigInt(qty);
  const value = fillValue(instrument, price, size, side);
  const fee = feeOf(instrument, value, execution.liquidity);
  const fees = before.fees + fee;
  if (before.qty === 0n || before.qty > 0n === sign > 0n) {
    const cost = before.cost + sign * value;
    const position = { qty: before.qty + sign * size, cost, realised: before.realised, fees };
    return { position, value, realised: 0n, fee };
  }
  const held = before.qty < 0n ? -before.qty : before.qty;
  const closed = size < held ? size : held;
  const exit = closed === size ? value : fillValue(instrument, price, closed, side);
  const released =
    closed === held
      ? before.cost
      : divide(before.cost * closed, held, releasedRounding(instrument));
  // -sign * exit is the exit value with the sign of the position that is being closed.
  const profit = instrument.kind === 'inverse' ? released + sign * exit : -sign * exit - released;
  const position = {
    qty: before.qty + sign * size,
    cost: before.cost - released + sign * (value - exit),
    realised: before.realised + profit,
    fees,
  };
  return { position, value, realised: profit, fee };
}

/** Released cost is rounded so that the profit it leaves is the smaller one. */
const releasedRounding = (instrument: Instrument): Rounding =>
  instrument.kind === 'inverse' ? 'down' : 'up';

/** A buyer of spot or linear pays the rounding; a buyer of inverse contracts gets fewer coins. */
function fillValue(instrument: Instrument, price: Price, size: bigint, side: Side): Amount {
  const face = fractionOf(instrument.multiplier);
  const scale = 10n ** BigInt(instrument.qtyScale + face.scale);
  const unit = 10n ** BigInt(instrument.priceScale);
  const paysMore = side === 'buy' ? 'up' : 'down';
  if (instrument.kind !== 'inverse') {
    return amountOfRatio(BigInt(price) * size * face.numerator, scale * unit, paysMore);
  }
  const rounding = side === 'buy' ? 'down' : 'up';
  return amountOfRatio(face.numerator * size * unit, BigInt(price) * scale, rounding);
}

function feeOf(instrument: Instrument, value: Amount, liquidity: 'maker' | 'taker'): Amount {
  const rate = fractionOf(liquidity === 'maker' ? instrument.makerFee : instrument.takerFee);
  return divide(value * rate.numerator, 10n ** BigInt(rate.scale), 'up');
}

/** Average entry price as a decimal of 18 digits, '0' when flat; derived, never computed with. */
export function entryPriceText(instrument: Instrument, { qty, cost }: Position): string {
  if (qty === 0n || cost === 0n) return '0';
  const face = fractionOf(instrument.multiplier);
  const units = qty * face.numerator; // over 10^(qtyScale + face.scale)
  const scale = 10n ** BigInt(instrument.qtyScale + face.scale);
  const size = units < 0n ? -units : units;
  const value = cost < 0n ? -cost : cost;
  const one = 10n ** BigInt(AMOUNT_SCALE);
  return instrument.kind === 'inverse'
    ? formatAmount(divide(size * one * one, scale * value, 'down'))
    : formatAmount(divide(value * scale, size, 'down'));
}

export const toPositionRecord = (instrument: Instrument, position: Position): PositionRecord => ({
  instrument: instrument.key,
  qty: formatDecimal(position.qty, instrument.qtyScale),
  cost: formatAmount(position.cost),
  entryPrice: entryPriceText(instrument, position),
  realised: formatAmount(position.realised),
  fees: formatAmount(position.fees),
});

/** The way back; a record that is not exact at the instrument's scale is a broken invariant. */
export function fromPositionRecord(instrument: Instrument, record: PositionRecord): Position {
  const qty = parseDecimal(record.qty, instrument.qtyScale);
  assert(typeof qty === 'number', `${record.instrument}: quantity ${record.qty} does not fit`);
  const amount = (name: string, text: string): Amount => {
    const parsed = parseAmount(text);
    assert(parsed !== null, `${record.instrument}: ${name} ${text} is not an amount`);
    return parsed;
  };
  return {
    qty: BigInt(qty),
    cost: amount('cost', record.cost),
    realised: amount('realised', record.realised),
    fees: amount('fees', record.fees),
  };
}
