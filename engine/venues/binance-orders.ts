// Owns order entry over Binance's WebSocket API: signed order.place and order.cancel, and answers.
// Promise: an answer that cannot be understood makes the order unclear, never failed.
import { createHmac } from 'node:crypto';
import type { Placement } from '../core/decision.ts';
import type { VenueReport } from '../core/event.ts';
import { formatPrice, formatQty } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, parseDecimal } from '../core/units.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
}

/** The request text for one placement; `timeMs` is the venue's timestamp parameter. */
export function encodePlace(
  placement: Placement,
  credentials: Credentials,
  timeMs: number,
): string {
  const { intent, id } = placement;
  const { instrument } = intent;
  const params: Record<string, string | number> = {
    apiKey: credentials.apiKey,
    newClientOrderId: id,
  };
  if (intent.price !== null) params.price = formatPrice(instrument, intent.price);
  params.quantity = formatQty(instrument, intent.qty);
  if (intent.reduceOnly && instrument.kind !== 'spot') params.reduceOnly = 'true';
  params.side = intent.side === 'buy' ? 'BUY' : 'SELL';
  params.symbol = instrument.symbol;
  if (intent.price !== null && !(intent.postOnly && instrument.kind === 'spot')) {
    params.timeInForce = intent.postOnly ? 'GTX' : intent.timeInForce;
  }
  params.timestamp = timeMs;
  params.type = typeOf(placement);
  return request(`p${id}`, 'order.place', params, credentials);
}

export function encodeCancel(order: Order, credentials: Credentials, timeMs: number): string {
  const params = {
    apiKey: credentials.apiKey,
    origClientOrderId: order.id,
    symbol: order.instrument.symbol,
    timestamp: timeMs,
  };
  return request(`x${order.id}`, 'order.cancel', params, credentials);
}

function typeOf({ intent }: Placement): string {
  if (intent.price === null) return 'MARKET';
  return intent.postOnly && intent.instrument.kind === 'spot' ? 'LIMIT_MAKER' : 'LIMIT';
}

// Parameters are added in alphabetical order, which is the order the signature wants.
function request(
  id: string,
  method: string,
  params: Record<string, string | number>,
  credentials: Credentials,
): string {
  let query = '';
  for (const name in params) query += `${query === '' ? '' : '&'}${name}=${params[name]}`;
  const signature = createHmac('sha256', credentials.secret).update(query).digest('hex');
  return JSON.stringify({ id, method, params: { ...params, signature } });
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
 * ours, and for what is no message: an order whose answer it was runs into its time-out. `scales` gives price and quantity scale by client order id, null when it is not ours.
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
      timeUs: asEpochUs(timeUs),
    },
  ];
}
