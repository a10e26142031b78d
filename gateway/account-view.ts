// Owns how the ledger looks to a client: what each account holds where, and what was put in.
// Promise: exact decimals; capital that has no mark yet is null and named, never zero.
import { formatCents, formatDecimal } from '../engine/core/units.ts';
import type { State } from '../engine/state.ts';

const AMOUNT_SCALE = 18; // of the ledger

/** What every account holds at every venue, sorted, and the capital that was put in. */
export function accountsView(accounts: State['accounts']) {
  const balances = [...accounts.ledgerRows()]
    .filter(({ book }) => book === 'balance')
    .map(({ account, venue, asset, amount }) => ({
      ...{ account, venue, asset, balance: formatDecimal(amount, AMOUNT_SCALE) },
    }))
    .sort((a, b) => placeOf(a).localeCompare(placeOf(b)));
  const { value, pending } = accounts.capital();
  return {
    balances,
    capital: pending.length === 0 ? formatCents(value) : null, // null: some of it has no mark yet
    capital_pending: pending.map(({ id, amounts }) => ({ id, amounts })),
  };
}

const placeOf = (row: { account: string; venue: string; asset: string }): string =>
  `${row.account} ${row.venue} ${row.asset}`;
