// Owns the list of instruments of a run, and finding in it the one a person means by a name.
// Promise: names are ccxt's; what fits more than one instrument is told with the keys, not chosen.
import { assertNever } from '../core/assert.ts';
import {
  assertInstrument,
  type Instrument,
  type InstrumentSpec,
  instrumentAt,
} from '../core/instrument.ts';

/** Gives each spec its row, in order; asserts what the house relies on (core/instrument.ts). */
export function listInstruments(specs: readonly InstrumentSpec[]): Instrument[] {
  return specs.map((spec, index) => {
    const instrument = instrumentAt(spec, index);
    assertInstrument(instrument);
    return instrument;
  });
}

/** ccxt's name: BTC/USDT (spot), BTC/USDT:USDT, BTC/USD:BTC, BTC/USDT:USDT-250926 (dated). */
export function unifiedName({ kind, base, quote, settle, expiry }: InstrumentSpec): string {
  const pair = `${base}/${quote}`;
  if (kind === 'spot') return pair;
  return expiry === undefined ? `${pair}:${settle}` : `${pair}:${settle}-${expiry}`;
}

export type FoundInstrument =
  | { readonly kind: 'found'; readonly instrument: Instrument }
  /** `keys`: what it may mean; each of them is a name that means one. */
  | { readonly kind: 'ambiguous'; readonly keys: readonly string[] }
  /** `near`: unified names of the same pair; empty when it is not here at all. */
  | { readonly kind: 'unknown'; readonly near: readonly string[] };

/**
 * The instrument a person means. A key (BTCUSDT.binance-usdm) or a venue's own symbol (BTCUSDT)
 * wins, then a unified name; then the pair in looser spelling (btc-usdt, BTCUSD for BTCUSD_PERP),
 * which no dated contract answers to. Case does not matter.
 */
export function findInstrument(list: readonly Instrument[], text: string): FoundInstrument {
  const wanted = text.trim().toUpperCase();
  const fits = (name: (one: Instrument) => string): readonly Instrument[] =>
    list.filter((one) => name(one).toUpperCase() === wanted);
  for (const matches of [
    fits(({ key }) => key),
    fits(({ symbol }) => symbol),
    fits(unifiedName),
    wanted.includes('/') ? [] : list.filter((one) => isLoosely(one, wanted)),
  ]) {
    const [first, ...others] = matches;
    if (first === undefined) continue;
    if (others.length === 0) return { kind: 'found', instrument: first };
    return { kind: 'ambiguous', keys: matches.map(({ key }) => key) };
  }
  const pair = plain(wanted.split(':')[0] ?? '');
  const near = list.filter((one) => pair !== '' && `${one.base}${one.quote}` === pair);
  return { kind: 'unknown', near: [...new Set(near.map(unifiedName))] };
}

const KEYS_SHOWN = 8;

/** For people: what is wrong with `text`, and what to write instead. */
export function describeUnfound(
  list: readonly Instrument[],
  text: string,
  found: Exclude<FoundInstrument, { kind: 'found' }>,
): string {
  switch (found.kind) {
    case 'ambiguous':
      return `'${text}' fits several instruments; write one of ${found.keys.join(', ')}`;
    case 'unknown':
      return found.near.length === 0
        ? `'${text}' is not traded here; known: ${knownOf(list)}`
        : `'${text}' is not traded here; of this pair there is ${found.near.join(', ')}`;
    default:
      return assertNever(found);
  }
}

function knownOf(list: readonly Instrument[]): string {
  const keys = list.slice(0, KEYS_SHOWN).map(({ key }) => key);
  return keys.join(', ') + (list.length > KEYS_SHOWN ? ', …' : '');
}

const plain = (text: string): string => text.replace(/[/\-_\s]/g, '');

const isLoosely = ({ base, quote, expiry }: Instrument, wanted: string): boolean =>
  expiry === undefined && `${base}${quote}`.toUpperCase() === plain(wanted);
