// Owns how a journal record reads: one line of plain words for each kind.
// Promise: pure; every kind has words, and no word says more than the record does.
import { assertNever } from '../../engine/core/assert.ts';
import type { Breach } from '../../engine/core/decision.ts';
import type { OrderOrigin } from '../../engine/core/order.ts';
import type { FactOf as Body, Fact, JournalRecord } from '../../engine/facts/fact.ts';
import type { HoldingRecord, Posting } from '../../engine/facts/money.ts';
import type { OrderRecord } from '../../engine/facts/order.ts';
import type { DrawdownMeasure } from '../../engine/facts/risk.ts';

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
    case 'strategy':
      return `wanted by its strategy as '${origin.reference}'`;
    case 'external':
      return `not asked for here: ${origin.reason}`;
    default:
      return assertNever(origin);
  }
}

const breachWords = ({ limit, scope, asked, allowed }: Breach): string => {
  const where = scope === 'system' ? '' : ` of ${scope}`;
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
  const { orderId, account, strategy, side, qty, instrument, price } = body;
  const { origin, notional, varAfter } = body;
  const what = `${side} ${qty} ${instrument} ${price === null ? 'at market' : `at ${price}`}`;
  const whose = `for ${strategy} in account ${account}, ${originWords(origin)}`;
  const which = body.amends ? `${orderId} amended` : orderId;
  const start = `${which}: ${what}, ${whose}, on book ${body.bookSequence}`;
  const warned = body.warnings.map(breachWords).join(', ');
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

const heldWords = ({ strategy, instrument, qty, entryPrice }: HoldingRecord): string =>
  `${strategy === null ? 'position' : `of ${strategy}`} ${instrument} now ${qty} at ${entryPrice}`;

function fillWords({ fill, position, holding }: Body<'fill'>): string {
  const { orderId, id, side, qty, price, liquidity, fee, feeAsset, realised } = fill;
  const done = side === 'buy' ? 'bought' : 'sold';
  return (
    `${orderId}: ${done} ${qty} at ${price} as ${liquidity}, fee ${fee} ${feeAsset}, ` +
    `realised ${realised} (venue fill ${id}); ${heldWords(position)}, ${heldWords(holding)}`
  );
}

const REQUEST_WORDS: Readonly<Record<Body<'request'>['state'], string>> = {
  sent: 'sent',
  answered: 'answered',
  refused: 'refused by the venue',
  timed_out: 'not answered in time',
  given_up: 'given up',
};

function requestWords({ orderId, request, state, attempt, by, reason }: Body<'request'>): string {
  const what = request === 'new' ? 'order' : request;
  const again = attempt === 1 ? '' : `, attempt ${attempt}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return `${orderId}: ${what} ${REQUEST_WORDS[state]}${again}, asked for by ${by}${why}`;
}

const postingWords = ({ account, venue, book, asset, amount }: Posting): string =>
  `${account} ${venue} ${book} ${amount} ${asset}`;

function moneyWords(body: Body<'money'>): string {
  const { id, movement, postings, instrument, by, reason, value } = body;
  const worth = value === null ? 'not valued yet' : `value ${round(value)}`;
  const where = instrument === null ? '' : ` on ${instrument}`;
  const lines = postings.map(postingWords).join(', ');
  return `${movement} ${id}${where} by ${by} (${reason}): ${lines}; ${worth}`;
}

function strategyWords(body: Body<'strategy' | 'strategy_saved' | 'refusals'>): string {
  switch (body.kind) {
    case 'strategy':
      return `strategy ${body.name} (${body.module}) ${body.state} by ${body.by}: ${body.reason}`;
    case 'strategy_saved':
      return `strategy ${body.name} saved ${plural(textLength(body.saved), 'character')}`;
    case 'refusals': {
      const { strategy, instrument, limits, count, fromUs, toUs } = body;
      const span = `${formatTimeUs(fromUs)} to ${formatTimeUs(toUs)}`;
      const what = `${plural(count, 'more intent')} of ${strategy} on ${instrument} refused`;
      return `${what} for ${limits.join(', ')}, ${span}`;
    }
    default:
      return assertNever(body);
  }
}

const textLength = (saved: Body<'strategy_saved'>['saved']): number => JSON.stringify(saved).length;

function runWords(body: Body<'run_started'>): string {
  const { mode, version, seed, instruments, model, epoch, format } = body;
  return (
    `run started: mode ${mode}, version ${version}, seed ${seed}, ` +
    `${plural(instruments.length, 'instrument')}, model ${model}, epoch ${epoch}, ` +
    `journal format ${format}`
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

const MEASURES = {
  start: 'since the start',
  day: 'of the day',
  day_loss: '(and beyond the loss limit of the day)',
  loss: '(and beyond the loss limit)',
} as const satisfies Record<DrawdownMeasure, string>;

/** What risk saw and did, in words. */
function riskWords(
  body: Body<
    | 'limits'
    | 'limits_configured'
    | 'breaker'
    | 'drawdown'
    | 'reduction'
    | 'kill'
    | 'peaks'
    | 'risk_report'
  >,
): string {
  switch (body.kind) {
    case 'limits':
      return limitsWords(body);
    case 'limits_configured': {
      const scopes = Object.keys(body.tree.scopes).length;
      return `limits of the configuration in force: ${plural(scopes, 'scope')}`;
    }
    case 'breaker':
      return (
        `breaker ${body.breaker} of ${body.scope} ${body.from} -> ${body.to}: ${body.reason} ` +
        `(measured ${body.measured}, threshold ${body.threshold})`
      );
    case 'drawdown':
      return (
        `drawdown of ${body.scope} ${body.from} -> ${body.to}: ` +
        `${(100 * body.drawdown).toFixed(2)} % ` +
        `below the peak ${MEASURES[body.measure]}, ` +
        `${round(body.peak)}; equity ${round(body.equity)}`
      );
    case 'reduction':
      return (
        `reduction step ${body.step} of ${body.steps} of ${body.scope}: ${body.reason}; ` +
        `gross ${round(body.gross)} towards ${round(body.target)}, ${plural(body.orders, 'order')}`
      );
    case 'kill':
      return killWords(body);
    case 'peaks': {
      const peaks = body.drawdowns.map(({ scope, peak }) => `${scope} ${round(peak)}`);
      return `new peaks: ${peaks.join(', ')}`;
    }
    case 'risk_report':
      return riskReportWords(body);
    default:
      return assertNever(body);
  }
}

type RunBody = Body<
  | 'run_started'
  | 'recovered'
  | 'ids_reserved'
  | 'checkpoint'
  | 'instrument'
  | 'book'
  | 'run_stopped'
>;

/** The life of an engine, in words. */
function lifeWords(body: RunBody): string {
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
      return `checkpoint of ${body.slice}: ${JSON.stringify(body.state).length} characters`;
    case 'instrument':
      return `instrument ${body.instrument.key} ${body.change} by ${body.by}`;
    case 'book':
      return `book of ${body.instrument} ${body.state}: ${body.reason}`;
    case 'run_stopped':
      return `run stopped: ${body.reason}, state hash ${body.stateHash}`;
    default:
      return assertNever(body);
  }
}

/** The body of a record in words, on one line. */
export function describeBody(body: Fact): string {
  switch (body.kind) {
    case 'signal':
      return signalWords(body);
    case 'verdict':
      return verdictWords(body);
    case 'order':
      return orderWords(body);
    case 'request':
      return requestWords(body);
    case 'fill':
      return fillWords(body);
    case 'money':
      return moneyWords(body);
    case 'capital_valued':
      return `movement ${body.id} valued at ${round(body.value)}`;
    case 'strategy':
    case 'strategy_saved':
    case 'refusals':
      return strategyWords(body);
    case 'trading_state':
      return `trading of ${body.scope} ${body.state} by ${body.by}: ${body.reason}`;
    case 'limits':
    case 'limits_configured':
    case 'breaker':
    case 'drawdown':
    case 'reduction':
    case 'kill':
    case 'peaks':
    case 'risk_report':
      return riskWords(body);
    case 'run_started':
    case 'recovered':
    case 'ids_reserved':
    case 'checkpoint':
    case 'instrument':
    case 'book':
    case 'run_stopped':
      return lifeWords(body);
    default:
      return assertNever(body);
  }
}

/** One line for a person: number, time, words. */
export const describeRecord = (record: JournalRecord): string =>
  `#${record.seq}  ${formatTimeUs(record.timeUs)}  ${describeBody(record.body)}`;
