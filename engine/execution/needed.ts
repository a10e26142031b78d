// Owns why an instrument cannot go: it is held, an order of it lives, or it alone prices coins.
// Promise: pure; one answer for a person who retires it and for a start that would leave it out.
import type { AccountsReader } from '../accounts/accounts-slice.ts';
import type { Amount } from '../accounts/amount.ts';
import { createRates, type Rates } from '../accounts/rates.ts';
import type { Instrument } from '../core/instrument.ts';
import type { State } from '../state.ts';
import { stepsOf } from './owners.ts';

export interface NeededGround {
  readonly state: Pick<State, 'accounts' | 'orders'>;
  readonly traded: readonly Instrument[];
}

/** Null: nothing is lost without it. */
export const whyNeeded = (ground: NeededGround, instrument: Instrument): string | null =>
  problemOfHeld(ground, instrument) ?? problemOfWorth(ground, instrument);

function problemOfHeld({ state }: NeededGround, instrument: Instrument): string | null {
  const { key } = instrument;
  const open = [...state.orders.open()].filter((order) => order.instrument.key === key).length;
  if (open > 0) return `${key} has ${open} open order(s): cancel them before it is retired`;
  const holders = [...state.accounts.heldOf(key)].filter(({ position }) =>
    isClosable(instrument, position.qty),
  );
  const names = holders.map(({ record }) => record.strategy ?? record.account);
  if (names.length === 0) return null;
  return `${key} is held by ${[...new Set(names)].join(', ')}: close it before it is retired`;
}

/** Less than a lot of coins can be sold by nobody: they lie at their venue without the pair. */
function isClosable(instrument: Instrument, qty: Amount): boolean {
  const isSpot = instrument.kind === 'spot';
  return isSpot ? Math.abs(stepsOf(instrument, qty)) >= instrument.lot : qty !== 0n;
}

/** Coins that are held must have a price without it. */
function problemOfWorth({ state, traded }: NeededGround, instrument: Instrument): string | null {
  const rates = ratesOf(traded);
  const without = ratesOf(traded.filter((one) => one !== instrument));
  const lost = heldAssets(state.accounts).filter(
    (asset) => rates.isPriceable(asset) && !without.isPriceable(asset),
  );
  if (lost.length === 0) return null;
  return `${instrument.key}: nothing else prices ${lost.join(', ')}, which is held`;
}

/** Of which any account has something, or owes it. */
export const heldAssets = (accounts: Pick<AccountsReader, 'ledgerRows'>): readonly string[] => {
  const rows = [...accounts.ledgerRows()];
  const held = rows.filter(({ book, amount }) => book === 'balance' && amount !== 0n);
  return [...new Set(held.map(({ asset }) => asset))];
};

/** Of these instruments, with no mark yet: only what they could price may be asked. */
export function ratesOf(instruments: readonly Instrument[]): Rates {
  const assets = new Set(instruments.flatMap(({ base, quote, settle }) => [base, quote, settle]));
  const sizes = { instruments: instruments.length, assets: assets.size + 1, freshUs: 1 };
  const inOrder = instruments.map((one, index) => ({ ...one, index }));
  return createRates(sizes, inOrder);
}
