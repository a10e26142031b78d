// Owns client order ids: epoch and counter from blocks reserved in the journal ahead of use.
// Promise: no id is handed out before the record that reserves its block is durable.
export const ID_BLOCK = 1024;

/** 'c' + epoch (4 base-36 digits) + 'x' + number (8): 14 of the 32 characters OKX allows. */
export const formatOrderId = (epoch: number, number: number): string =>
  `c${epoch.toString(36).padStart(4, '0')}x${number.toString(36).padStart(8, '0')}`;

export interface IdSource {
  /** Reserves the first block; until it is durable there is no id. */
  start(): void;
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
  return {
    start: extend,
    next() {
      if (reserved > first && reserved - number <= ID_BLOCK / 2) extend();
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

const ORDER_ID = /^c([0-9a-z]{4})x([0-9a-z]{8})$/;

/** Epoch and number of an id that formatOrderId made; null for any other text. */
export function parseOrderId(
  id: string,
): { readonly epoch: number; readonly number: number } | null {
  const parts = ORDER_ID.exec(id);
  if (parts === null) return null;
  return {
    epoch: Number.parseInt(parts[1] ?? '', 36),
    number: Number.parseInt(parts[2] ?? '', 36),
  };
}
