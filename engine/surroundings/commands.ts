// Owns the translation of what a client asks into what the engine understands, or into problems.
// Promise: symbols resolve to one instrument, decimals convert exactly, every problem is named.
import { assertNever } from '../core/assert.ts';
import type { Command } from '../core/event.ts';
import { formatPrice, formatQty, type Instrument } from '../core/instrument.ts';
import {
  LIMIT_UNITS,
  LIMITS_OF,
  type LimitChange,
  type LimitName,
  type LimitScope,
} from '../core/limit.ts';
import { MANUAL, type OrderIntent } from '../core/order.ts';
import type { BookReader } from '../core/ports.ts';
import { asPrice, asQty, type EpochUs, parseDecimal } from '../core/units.ts';
import type { FieldProblem, GatewayCommand, OrderRequest } from '../facts/gateway-message.ts';
import { describeUnfound, findInstrument } from '../market/instruments.ts';
import { clientKeyProblems, metadataProblems } from '../orders/client-keys.ts';
import { readInstrument } from '../run/instruments-slice.ts';
import { knownInstrument } from '../venues/binance/catalogue.ts';

export type Translated =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

export interface Translation {
  readonly instruments: readonly Instrument[];
  readonly books: BookReader;
  readonly nowUs: EpochUs;
  readonly accounts: readonly string[]; // clients trade for the first, unless they name one
  readonly hasClientKey: (key: string) => boolean; // an order came with it
}

export function translate(request: GatewayCommand, house: Translation): Translated {
  switch (request.kind) {
    case 'submit':
    case 'preview':
      return translateOrder(request, house);
    case 'generate_signals':
      return translateGenerate(request.symbols, house);
    case 'cancel':
      return { kind: 'command', command: request };
    case 'trading_state': {
      const scope = readScope('scope', request.scope);
      if (scope.kind === 'problem') return { kind: 'invalid', problems: [scope.problem] };
      return { kind: 'command', command: { ...request, scope: scope.scope } };
    }
    case 'kill':
      return { kind: 'command', command: { kind: 'kill', options: request.options } };
    case 'propose_limits':
      return translateProposal(request);
    case 'instrument':
      return request.change === 'retired'
        ? { kind: 'command', command: request }
        : translateInstrument(request, house);
    case 'decide_limits':
    case 'move_money':
    case 'strategy':
    case 'checkpoint':
      return { kind: 'command', command: request };
    default:
      return assertNever(request);
  }
}

type ReadScope =
  | { readonly kind: 'scope'; readonly scope: LimitScope }
  | { readonly kind: 'problem'; readonly problem: FieldProblem };

// Whether a node of that name exists is for the tree to say; here it only has to be a scope.
function readScope(path: string, text: string): ReadScope {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const isNamed = colon > 0 && colon < text.length - 1 && Object.hasOwn(LIMITS_OF, kind);
  const isScope = text === 'system' || isNamed;
  if (isScope) return { kind: 'scope', scope: text as LimitScope };
  const message =
    `'${text}' is no scope: system, portfolio:NAME, strategy:NAME, venue:NAME or ` +
    'instrument:KEY, e.g. strategy:manual';
  return { kind: 'problem', problem: { path, message } };
}

type NewInstrument = Extract<GatewayCommand, { kind: 'instrument'; change: 'added' }>;

/** Symbols are spelled in capitals by every venue there is. */
function translateInstrument(request: NewInstrument, house: Translation): Translated {
  const { change, venue, terms, reason, by } = request;
  const symbol = request.symbol.toUpperCase();
  const key = `${symbol}.${venue}`;
  const spec =
    terms === null
      ? knownInstrument(venue, symbol)
      : readInstrument({ ...terms, key, symbol, venue });
  if (spec !== null && typeof spec !== 'string') {
    return {
      kind: 'command',
      command: { kind: 'instrument', change, instrument: spec, reason, by },
    };
  }
  const venues = new Set(house.instruments.map((one) => one.venue));
  if (spec === null && !venues.has(venue)) {
    const message = `this run has no venue ${venue}, only ${[...venues].join(', ')}`;
    return { kind: 'invalid', problems: [{ path: 'venue', message }] };
  }
  const message = spec ?? `nobody here knows the terms of ${key}: give them`;
  return { kind: 'invalid', problems: [{ path: 'terms', message }] };
}

type Proposal = Extract<GatewayCommand, { kind: 'propose_limits' }>;

function translateProposal(request: Proposal): Translated {
  const problems: FieldProblem[] = [];
  const changes: LimitChange[] = [];
  for (const [index, { scope: text, limit, hard, soft }] of request.changes.entries()) {
    const scope = readScope(`changes.${index}.scope`, text);
    if (scope.kind === 'problem') problems.push(scope.problem);
    if (!Object.hasOwn(LIMIT_UNITS, limit)) {
      const known = Object.keys(LIMIT_UNITS).join(', ');
      const message = `'${limit}' is no limit; known: ${known}`;
      problems.push({ path: `changes.${index}.limit`, message });
    }
    if (scope.kind === 'scope') {
      changes.push({ scope: scope.scope, limit: limit as LimitName, hard, soft });
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'command', command: { ...request, changes } };
}

function translateGenerate(symbols: readonly string[], house: Translation): Translated {
  const problems: FieldProblem[] = [];
  const found: Instrument[] = [];
  for (const [index, symbol] of symbols.entries()) {
    const answer = findInstrument(house.instruments, symbol);
    if (answer.kind === 'found') found.push(answer.instrument);
    else
      problems.push({
        path: `symbols.${index}`,
        message: describeUnfound(house.instruments, symbol, answer),
      });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'command', command: { kind: 'generate_signals', instruments: found } };
}

type OrderCommand = Extract<GatewayCommand, { kind: 'submit' | 'preview' }>;

/** A key that is known comes first: what it named may not be traded any more. */
function translateOrder(request: OrderCommand, house: Translation): Translated {
  const { client } = request;
  if (request.kind === 'submit' && client !== null && house.hasClientKey(client.key)) {
    return { kind: 'command', command: { kind: 'repeat', client } };
  }
  const answer = findInstrument(house.instruments, request.symbol);
  if (answer.kind !== 'found') {
    const message = describeUnfound(house.instruments, request.symbol, answer);
    return { kind: 'invalid', problems: [{ path: 'symbol', message }] };
  }
  const { instrument } = answer;
  const problems: FieldProblem[] = [...problemsOfClient(request, house)];
  const lot = formatQty(instrument, instrument.lot);
  const qty = stepsOf('quantity', request.qty, instrument.qtyScale, instrument.lot, lot, problems);
  const price = priceOfRequest(request, instrument, problems);
  if (problems.length > 0) return { kind: 'invalid', problems };
  return {
    kind: 'command',
    command: { kind: request.kind, intent: toIntent(request, instrument, qty, price, house) },
  };
}

function problemsOfClient(
  { account, client, metadata }: OrderRequest,
  { accounts }: Translation,
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (account !== null && !accounts.includes(account)) {
    const message = `there is no account '${account}'; known: ${accounts.join(', ')}`;
    problems.push({ path: 'account', message });
  }
  if (client !== null) problems.push(...clientKeyProblems(client));
  if (metadata !== null) problems.push(...metadataProblems(metadata));
  return problems;
}

function priceOfRequest(
  request: OrderRequest,
  instrument: Instrument,
  problems: FieldProblem[],
): number | null {
  if (request.type === 'market') {
    if (request.price !== null)
      problems.push({ path: 'price', message: 'a market order has none' });
    if (request.postOnly) {
      problems.push({ path: 'order_type', message: 'a market order cannot be post-only' });
    }
    return null;
  }
  if (request.price === null) {
    problems.push({ path: 'price', message: 'a limit order needs one' });
    return null;
  }
  const tick = formatPrice(instrument, instrument.tick);
  const { priceScale } = instrument;
  return stepsOf('price', request.price, priceScale, instrument.tick, tick, problems);
}

function toIntent(
  request: OrderRequest,
  instrument: Instrument,
  qty: number,
  price: number | null,
  house: Translation,
): OrderIntent {
  return {
    kind: 'intent',
    instrument,
    account: request.account ?? house.accounts[0] ?? '',
    strategy: MANUAL,
    parentId: null,
    side: request.side,
    type: request.type,
    qty: asQty(qty),
    price: price === null ? null : asPrice(price),
    // A market order never rests: GTC means what can be had now, FOK stays all or nothing.
    timeInForce:
      request.type === 'market' && request.timeInForce === 'GTC' ? 'IOC' : request.timeInForce,
    postOnly: request.postOnly,
    reduceOnly: request.reduceOnly,
    origin: { kind: 'api', key: request.key },
    client: request.client,
    metadata: request.metadata,
    bookSequence: house.books.updateId(instrument),
    createdUs: house.nowUs,
    tickNs: 0,
  };
}

/** Positive steps on the grid of `unit`; 0 after a problem. */
function stepsOf(
  path: string,
  text: string,
  scale: number,
  unit: number,
  unitText: string,
  problems: FieldProblem[],
): number {
  const steps = parseDecimal(text, scale);
  if (typeof steps !== 'number' || steps <= 0) {
    problems.push({ path, message: `'${text}' is not a positive decimal in steps of ${unitText}` });
    return 0;
  }
  if (steps % unit !== 0) {
    problems.push({ path, message: `'${text}' is not a multiple of ${unitText}` });
    return 0;
  }
  return steps;
}
