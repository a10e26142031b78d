// Owns what outlives a restart of the instruments that people added: those that are needed.
// Promise: the configuration's list counts; nobody's position, order or coins are left without one.
import type { Instrument } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import { whyNeeded } from '../execution/needed.ts';
import type { State } from '../state.ts';

/**
 * Lists every instrument that a person added to an earlier run, that the configuration does not
 * name, and that no person could have retired: one that is held, of which an order lives, or that
 * alone prices coins. The others are retired by the first facts of the run (beginning.ts). What
 * finds no slot, or was taken out of the configuration, is refused by the start check.
 */
export function keepHeld(listed: Instruments, state: State): readonly Instrument[] {
  const needed = neededOf(listed, state);
  for (const instrument of needed) listed.add(instrument);
  if (needed.length === 0) return [];
  // Orders were read before their instruments had slots.
  for (const saved of state.save()) {
    if (saved.slice === 'orders') state.load('orders', saved.state);
  }
  return needed.flatMap(({ key }) => listed.byKey(key) ?? []);
}

/** One after the other, as if each was retired: of two that price the same coins one stays. */
function neededOf(listed: Instruments, state: State): readonly Instrument[] {
  const { instruments } = state;
  const byHand = instruments
    .traded()
    .filter((key) => listed.byKey(key) === null && instruments.wasAddedByHand(key))
    .flatMap((key) => instruments.find(key) ?? []);
  let traded: readonly Instrument[] = [...listed.traded(), ...byHand];
  for (const instrument of byHand) {
    if (whyNeeded({ state, traded }, instrument) !== null) continue;
    traded = traded.filter((one) => one !== instrument);
  }
  return byHand.filter((instrument) => traded.includes(instrument));
}
