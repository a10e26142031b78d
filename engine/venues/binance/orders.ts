// Owns order entry over Binance's WebSocket API: signed order.place and order.cancel, and answers.
// Promise: an answer that cannot be understood makes the order unclear, never failed.
import { hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import type { Placement } from '../../core/decision.ts';
import type { VenueReport } from '../../core/event.ts';
import { formatPrice, formatQty } from '../../core/instrument.ts';
import type { Order, OrderIntent } from '../../core/order.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, parseDecimal } from '../../core/units.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
}

/**
 * The request text for one placement; `timeMs` is the venue's timestamp parameter. Parameters are
 * written in alphabetical order, which is the order the signature wants.
 */
export function encodePlace(
  placement: Placement,
  credentials: Credentials,
  timeMs: number,
): string {
  const { intent, id, limitPrice } = placement;
  const { instrument } = intent;
  const isSpot = instrument.kind === 'spot';
  const text = begin(credentials);
  add(text, 'newClientOrderId', id);
  add(text, 'price', formatPrice(instrument, limitPrice));
  add(text, 'quantity', formatQty(instrument, intent.qty));
  if (intent.reduceOnly && !isSpot) add(text, 'reduceOnly', 'true');
  add(text, 'side', intent.side === 'buy' ? 'BUY' : 'SELL');
  add(text, 'symbol', instrument.symbol);
  const isMaker = intent.postOnly && isSpot; // a type of its own there, without a time in force
  if (!isMaker) add(text, 'timeInForce', timeInForceOf(intent));
  addNumber(text, 'timestamp', timeMs);
  add(text, 'type', isMaker ? 'LIMIT_MAKER' : 'LIMIT');
  return finish(text, `p${id}`, 'order.place', credentials);
}

export function encodeCancel(order: Order, credentials: Credentials, timeMs: number): string {
  const text = begin(credentials);
  add(text, 'origClientOrderId', order.id);
  add(text, 'symbol', order.instrument.symbol);
  addNumber(text, 'timestamp', timeMs);
  return finish(text, `x${order.id}`, 'order.cancel', credentials);
}

// A market order leaves as an immediate limit at its collar: MARKET would have no protection.
function timeInForceOf({ type, postOnly, timeInForce }: OrderIntent): string {
  if (type === 'market') return 'IOC';
  return postOnly ? 'GTX' : timeInForce;
}

// What is signed and what is sent, side by side. Values are ids, symbols and decimals of our own,
// which need no escaping; the key is the one text from outside, so it is looked at.
interface RequestText {
  query: string;
  json: string;
}

const PLAIN = /^[\w.~-]+$/;

function begin({ apiKey }: Credentials): RequestText {
  assert(PLAIN.test(apiKey), 'the API key has characters no venue gives out: check its setting');
  return { query: `apiKey=${apiKey}`, json: `"apiKey":"${apiKey}"` };
}

function add(text: RequestText, name: string, value: string): void {
  text.query += `&${name}=${value}`;
  text.json += `,"${name}":"${value}"`;
}

function addNumber(text: RequestText, name: string, value: number): void {
  text.query += `&${name}=${value}`;
  text.json += `,"${name}":${value}`;
}

function finish(
  { query, json }: RequestText,
  id: string,
  method: string,
  { secret }: Credentials,
): string {
  const signature = sign(secret, query);
  return `{"id":"${id}","method":"${method}","params":{${json},"signature":"${signature}"}}`;
}

const BLOCK = 64; // bytes of a SHA-256 block
const PADS = new Map<string, { readonly inner: Buffer; readonly outer: Buffer }>(); // by secret
const PADS_MAX = 64;

/**
 * HMAC-SHA-256 (RFC 2104) as hex. Two one-shot hashes over prepared blocks take a third of the time
 * of a createHmac object, most of which is making it.
 */
export function sign(secret: string, text: string): string {
  const { inner, outer } = padsOf(secret);
  const length = inner.write(text, BLOCK, 'latin1');
  outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'hex'), BLOCK, 'hex');
  return hash('sha256', outer, 'hex');
}

const TEXT_BYTES_MAX = 4096;

function padsOf(secret: string): { readonly inner: Buffer; readonly outer: Buffer } {
  const known = PADS.get(secret);
  if (known !== undefined) return known;
  const bytes = Buffer.from(secret, 'utf8');
  const key = Buffer.alloc(BLOCK);
  if (bytes.length > BLOCK) key.write(hash('sha256', bytes, 'hex'), 'hex');
  else bytes.copy(key);
  const inner = Buffer.alloc(BLOCK + TEXT_BYTES_MAX);
  const outer = Buffer.alloc(BLOCK + 32);
  for (let at = 0; at < BLOCK; at += 1) {
    inner[at] = (key[at] ?? 0) ^ 0x36;
    outer[at] = (key[at] ?? 0) ^ 0x5c;
  }
  if (PADS.size >= PADS_MAX) PADS.clear();
  const pads = { inner, outer };
  PADS.set(secret, pads);
  return pads;
}

interface Answer {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly error?: { readonly code?: unknown; readonly msg?: unknown } | null;
  readonly result?: { readonly status?: unknown } | null;
  readonly e?: unknown;
  readonly o?: Readonly<Record<string, unknown>> | null;
}

/**
 * Reports in one message of the order socket or the user stream; [] for messages about nothing of
 * ours, and for what is no message: an order whose answer it was runs into its time-out. `scales`
 * gives price and quantity scale by client order id, null when it is not ours.
 */
export function decodeOrderMessage(
  bytes: Buffer,
  nowUs: EpochUs,
  scales: (orderId: string) => { readonly price: number; readonly qty: number } | null,
): readonly VenueReport[] {
  const message = parse(bytes);
  if (message?.e === 'ORDER_TRADE_UPDATE' && typeof message.o === 'object' && message.o !== null) {
    return fromTradeUpdate(message.o, nowUs, scales);
  }
  if (typeof message?.id !== 'string') return [];
  const orderId = message.id.slice(1);
  return message.id.startsWith('p') ? fromAnswer(message, orderId, nowUs) : [];
}

function parse(bytes: Buffer): Answer | null {
  try {
    const message: unknown = JSON.parse(bytes.toString('latin1'));
    return typeof message === 'object' ? message : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

// -1006 and -1007: the venue itself does not know. So do 408 and every 5xx, whatever their code:
// Binance API docs, "General API information": the execution status is UNKNOWN, not failed.
const UNCLEAR_CODES = new Set([-1006, -1007]);
const isRefusal = (status: unknown): boolean =>
  typeof status === 'number' && status >= 400 && status < 500 && status !== 408;

function fromAnswer(message: Answer, orderId: string, timeUs: EpochUs): readonly VenueReport[] {
  if (message.status === 200) {
    const ended = endedState(message.result?.status);
    const accepted: VenueReport = { kind: 'accepted', orderId, timeUs };
    if (ended === null) return [accepted];
    return [accepted, { kind: 'ended', orderId, state: ended, reason: 'venue', timeUs }];
  }
  const code = message.error?.code;
  const isClear = typeof code === 'number' && !UNCLEAR_CODES.has(code);
  const reason = `${String(message.error?.msg ?? 'no message')} (${String(code)})`;
  if (!isClear || !isRefusal(message.status)) {
    return [{ kind: 'unclear', orderId, reason, timeUs }];
  }
  return [{ kind: 'ended', orderId, state: 'rejected', reason, timeUs }];
}

function endedState(status: unknown): 'cancelled' | 'expired' | null {
  if (status === 'CANCELED') return 'cancelled';
  return status === 'EXPIRED' || status === 'EXPIRED_IN_MATCH' ? 'expired' : null;
}

type Fill = Extract<VenueReport, { readonly kind: 'fill' }>;

function fromTradeUpdate(
  o: Readonly<Record<string, unknown>>,
  timeUs: EpochUs,
  scales: (orderId: string) => { readonly price: number; readonly qty: number } | null,
): readonly VenueReport[] {
  const orderId = String(o.c);
  const scale = scales(orderId);
  if (scale === null) return [];
  const event = o.x;
  if (event === 'NEW') return [{ kind: 'accepted', orderId, timeUs }];
  const ended = endedState(o.X);
  if (event !== 'TRADE') {
    return ended === null
      ? []
      : [{ kind: 'ended', orderId, state: ended, reason: 'venue', timeUs }];
  }
  const price = parseDecimal(String(o.L), scale.price);
  const qty = parseDecimal(String(o.l), scale.qty);
  if (typeof price !== 'number' || typeof qty !== 'number') {
    return [{ kind: 'unclear', orderId, reason: `fill ${String(o.t)} unreadable`, timeUs }];
  }
  return [
    {
      kind: 'fill',
      orderId,
      fillId: String(o.t),
      price: asPrice(price),
      qty: asQty(qty),
      liquidity: o.m === true ? 'maker' : 'taker',
      fee: feeOf(o),
      timeUs: asEpochUs(timeUs),
    },
  ];
}

// N is null where nothing was charged; what is no decimal is left to the instrument's schedule.
function feeOf(o: Readonly<Record<string, unknown>>): Fill['fee'] {
  const amount = String(o.n);
  const isTold = typeof o.N === 'string' && /^-?\d+(\.\d+)?$/.test(amount);
  return isTold ? { asset: String(o.N), amount } : null;
}
