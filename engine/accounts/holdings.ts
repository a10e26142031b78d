// Owns who holds what of which instrument: accounts (netted as a venue nets) and their strategies.
// Promise: reading those of one instrument or one strategy looks at no other.
import type { HoldingRecord, Posting } from '../facts/money.ts';
import { type Amount, formatAmount, parseAmount } from './amount.ts';
import { FLAT, fromHoldingRecord, type Position } from './position.ts';

/** A record as it stands, and its numbers. */
export interface Held {
  readonly record: HoldingRecord;
  readonly position: Position;
}

export interface Holdings {
  put(record: HoldingRecord): void;
  find(account: string, strategy: string | null, instrument: string): Position;
  of(instrument: string): Iterable<Held>;
  by(strategy: string): Iterable<Held>;
  instruments(): Iterable<string>;
  /** Funding of an account's position: its strategies carry it in proportion to what they hold. */
  fund(instrument: string, paid: Posting): void;
  /** Canonical: by instrument, then account, then strategy, the account's own first. */
  save(): HoldingRecord[];
  load(saved: readonly HoldingRecord[]): void;
}

/** Numbers are read from the text when somebody asks for them: a fold stores, it need not count. */
class Holding implements Held {
  record: HoldingRecord;
  #position: Position | null = null;
  constructor(record: HoldingRecord) {
    this.record = record;
  }
  get position(): Position {
    this.#position ??= fromHoldingRecord(this.record);
    return this.#position;
  }
  replace(record: HoldingRecord): void {
    this.record = record;
    this.#position = null;
  }
}

/** By account and strategy, within one instrument. No name holds a NUL (ledger.ts). */
type Sheet = Map<string, Holding>;

export function createHoldings(): Holdings {
  const sheets = new Map<string, Sheet>(); // by instrument
  const books = new Map<string, Set<Holding>>(); // by strategy
  const put = (record: HoldingRecord): void => {
    const sheet = sheets.get(record.instrument) ?? new Map<string, Holding>();
    sheets.set(record.instrument, sheet);
    const key = keyOf(record.account, record.strategy);
    const known = sheet.get(key);
    if (known !== undefined) return known.replace(record);
    const holding = new Holding(record);
    sheet.set(key, holding);
    if (record.strategy === null) return;
    const mine = books.get(record.strategy) ?? new Set<Holding>();
    books.set(record.strategy, mine.add(holding));
  };
  const of = (instrument: string): Iterable<Holding> => sheets.get(instrument)?.values() ?? [];
  return {
    put,
    find: (account, strategy, instrument) =>
      sheets.get(instrument)?.get(keyOf(account, strategy))?.position ?? FLAT,
    of,
    by: (strategy) => books.get(strategy) ?? [],
    instruments: () => sheets.keys(),
    fund: (instrument, paid) => fund([...of(instrument)], paid),
    save: () =>
      [...sheets.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, sheet]) => sorted(sheet).map(({ record }) => record)),
    load(saved) {
      sheets.clear();
      books.clear();
      for (const record of saved) {
        fromHoldingRecord(record); // asserts that it is exact
        put(record);
      }
    },
  };
}

const keyOf = (account: string, strategy: string | null): string =>
  strategy === null ? account : `${account}\0${strategy}`;

const sorted = (sheet: Sheet): Holding[] =>
  [...sheet.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, holding]) => holding);

/**
 * Each strategy carries amount x its quantity / the account's, rounded towards zero; what rounding
 * leaves goes to the first by name. Strategies against each other pay each other, as their account
 * does with its venue. Nobody carries what arrives after the position was closed: it is the
 * account's alone.
 */
function fund(sheet: readonly Holding[], paid: Posting): void {
  const amount = parseAmount(paid.amount) ?? 0n;
  const mine = sheet.filter(({ record }) => record.account === paid.account);
  const own = mine.find(({ record }) => record.strategy === null);
  if (own === undefined) return;
  const total = own.position.qty;
  addFunding(own, amount);
  const holders = mine
    .filter(({ record, position }) => record.strategy !== null && position.qty !== 0n)
    .sort((a, b) => ((a.record.strategy ?? '') < (b.record.strategy ?? '') ? -1 : 1));
  const shares = holders.map(({ position }) =>
    total === 0n ? 0n : (amount * position.qty) / total,
  );
  const rest = amount - shares.reduce((sum, share) => sum + share, 0n);
  holders.forEach((holder, k) => {
    addFunding(holder, (shares[k] ?? 0n) + (k === 0 && total !== 0n ? rest : 0n));
  });
}

function addFunding(holding: Holding, amount: Amount): void {
  const { funding } = holding.position;
  holding.replace({ ...holding.record, funding: formatAmount(funding + amount) });
}
