// Owns the slice of instruments: every one that was ever traded, as it was last known.
// Promise: whatever a record names can be found; a key stands for one instrument for ever.
import { assert } from '../core/assert.ts';
import {
  assertInstrument,
  type Instrument,
  type InstrumentSpec,
  NO_ROW,
} from '../core/instrument.ts';
import { hashOf } from '../core/json.ts';
import { asPrice, asQty, formatDecimal, parseDecimal } from '../core/units.ts';
import type { InstrumentRecord } from '../facts/run.ts';
import type { Slice } from '../facts/slice.ts';

/** By key; those that were retired may still be named by orders and holdings. */
export type InstrumentsSaved = readonly {
  readonly isTraded: boolean;
  readonly by: string; // who said so last
  readonly instrument: InstrumentRecord;
}[];

export interface InstrumentsSlice extends Slice<InstrumentsSaved> {
  find(key: string): Instrument | null;
  isTraded(key: string): boolean;
  /** Added by a person, while an engine ran. */
  wasAddedByHand(key: string): boolean;
  /** As it was recorded; null: never. */
  recordOf(key: string): InstrumentRecord | null;
  traded(): readonly string[]; // keys, sorted
  readonly size: number; // retired ones included
}

/** Who adds and retires at a start. */
export const CONFIGURATION = 'configuration';

interface Entry {
  readonly isTraded: boolean;
  readonly by: string;
  readonly record: InstrumentRecord;
  readonly instrument: Instrument;
}

/**
 * `known`: the instruments that a run trades now by key, with their rows in its tables: what it
 * trades is its own object, whatever the record says of it. Others are made from their records.
 */
export function createInstrumentsSlice(
  known: (key: string) => Instrument | null,
): InstrumentsSlice {
  const entries = new Map<string, Entry>();
  const put = (record: InstrumentRecord, isTraded: boolean, by: string): void => {
    entries.set(record.key, { isTraded, by, record, instrument: instrumentOf(record) });
  };
  const save = (): InstrumentsSaved =>
    [...entries.keys()].sort().flatMap((key) => {
      const entry = entries.get(key);
      if (entry === undefined) return [];
      const { isTraded, by, record } = entry;
      return [{ isTraded, by, instrument: record }];
    });
  return {
    name: 'instruments',
    fold(fact) {
      if (fact.kind !== 'instrument') return;
      const { instrument, change, by } = fact;
      const isKnown = change === 'added' || entries.has(instrument.key);
      assert(isKnown, `${instrument.key} is retired and was never added`);
      put(instrument, change === 'added', by);
    },
    save,
    load(saved) {
      entries.clear();
      for (const { instrument, isTraded, by } of saved) put(instrument, isTraded, by);
    },
    hash: () => hashOf(save()),
    find: (key) => {
      const entry = entries.get(key);
      return entry === undefined ? null : (known(key) ?? entry.instrument);
    },
    get size() {
      return entries.size;
    },
    isTraded: (key) => entries.get(key)?.isTraded === true,
    wasAddedByHand: (key) => {
      const entry = entries.get(key);
      return entry?.isTraded === true && entry.by !== CONFIGURATION;
    },
    recordOf: (key) => entries.get(key)?.record ?? null,
    traded: () => [...entries].flatMap(([key, { isTraded }]) => (isTraded ? [key] : [])).sort(),
  };
}

const RECORD_BYTES_MAX = 1024; // with every text at 64 bytes

/** How many there may be, retired ones included: as many again as there are slots. */
export const instrumentsMax = (slots: number): number => 2 * slots;

/** Bytes of the largest save() as JSON. */
export const instrumentsSizeMax = (slots: number): number =>
  instrumentsMax(slots) * RECORD_BYTES_MAX + 64;

/** The record of an instrument, its row apart. */
export function toInstrumentRecord(instrument: Instrument): InstrumentRecord {
  const { index: _, tick, lot, rules, ...rest } = instrument;
  const qty = (steps: number | null): string | null =>
    steps === null ? null : formatDecimal(steps, instrument.qtyScale);
  return {
    ...rest,
    tick: formatDecimal(tick, instrument.priceScale),
    lot: formatDecimal(lot, instrument.qtyScale),
    rules: {
      ...rules,
      minQty: formatDecimal(rules.minQty, instrument.qtyScale),
      maxQty: qty(rules.maxQty),
      maxMarketQty: qty(rules.maxMarketQty),
      marketLot: formatDecimal(rules.marketLot, instrument.qtyScale),
    },
  };
}

function instrumentOf(record: InstrumentRecord): Instrument {
  const read = readInstrument(record);
  assert(typeof read !== 'string', String(read));
  const instrument: Instrument = { ...read, index: NO_ROW };
  assertInstrument(instrument);
  return instrument;
}

/** The instrument a record tells of, or what is wrong with its decimals. */
export function readInstrument(record: InstrumentRecord): InstrumentSpec | string {
  const { key, qtyScale, priceScale, rules } = record;
  let problem: string | null = null;
  const steps = (what: string, text: string, scale: number): number => {
    const parsed = parseDecimal(text, scale);
    if (typeof parsed === 'number') return parsed;
    problem ??= `${key}: ${what} ${text} does not fit its scale`;
    return Number.NaN;
  };
  const most = (what: string, text: string | null) =>
    text === null ? null : asQty(steps(what, text, qtyScale));
  const spec: InstrumentSpec = {
    ...record,
    tick: asPrice(steps('tick', record.tick, priceScale)),
    lot: asQty(steps('lot', record.lot, qtyScale)),
    rules: {
      ...rules,
      minQty: asQty(steps('least quantity', rules.minQty, qtyScale)),
      maxQty: most('largest quantity', rules.maxQty),
      maxMarketQty: most('largest market quantity', rules.maxMarketQty),
      marketLot: asQty(steps('market lot', rules.marketLot, qtyScale)),
    },
  };
  return problem ?? spec;
}
