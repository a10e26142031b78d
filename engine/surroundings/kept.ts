// Owns what outlives a restart of the instruments that people added: those that are held.
// Promise: the configuration's list counts; nobody's position or living order is left without one.
import type { Instrument } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import { readInstrument } from '../run/instruments-slice.ts';
import type { State } from '../state.ts';

/**
 * Lists every instrument that a person added to an earlier run, that the configuration does not
 * name, and of which a contract is held or an order lives. The others are retired by the first
 * facts of the run (beginning.ts); coins lie at their venue whether a pair trades them or not. What
 * finds no slot, or was taken out of the configuration, is refused by the start check.
 */
export function keepHeld(listed: Instruments, state: State): readonly Instrument[] {
  const keys = state.instruments.traded().filter((key) => isKept(listed, state, key));
  for (const key of keys) {
    const record = state.instruments.recordOf(key);
    const spec = record === null ? '' : readInstrument(record);
    if (typeof spec !== 'string') listed.add(spec);
  }
  if (keys.length === 0) return [];
  // Orders were read before their instruments had slots.
  for (const saved of state.save()) {
    if (saved.slice === 'orders') state.load('orders', saved.state);
  }
  return keys.flatMap((key) => listed.byKey(key) ?? []);
}

function isKept(
  listed: Instruments,
  { instruments, accounts, orders }: State,
  key: string,
): boolean {
  if (listed.byKey(key) !== null || !instruments.wasAddedByHand(key)) return false;
  const isContract = instruments.find(key)?.kind !== 'spot';
  const isHeld = [...accounts.heldOf(key)].some(({ position }) => position.qty !== 0n);
  const isOpen = [...orders.open()].some(({ instrument }) => instrument.key === key);
  return (isContract && isHeld) || isOpen;
}
