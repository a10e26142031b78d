// Owns finding out what capture files hold: venue, instruments, and the decimals to read them at.
// Promise: reads only the head of each file; what cannot be told is a problem, not a guess.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CaptureSource,
  createCaptureSource,
  type OnCaptureProblem,
} from './capture-source.ts';

const SAMPLE_FRAMES = 2000;

/** An instrument seen in a file; scales by what the sample prints (scaleOf). */
export interface CaptureInstrument {
  readonly venue: string; // 'binance-spot' | 'binance-usdm' | 'binance-coinm'
  readonly symbol: string;
  readonly priceScale: number;
  readonly qtyScale: number;
}

export interface CaptureFile {
  readonly path: string;
  readonly instruments: readonly CaptureInstrument[];
  /** Set when the file holds one instrument: whose a snapshot without a symbol is. */
  readonly only: CaptureInstrument | null;
  readonly firstUs: number; // receive time of the first frame; NaN when it has none
  readonly hasSnapshot: boolean; // a full book is among the frames looked at
}

export interface CaptureInventory {
  readonly files: readonly CaptureFile[];
  /** Every instrument of every file once, in order of appearance, at the finest scales seen. */
  readonly instruments: readonly CaptureInstrument[];
}

/** Looks at the head of each file. Files without a frame or a venue are left out, and reported. */
export async function inspectCaptures(
  paths: readonly string[],
  onProblem: OnCaptureProblem,
): Promise<CaptureInventory> {
  const files: CaptureFile[] = [];
  const merged = new Map<string, Seen>();
  for (const path of paths) {
    const found = await inspectFile(path, onProblem);
    if (found === null) continue;
    files.push(found.file);
    for (const seen of found.seen) {
      const key = `${seen.symbol}.${seen.venue}`;
      merged.set(key, together(seen, merged.get(key)));
    }
  }
  return { files, instruments: [...merged.values()].map(toInstrument) };
}

/** A folder stands for the captures in it, by name; a file for itself. */
export async function expandCapturePaths(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (entry) => entry.isDirectory(),
      () => false, // a missing file is reported when it is read
    );
    if (!isFolder) found.push(path);
    else {
      const names = (await readdir(path)).filter((name) => /\.(nd)?json(\.gz)?$/.test(name));
      found.push(...names.sort().map((name) => join(path, name)));
    }
  }
  return found;
}

/** What a sample says of the decimals of one kind of number. */
interface Printed {
  printed: number; // most decimals
  carrying: number; // most decimals without the zeros at the end
  largest: number;
}

interface Seen {
  readonly venue: string;
  readonly symbol: string;
  readonly price: Printed;
  readonly qty: Printed;
}

interface Sample {
  venue: string | null;
  readonly nameSymbol: string | null; // from the file name
  readonly scales: Map<string, { readonly price: Printed; readonly qty: Printed }>; // by symbol
  firstUs: number;
  hasSnapshot: boolean;
  frames: number;
}

async function inspectFile(
  path: string,
  onProblem: OnCaptureProblem,
): Promise<{ readonly file: CaptureFile; readonly seen: readonly Seen[] } | null> {
  const name = namesOf(path);
  const sample: Sample = {
    venue: name.venue,
    nameSymbol: name.symbol,
    scales: new Map(),
    firstUs: Number.NaN,
    hasSnapshot: false,
    frames: 0,
  };
  const source = createCaptureSource(path, ({ kind, ...rest }) => {
    if (kind === 'unreadable') onProblem({ kind, ...rest }); // the others come when it is read
  });
  await lookAt(source, sample);
  await source.close();
  const { venue } = sample;
  if (venue === null || sample.scales.size === 0) {
    if (sample.frames > 0) {
      const what = 'no Binance market data among the first frames';
      onProblem({ kind: 'unreadable', path, line: 1, offset: 0, what });
    }
    return null;
  }
  const seen = [...sample.scales].map(([symbol, scales]): Seen => ({ venue, symbol, ...scales }));
  const instruments = seen.map(toInstrument);
  const only = instruments.length === 1 ? (instruments[0] ?? null) : null;
  const { firstUs, hasSnapshot } = sample;
  return { file: { path, instruments, only, firstUs, hasSnapshot }, seen };
}

async function lookAt(source: CaptureSource, sample: Sample): Promise<void> {
  while (sample.frames < SAMPLE_FRAMES && (await source.load())) {
    const { block } = source;
    for (let k = 0; k < block.count && sample.frames < SAMPLE_FRAMES; k += 1) {
      sample.frames += 1;
      if (Number.isNaN(sample.firstUs)) sample.firstUs = block.receiveUs[k] ?? Number.NaN;
      const text = block.bytes.toString('utf8', block.starts[k], block.ends[k]);
      const payload = payloadOf(text);
      if (payload !== null) lookAtPayload(payload, sample);
    }
  }
}

type Payload = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Payload => typeof value === 'object' && value !== null;

// Null: not JSON; the decoder will say so, with its place.
function payloadOf(text: string): Payload | null {
  try {
    const whole: unknown = JSON.parse(text);
    if (!isRecord(whole)) return null;
    return isRecord(whole.data) ? whole.data : whole;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function lookAtPayload(payload: Payload, sample: Sample): void {
  if ('lastUpdateId' in payload) sample.hasSnapshot = true;
  else if (typeof payload.s !== 'string' || !isBinanceEvent(payload)) return;
  sample.venue ??= venueOf(payload);
  const [single] = sample.scales.size === 1 ? sample.scales.keys() : [];
  const symbol = payload.s ?? payload.symbol ?? single ?? sample.nameSymbol;
  if (typeof symbol !== 'string') return;
  const scales = sample.scales.get(symbol) ?? { price: nothing(), qty: nothing() };
  for (const price of [payload.p, payload.b, payload.a]) lookAtNumber(price, scales.price);
  for (const qty of [payload.q, payload.B, payload.A]) lookAtNumber(qty, scales.qty);
  for (const levels of [payload.b, payload.a, payload.bids, payload.asks]) {
    if (!Array.isArray(levels)) continue;
    for (const [price, qty] of levels) {
      lookAtNumber(price, scales.price);
      lookAtNumber(qty, scales.qty);
    }
  }
  sample.scales.set(symbol, scales);
}

const EVENTS = new Set<unknown>(['depthUpdate', 'bookTicker', 'trade', 'aggTrade']);

// The book ticker of spot has no event name.
const isBinanceEvent = (payload: Payload): boolean =>
  EVENTS.has(payload.e) || ['u', 'b', 'B', 'a', 'A'].every((key) => key in payload);

const nothing = (): Printed => ({ printed: 0, carrying: 0, largest: 0 });

function lookAtNumber(text: unknown, found: Printed): void {
  if (typeof text !== 'string') return;
  const value = Number(text);
  if (!Number.isFinite(value)) return; // the decoder will say so, with its place
  const decimals = text.split('.')[1] ?? '';
  found.printed = Math.max(found.printed, decimals.length);
  found.carrying = Math.max(found.carrying, decimals.replace(/0+$/, '').length);
  found.largest = Math.max(found.largest, value);
}

const ROOM = 1024; // how much larger than the sample a later number may be

/**
 * Zeros at the end carry nothing now, but a later number may use their places (ETH spot of
 * 2024-08-08 is quoted in 0.0001, and twice in 100 s in 0.00001). So they are kept as far as the
 * largest number stays exact below 2^53 with room to grow: a coin counted in billions loses them.
 */
function scaleOf({ printed, carrying, largest }: Printed): number {
  if (largest === 0) return printed;
  const fits = Math.floor(Math.log10(Number.MAX_SAFE_INTEGER / (largest * ROOM)));
  return Math.max(carrying, Math.min(printed, fits));
}

const toInstrument = ({ venue, symbol, price, qty }: Seen): CaptureInstrument => ({
  venue,
  symbol,
  priceScale: scaleOf(price),
  qtyScale: scaleOf(qty),
});

// Only COIN-M names the pair (ps, pair); only USD-M diffs have pu without it. USD-M frames all
// carry E and T, spot book tickers and snapshots neither, spot diffs no T, spot trades M.
function venueOf(payload: Payload): string {
  if ('ps' in payload || 'pair' in payload) return 'binance-coinm';
  if ('pu' in payload) return 'binance-usdm';
  return 'E' in payload && 'T' in payload && !('M' in payload) ? 'binance-usdm' : 'binance-spot';
}

const VENUE_NAMES: ReadonlyMap<string, string> = new Map([
  ['spot', 'binance-spot'],
  ['usdm', 'binance-usdm'],
  ['cm', 'binance-coinm'],
  ['coinm', 'binance-coinm'],
]);

// binance-usdm-btcusdt-20240808.ndjson.gz: venue and symbol.
function namesOf(path: string): { readonly venue: string | null; readonly symbol: string | null } {
  const match = /binance-(spot|usdm|coinm|cm)(?:-([a-z0-9]+(?:_[a-z0-9]+)?))?/i.exec(
    path.slice(path.lastIndexOf('/') + 1),
  );
  if (match === null) return { venue: null, symbol: null };
  const symbol = match[2]?.toUpperCase() ?? null;
  return { venue: VENUE_NAMES.get(match[1]?.toLowerCase() ?? '') ?? null, symbol };
}

function together(seen: Seen, known: Seen | undefined): Seen {
  if (known === undefined) return seen;
  const most = (a: Printed, b: Printed): Printed => ({
    printed: Math.max(a.printed, b.printed),
    carrying: Math.max(a.carrying, b.carrying),
    largest: Math.max(a.largest, b.largest),
  });
  return { ...seen, price: most(seen.price, known.price), qty: most(seen.qty, known.qty) };
}
