// Owns how a journal record reads: one line of plain words for each kind.
// Promise: pure; every kind has words, and no word says more than the record does.
import { assertNever } from '../../engine/core/assert.ts';
import type { Breach } from '../../engine/core/decision.ts';
import type { OrderOrigin } from '../../engine/core/order.ts';
import type { Fact, JournalRecord, OrderRecord } from '../../engine/facts/fact.ts';

type Body<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

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
  switch (origin.kind) {
    case 'signal':
      return `because of signal ${origin.signalId}`;
    case 'book':
      return 'because of the book it saw';
    case 'api':
      return `asked for with API key '${origin.key}'`;
    case 'risk':
      return `by risk: ${origin.reason}`;
    default:
      return assertNever(origin);
  }
}

// Records of an older journal name no scope.
const breachWords = ({ limit, scope, asked, allowed }: Breach): string => {
  const where = scope === undefined || scope === 'system' ? '' : ` of ${scope}`;
  return `${limit}${where} (asked ${round(asked)}, allowed ${round(allowed)})`;
};

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
  const warned = (body.warnings ?? []).map(breachWords).join(', ');
  if (body.approved) {
    return (
      `${start}: approved by compliance and risk ` +
      `(notional ${round(notional)}, value at risk after it ${round(varAfter)})` +
      `${warned === '' ? '' : `, beyond the soft ${warned}`}`
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

function limitsWords({ step, proposal, version, changes, reason, by, approver }: Body<'limits'>) {
  const moves = changes.map(
    ({ scope, limit, from, hard, soft }) =>
      `${limit} of ${scope} from ${from === null ? 'none' : round(from.hard)} to ${round(hard)} ` +
      `(soft ${round(soft)})`,
  );
  const decided = step === 'expired' ? step : `${step} by ${approver}`;
  const who = step === 'proposed' ? `proposed by ${by}` : `${decided}, asked by ${by}`;
  return `limits ${proposal}: ${moves.join('; ')}, ${who}: ${reason} (tree version ${version})`;
}

function killWords({ report }: Body<'kill'>): string {
  const { drill, by, reason, orders, confirmedUs, flatten, flatUs, isConfirmed, problem } = report;
  const ms = (us: number | null): string => (us === null ? 'never' : `${round(us / 1000)} ms`);
  const flat = flatten ? `, flat after ${ms(flatUs)}` : '';
  const end = isConfirmed
    ? `zero open at the venues confirmed after ${ms(confirmedUs)}`
    : `NOT CONFIRMED: ${problem}`;
  const what = `${drill ? 'kill drill' : 'kill'} by ${by} (${reason})`;
  return `${what}: ${plural(orders.length, 'open order')}, ${end}${flat}`;
}

function riskReportWords({ summary }: Body<'risk_report'>): string {
  const { equity, valueAtRisk, worstStress } = summary;
  const figures = Object.entries(valueAtRisk).map(([name, usd]) => `${name} ${round(usd)}`);
  return (
    `risk report: equity ${round(equity)}, 1-day value at risk ${figures.join(', ')}; ` +
    `worst stress ${worstStress.scenario} ${round(worstStress.loss)}`
  );
}

/** What risk saw and did, in words. */
function riskWords(
  body: Body<'limits' | 'breaker' | 'drawdown' | 'reduction' | 'kill' | 'risk_report'>,
): string {
  switch (body.kind) {
    case 'limits':
      return limitsWords(body);
    case 'breaker':
      return (
        `breaker ${body.breaker} of ${body.scope} ${body.from} -> ${body.to}: ${body.reason} ` +
        `(measured ${body.measured}, threshold ${body.threshold})`
      );
    case 'drawdown':
      return (
        `drawdown of ${body.scope} ${body.from} -> ${body.to}: ` +
        `${(100 * body.drawdown).toFixed(2)} % ` +
        `below the peak ${body.measure === 'day' ? 'of the day' : 'since the start'}, ` +
        `${round(body.peak)}; equity ${round(body.equity)}`
      );
    case 'reduction':
      return (
        `reduction step ${body.step} of ${body.steps} of ${body.scope}: ${body.reason}; ` +
        `gross ${round(body.gross)} towards ${round(body.target)}, ${plural(body.orders, 'order')}`
      );
    case 'kill':
      return killWords(body);
    case 'risk_report':
      return riskReportWords(body);
    default:
      return assertNever(body);
  }
}

/** The body of a record in words, on one line. */
export function describeBody(body: Fact): string {
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
      return `trading of ${body.scope ?? 'system'} ${body.state} by ${body.by}: ${body.reason}`;
    case 'limits':
    case 'breaker':
    case 'drawdown':
    case 'reduction':
    case 'kill':
    case 'risk_report':
      return riskWords(body);
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
