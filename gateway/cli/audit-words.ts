// Owns how a journal record reads: one line of plain words for each kind.
// Promise: pure; every kind has words, and no word says more than the record does.
import { assertNever } from '../../engine/core/assert.ts';
import type { Breach } from '../../engine/core/decision.ts';
import type { JournalBody, JournalRecord, OrderRecord } from '../../engine/core/journal-record.ts';
import type { OrderOrigin } from '../../engine/core/order.ts';

type Body<Kind extends JournalBody['kind']> = Extract<JournalBody, { kind: Kind }>;

/** '2024-08-08T00:00:01.234567Z' of microseconds since the epoch. */
export function formatTimeUs(us: number): string {
  const date = new Date(Math.floor(us / 1000));
  if (Number.isNaN(date.getTime())) return `${us} us`;
  return `${date.toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')}Z`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const round = (value: number | null): string =>
  value === null ? 'unknown' : value.toLocaleString('en', { maximumFractionDigits: 2 });
const percent = (value: number | null): string =>
  value === null ? 'unknown' : `${(value * 100).toFixed(1)} %`;

function originWords(origin: OrderOrigin): string {
  return origin.kind === 'signal'
    ? `because of signal ${origin.signalId}`
    : `asked for with API key '${origin.key}'`;
}

const breachWords = ({ limit, asked, allowed }: Breach): string =>
  `${limit} (asked ${round(asked)}, allowed ${round(allowed)})`;

function signalWords(body: Body<'signal'>): string {
  const { id, instrument, direction, probability, confidence, horizonUs, model, mid } = body;
  const belief =
    `${instrument} ${direction} with probability ${percent(probability)}, ` +
    `confidence ${percent(confidence)}, over ${horizonUs / 1e6} s`;
  const basis = `model ${model}, mid ${mid}, book ${body.bookSequence}`;
  return `signal ${id}: ${belief} (${basis}); ${body.action === 'trade' ? 'acted on' : 'held'}`;
}

function verdictWords(body: Body<'verdict'>): string {
  const { orderId, side, qty, instrument, price, origin, notional, varAfter } = body;
  const what = `${side} ${qty} ${instrument} ${price === null ? 'at market' : `at ${price}`}`;
  const start = `${orderId}: ${what}, ${originWords(origin)}, on book ${body.bookSequence}`;
  if (body.approved) {
    return (
      `${start}: approved by compliance and risk ` +
      `(notional ${round(notional)}, value at risk after it ${round(varAfter)})`
    );
  }
  return `${start}: refused by ${body.by}: ${body.breaches.map(breachWords).join(', ')}`;
}

const STATE_WORDS: Readonly<Record<OrderRecord['state'], string>> = {
  created: 'made',
  sent: 'sent to the venue',
  open: 'open at the venue',
  partially_filled: 'partly filled',
  filled: 'filled',
  cancelled: 'cancelled',
  rejected: 'rejected by the venue',
  expired: 'expired',
  unknown: 'in an unknown state: sent, and nobody can say yet what became of it',
};

function orderWords({ order }: Body<'order'>): string {
  const { id, side, qty, instrument, type, price, timeInForce, filledQty, averagePrice } = order;
  const flags = [order.postOnly ? ' post-only' : '', order.reduceOnly ? ' reduce-only' : ''];
  const terms = `${type} ${side} ${qty} ${instrument}${price === null ? '' : ` at ${price}`}`;
  const filled = averagePrice === null ? '' : `, ${filledQty} filled at ${averagePrice} on average`;
  const why = order.reason === '' ? '' : ` (${order.reason})`;
  const start = `${id}: ${terms} ${timeInForce}${flags.join('')}`;
  return `${start} is ${STATE_WORDS[order.state]}${filled}${why}`;
}

function fillWords({ fill, position }: Body<'fill'>): string {
  const { orderId, id, side, qty, price, liquidity, fee, feeAsset, realised } = fill;
  const done = side === 'buy' ? 'bought' : 'sold';
  return (
    `${orderId}: ${done} ${qty} at ${price} as ${liquidity}, fee ${fee} ${feeAsset}, ` +
    `realised ${realised} (venue fill ${id}); ` +
    `position ${position.instrument} now ${position.qty} at ${position.entryPrice}`
  );
}

function runWords(body: Body<'run_started'>): string {
  const { mode, version, seed, instruments, model, checkpoint } = body;
  return (
    `run started: mode ${mode}, version ${version}, seed ${seed}, ` +
    `${plural(instruments.length, 'instrument')}, model ${model}, epoch ${checkpoint.epoch}`
  );
}

/** The body of a record in words, on one line. */
export function describeBody(body: JournalBody): string {
  switch (body.kind) {
    case 'run_started':
      return runWords(body);
    case 'recovered':
      return (
        `recovered: ${plural(body.records, 'record')} read, ${plural(body.tornBytes, 'byte')} ` +
        `torn off, ${plural(body.unresolvedOrders.length, 'unresolved order')}`
      );
    case 'ids_reserved':
      return `order numbers ${body.from} to ${body.to - 1} of epoch ${body.epoch} reserved`;
    case 'checkpoint':
      return (
        `checkpoint: ${plural(body.checkpoint.positions.length, 'position')}, ` +
        `${plural(body.checkpoint.openOrders.length, 'open order')}`
      );
    case 'signal':
      return signalWords(body);
    case 'verdict':
      return verdictWords(body);
    case 'order':
      return orderWords(body);
    case 'fill':
      return fillWords(body);
    case 'deposit':
      return `deposit: ${body.ledger.map((line) => `${line.account} ${line.amount}`).join(', ')}`;
    case 'trading_state':
      return `trading ${body.state} by ${body.by}: ${body.reason}`;
    case 'book':
      return `book of ${body.instrument} ${body.state}: ${body.reason}`;
    case 'run_stopped':
      return `run stopped: ${body.reason}, state hash ${body.stateHash}`;
    default:
      return assertNever(body);
  }
}

/** One line for a person: number, time, words. */
export const describeRecord = (record: JournalRecord): string =>
  `#${record.seq}  ${formatTimeUs(record.timeUs)}  ${describeBody(record.body)}`;
