// Owns client order ids: epoch and counter from blocks reserved in the journal ahead of use.
// Promise: no id is handed out before the record that reserves its block is durable.
export const ID_BLOCK = 1024;

/** 'c' + epoch (4 base-36 digits) + 'x' + number (8): 14 of the 32 characters OKX allows. */
export const formatOrderId = (epoch: number, number: number): string =>
  `c${epoch.toString(36).padStart(4, '0')}x${number.toString(36).padStart(8, '0')}`;

export interface IdSource {
  /** The next id, or null while no durable block has one left. */
  next(): string | null;
  /** The number of the next id. */
  readonly nextNumber: number;
  /** Call when the journal says the block up to `to` (exclusive) is durable. */
  markDurable(to: number): void;
}

/** `reserve(from, to)` writes the record; it is asked again when half a block is left. */
export function createIdSource(
  epoch: number,
  first: number,
  reserve: (from: number, to: number) => void,
): IdSource {
  let number = first;
  let durable = first;
  let reserved = first;
  const extend = (): void => {
    const from = reserved;
    reserved += ID_BLOCK;
    reserve(from, reserved);
  };
  extend();
  return {
    next() {
      if (reserved - number <= ID_BLOCK / 2) extend();
      if (number >= durable) return null;
      const id = formatOrderId(epoch, number);
      number += 1;
      return id;
    },
    get nextNumber() {
      return number;
    },
    markDurable(to) {
      durable = Math.max(durable, Math.min(to, reserved));
    },
  };
}
