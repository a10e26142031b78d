// Owns what the records after a checkpoint change in it: positions, balances, orders, ids.
// Promise: pure; the fold of all records is the state the engine that wrote them was in.
import { assert, assertNever } from '../core/assert.ts';
import type { ScopeLimits } from '../core/limit.ts';
import { TERMINAL_STATES } from '../core/order.ts';
import { formatDecimal } from '../core/units.ts';
import type {
  BookRecord,
  Checkpoint,
  DrawdownRecord,
  Fact,
  FillRecord,
  LedgerLine,
  OrderRecord,
  PositionRecord,
  ProposalRecord,
  StateRecord,
} from '../facts/fact.ts';

const LEDGER_SCALE = 18;
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,18}))?$/;

/** A ledger amount as a count of 10^-18. Throws InvariantError on anything but such a decimal. */
export function parseAmount(text: string): bigint {
  const match = AMOUNT.exec(text);
  assert(match !== null, `ledger amount '${text}' is not a decimal of at most 18 places`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(LEDGER_SCALE, '0'));
  return sign === '-' ? -units : units;
}

export const EMPTY_CHECKPOINT: Checkpoint = {
  epoch: 0,
  nextOrderNumber: 0,
  nextSignalId: 0,
  nextFillNumber: 0,
  peakEquity: 0,
  tradingState: 'active',
  balances: {},
  positions: [],
  openOrders: [],
  books: [],
  proposals: [],
  states: [],
  drawdowns: [],
};

export interface Fold {
  /** `timeUs`: of the record. */
  apply(body: Fact, timeUs?: number): void;
  /** The state after everything applied so far. */
  checkpoint(): Checkpoint;
  /**
   * Ids of orders whose end is not in the journal: open ones, and approved ones of which nothing
   * more was written (the venue may have heard of an order before the journal did).
   */
  unresolvedOrders(): string[];
  /** The last record said that the run ended. */
  readonly isStopped: boolean;
}

interface FoldState {
  head: Checkpoint; // the lists and balances in it are out of date; the maps below hold them
  readonly balances: Map<string, bigint>;
  readonly positions: Map<string, PositionRecord>;
  readonly openOrders: Map<string, OrderRecord>;
  readonly books: Map<string, BookRecord>; // by account, strategy and instrument
  readonly proposals: Map<number, ProposalRecord>;
  readonly states: Map<string, StateRecord>; // by scope
  readonly drawdowns: Map<string, DrawdownRecord>; // by scope
  readonly approved: Map<string, OrderRecord | null>; // verdicts without an order record yet
  isStopped: boolean;
}

export function createFold(start: Checkpoint = EMPTY_CHECKPOINT): Fold {
  const state: FoldState = {
    head: start,
    balances: new Map(),
    positions: new Map(),
    openOrders: new Map(),
    books: new Map(),
    proposals: new Map(),
    states: new Map(),
    drawdowns: new Map(),
    approved: new Map(),
    isStopped: false,
  };
  load(state, start);
  return {
    apply: (body, timeUs = 0) => applyBody(state, body, timeUs),
    checkpoint: () => ({
      ...state.head,
      balances: Object.fromEntries(
        [...state.balances].map(([account, units]) => [
          account,
          formatDecimal(units, LEDGER_SCALE),
        ]),
      ),
      positions: [...state.positions.values()],
      openOrders: [...state.openOrders.values(), ...approvedOrders(state)],
      books: [...state.books.values()],
      proposals: [...state.proposals.values()],
      states: [...state.states.values()],
      drawdowns: [...state.drawdowns.values()],
    }),
    unresolvedOrders: () => [...new Set([...state.openOrders.keys(), ...state.approved.keys()])],
    get isStopped() {
      return state.isStopped;
    },
  };
}

function load(state: FoldState, checkpoint: Checkpoint): void {
  state.head = checkpoint;
  state.balances.clear();
  state.positions.clear();
  state.openOrders.clear();
  state.approved.clear();
  for (const [account, amount] of Object.entries(checkpoint.balances)) {
    state.balances.set(account, parseAmount(amount));
  }
  for (const position of checkpoint.positions) state.positions.set(position.instrument, position);
  for (const order of checkpoint.openOrders) state.openOrders.set(order.id, order);
  loadRisk(state, checkpoint);
}

function loadRisk(state: FoldState, checkpoint: Checkpoint): void {
  const { books = [], proposals = [] } = checkpoint;
  const { states = oldStates(checkpoint), drawdowns = oldDrawdowns(checkpoint) } = checkpoint;
  for (const map of [state.books, state.proposals, state.states, state.drawdowns]) map.clear();
  for (const book of books) state.books.set(bookKey(book), book);
  for (const proposal of proposals) state.proposals.set(proposal.proposal, proposal);
  for (const word of states) state.states.set(word.scope, word);
  for (const drawdown of drawdowns) state.drawdowns.set(drawdown.scope, drawdown);
}

// A journal of before there were scopes knew one state and one peak: both of them still hold.
const oldStates = ({ tradingState: state }: Checkpoint): readonly StateRecord[] =>
  state === 'active'
    ? []
    : [{ scope: 'system', state, reason: 'as it was before the restart', by: 'journal' }];
const oldDrawdowns = ({ peakEquity: peak }: Checkpoint): readonly DrawdownRecord[] =>
  peak > 0 ? [{ scope: 'system', level: 'normal', peak, day: 0, dayPeak: peak }] : [];

const bookKey = ({ account, strategy, instrument }: Omit<BookRecord, 'qty'>): string =>
  JSON.stringify([account, strategy, instrument]);

function keepFill(state: FoldState, { fill, ledger, position }: Body<'fill'>): void {
  state.head = { ...state.head, nextFillNumber: state.head.nextFillNumber + 1 };
  state.positions.set(position.instrument, position);
  moveBook(state, fill);
  post(state, ledger);
}

/** A fill moves the book of the strategy whose order it was. */
function moveBook(state: FoldState, fill: FillRecord): void {
  const { instrument, side } = fill;
  const { account, strategy }: Partial<FillRecord> = fill;
  if (account === undefined || strategy === undefined) return; // written before there were books
  const key = bookKey({ account, strategy, instrument });
  const before = parseAmount(state.books.get(key)?.qty ?? '0');
  const change = parseAmount(fill.qty);
  const qty = formatDecimal(side === 'buy' ? before + change : before - change, LEDGER_SCALE);
  if (qty === '0') state.books.delete(key);
  else state.books.set(key, { account, strategy, instrument, qty });
}

function post(state: FoldState, lines: readonly LedgerLine[]): void {
  for (const { account, amount } of lines) {
    state.balances.set(account, (state.balances.get(account) ?? 0n) + parseAmount(amount));
  }
}

function keepOrder(state: FoldState, order: OrderRecord): void {
  state.approved.delete(order.id);
  if (TERMINAL_STATES.has(order.state)) state.openOrders.delete(order.id);
  else state.openOrders.set(order.id, order);
}

const approvedOrders = ({ approved }: FoldState): OrderRecord[] =>
  [...approved.values()].filter((order) => order !== null);

/**
 * The venue hears of an order before the journal does, so what was approved may be open there: it
 * comes back unknown, as the worst of what the verdict leaves open.
 */
function keepVerdict(state: FoldState, verdict: Body<'verdict'>, timeUs: number): void {
  if (!verdict.approved) return;
  const { orderId: id, instrument, side, qty, price, origin } = verdict;
  const { account, strategy }: Partial<Body<'verdict'>> = verdict;
  if (account === undefined || strategy === undefined) {
    state.approved.set(id, null); // written before verdicts said whose order it is
    return;
  }
  state.approved.set(id, {
    ...{ id, instrument, account, strategy, side, qty, price, origin },
    type: price === null ? 'market' : 'limit',
    timeInForce: price === null ? 'IOC' : 'GTC',
    postOnly: false,
    reduceOnly: false,
    state: 'unknown',
    filledQty: '0',
    averagePrice: null,
    reason: 'approved, and nothing more was written',
    arrivalMid: 0,
    createdUs: timeUs,
    updatedUs: timeUs,
  });
}

type Body<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

/** Who may change a state without being a person: their word does not outlive the engine. */
const MACHINES: ReadonlySet<string> = new Set(['drawdown', 'breaker', 'kill']);

function keepState(state: FoldState, { scope, state: word, reason, by }: Body<'trading_state'>) {
  const trading = word === 'probing' ? 'reducing' : word;
  const isOld = (scope as unknown) === undefined; // a journal of before there were scopes
  const where = isOld ? 'system' : scope;
  if (where === 'system') state.head = { ...state.head, tradingState: trading };
  if (!isOld && MACHINES.has(by)) return; // an old drawdown had no other record
  if (trading === 'active') state.states.delete(where);
  else state.states.set(where, { scope: where, state: trading, reason, by });
}

function keepLimits(state: FoldState, body: Body<'limits'>, timeUs: number): void {
  const { step, proposal, changes, reason, by } = body;
  if (step === 'proposed') {
    const wanted = changes.map(({ from: _, ...change }) => change);
    state.proposals.set(proposal, { proposal, changes: wanted, reason, by, timeUs });
    return;
  }
  state.proposals.delete(proposal);
  const tree = state.head.limits;
  if (step !== 'approved' || tree === undefined) return;
  const scopes: Record<string, ScopeLimits> = { ...tree.scopes };
  for (const { scope, limit, hard, soft } of changes) {
    scopes[scope] = { ...scopes[scope], [limit]: { hard, soft } };
  }
  state.head = { ...state.head, limits: { version: body.version, scopes } };
  state.proposals.clear(); // they were made for the tree before
}

// A strategy's peak is kept above its profit then: its successor counts profit from 0 again.
function keepDrawdown(state: FoldState, body: Body<'drawdown'>): void {
  const { scope, to, measure } = body;
  const peak = scope === 'system' ? body.peak : body.peak - body.equity;
  const before = state.drawdowns.get(scope);
  const day = before?.day ?? 0;
  const dayPeak = measure === 'day' ? peak : (before?.dayPeak ?? peak);
  state.drawdowns.set(scope, { scope, level: to, peak, day, dayPeak });
}

function applyBody(state: FoldState, body: Fact, timeUs: number): void {
  state.isStopped = body.kind === 'run_stopped';
  const { head } = state;
  switch (body.kind) {
    case 'run_started':
    case 'checkpoint':
      load(state, body.checkpoint);
      break;
    case 'ids_reserved':
      state.head = { ...head, epoch: body.epoch, nextOrderNumber: body.to };
      break;
    case 'signal':
      state.head = { ...head, nextSignalId: Math.max(head.nextSignalId, body.id + 1) };
      break;
    case 'verdict':
      keepVerdict(state, body, timeUs);
      break;
    case 'order':
      keepOrder(state, body.order);
      break;
    case 'fill':
      keepFill(state, body);
      break;
    case 'deposit':
      post(state, body.ledger);
      break;
    case 'trading_state':
      keepState(state, body);
      break;
    case 'limits':
      keepLimits(state, body, timeUs);
      break;
    case 'drawdown':
      keepDrawdown(state, body);
      break;
    case 'risk_report':
      for (const one of body.drawdowns ?? []) state.drawdowns.set(one.scope, one);
      break;
    case 'run_stopped':
    case 'recovered':
    case 'book':
    case 'breaker': // starts closed: what it watches is watched anew
    case 'reduction':
    case 'kill':
      break;
    default:
      assertNever(body);
  }
}
