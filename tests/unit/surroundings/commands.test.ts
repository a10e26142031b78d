// Owns the tests of how what a client asks for becomes a command, or a list of problems.
// Promise: no engine behind it: instruments from the catalogue, books made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import type { FieldProblem, GatewayCommand } from '../../../engine/facts/gateway-message.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { type Translated, translate } from '../../../engine/surroundings/commands.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';
import { at } from '../../engine-fixture.ts';
import { createTestBooks } from '../../trading-fixture.ts';

// USD-M and spot BTC, USD-M and spot ETH, COIN-M BTC and ETH, and four more.
const instruments = listInstruments(testInstruments(10));
const books = createTestBooks();
const ask = (request: GatewayCommand): Translated =>
  translate(request, {
    ...{ instruments, books, nowUs: at(5), accounts: ['desk', 'other'] },
    hasClientKey: (key) => key === 'anna/known',
  });

type Submit = Extract<GatewayCommand, { kind: 'submit' }>;

const SUBMIT: Submit = {
  kind: 'submit',
  symbol: 'BTCUSDT.binance-usdm',
  side: 'buy',
  type: 'limit',
  qty: '0.010',
  price: '60000.10',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  account: null,
  key: 'anna',
  client: null,
  metadata: null,
};

function intentOf(parts: Partial<Submit>): OrderIntent {
  const translated = ask({ ...SUBMIT, ...parts });
  assert.ok(translated.kind === 'command', JSON.stringify(translated));
  assert.ok(translated.command.kind === 'submit');
  return translated.command.intent;
}

function problemsOf(parts: Partial<Submit>): readonly FieldProblem[] {
  const translated = ask({ ...SUBMIT, ...parts });
  assert.ok(translated.kind === 'invalid', 'it was accepted');
  return translated.problems;
}

const pathsOf = (parts: Partial<Submit>): readonly string[] =>
  problemsOf(parts).map(({ path }) => path);

test('commands: a limit order arrives in exact steps, with who asked and what was seen', () => {
  const [btc] = instruments as [Instrument];
  books.set(btc, [[1, 1]], [[2, 1]]);
  const intent = intentOf({ postOnly: true, reduceOnly: true });
  assert.deepEqual(
    [intent.qty, intent.price, intent.timeInForce, intent.postOnly, intent.reduceOnly],
    [10, 6_000_010, 'GTC', true, true],
  );
  assert.deepEqual(intent.origin, { kind: 'api', key: 'anna' });
  assert.deepEqual([intent.strategy, intent.createdUs, intent.bookSequence], ['manual', at(5), 1]);
});

test('commands: a symbol is found by key and by ccxt’s name, in any case', () => {
  for (const symbol of ['BTCUSDT.binance-usdm', 'btcusdt.binance-USDM', 'btc/usdt:usdt']) {
    assert.equal(intentOf({ symbol }).instrument.key, 'BTCUSDT.binance-usdm', symbol);
  }
  for (const symbol of ['BTCUSDT.binance-spot', 'BTC/USDT']) {
    assert.equal(intentOf({ symbol }).instrument.key, 'BTCUSDT.binance-spot', symbol);
  }
});

test('commands: a symbol that fits two venues is refused with the keys to choose from', () => {
  const message =
    "'BTCUSDT' fits several instruments; write one of BTCUSDT.binance-usdm, BTCUSDT.binance-spot";
  assert.deepEqual(problemsOf({ symbol: 'BTCUSDT' }), [{ path: 'symbol', message }]);
});

test('commands: an unknown symbol is told with the ones that are known', () => {
  const [problem] = problemsOf({ symbol: 'BTCEUR' });
  assert.equal(problem?.path, 'symbol');
  assert.match(
    problem?.message ?? '',
    /^'BTCEUR' is not traded here; known: BTCUSDT.binance-usdm, .*, …$/,
  );
  const few = {
    instruments: instruments.slice(0, 1),
    books,
    nowUs: at(0),
    accounts: ['desk', 'other'],
    hasClientKey: () => false,
  };
  const translated = translate({ ...SUBMIT, symbol: '' }, few);
  assert.ok(translated.kind === 'invalid');
  assert.match(translated.problems[0]?.message ?? '', /known: BTCUSDT.binance-usdm$/);
});

test('commands: a quantity off the lot is refused with the lot', () => {
  const [problem] = problemsOf({ qty: '0.0005' });
  assert.equal(problem?.path, 'quantity');
  assert.match(problem?.message ?? '', /0\.001/);
  const spot = problemsOf({ symbol: 'BTCUSDT.binance-spot', qty: '0.000015', price: '60000' });
  assert.match(spot[0]?.message ?? '', /'0\.000015' is not a multiple of 0\.00001/);
});

test('commands: a price off the tick is refused with the tick', () => {
  const [problem] = problemsOf({ price: '60000.05' });
  assert.deepEqual(problem, {
    path: 'price',
    message: "'60000.05' is not a multiple of 0.1",
  });
});

test('commands: zeros at the end of a decimal change nothing', () => {
  assert.equal(intentOf({ qty: '0.01000000', price: '60000.1' }).qty, 10);
});

test('commands: what is no positive plain decimal is refused', () => {
  for (const text of ['0', '0.000', '-1', '1e3', 'NaN', '', ' 1', '1,5', '99999999999999999999']) {
    assert.deepEqual(pathsOf({ qty: text }), ['quantity'], text);
    assert.deepEqual(pathsOf({ price: text }), ['price'], text);
  }
});

test('commands: every wrong field is told at once', () => {
  assert.deepEqual(pathsOf({ qty: 'x', price: 'y' }), ['quantity', 'price']);
  const market = { type: 'market', qty: 'x', price: '1', postOnly: true } as const;
  assert.deepEqual(pathsOf(market), ['quantity', 'price', 'order_type']);
});

test('commands: a market order with a price is refused, without one it takes at once', () => {
  assert.deepEqual(pathsOf({ type: 'market' }), ['price']);
  const intent = intentOf({ type: 'market', price: null });
  assert.deepEqual([intent.price, intent.timeInForce], [null, 'IOC']);
});

test('commands: a limit order without a price is refused', () => {
  assert.deepEqual(problemsOf({ price: null }), [
    { path: 'price', message: 'a limit order needs one' },
  ]);
});

test('commands: signals are asked for by any spelling, each unknown one by its place', () => {
  const symbols = ['BTC/USDT', 'ETHUSDT.binance-usdm'];
  const translated = ask({ kind: 'generate_signals', symbols });
  assert.ok(translated.kind === 'command' && translated.command.kind === 'generate_signals');
  assert.deepEqual(
    translated.command.instruments.map(({ symbol }) => symbol),
    ['BTCUSDT', 'ETHUSDT'],
  );
  const wrong = ask({ kind: 'generate_signals', symbols: ['BTC/USDT:USDT', 'NOPE', 'ETHUSDT'] });
  assert.ok(wrong.kind === 'invalid');
  assert.deepEqual(
    wrong.problems.map(({ path }) => path),
    ['symbols.1', 'symbols.2'],
  );
});

test('commands: a cancel and a trading state go through as they are', () => {
  const cancel = { kind: 'cancel', orderId: 'c1', by: 'anna', reason: 'r' } as const;
  assert.deepEqual(ask(cancel), { kind: 'command', command: cancel });
  const state = {
    kind: 'trading_state',
    scope: 'system',
    state: 'halted',
    reason: 'r',
    by: 'b',
  } as const;
  assert.deepEqual(ask(state), { kind: 'command', command: state });
});

test('commands: an order is for the first account unless it names one there is', () => {
  assert.deepEqual(
    [intentOf({}).account, intentOf({ account: 'other' }).account],
    ['desk', 'other'],
  );
  assert.deepEqual(problemsOf({ account: 'nobody' }), [
    { path: 'account', message: "there is no account 'nobody'; known: desk, other" },
  ]);
});

test('commands: a client’s key and metadata go with the order, too much of it does not', () => {
  const client = { key: 'anna/k-1', bodyHash: 'a'.repeat(64) };
  const metadata = { desk: 'rates', legs: [1, 2] };
  const intent = intentOf({ client, metadata });
  assert.deepEqual([intent.client, intent.metadata], [client, metadata]);
  const large = problemsOf({ metadata: { note: 'x'.repeat(2000) } });
  assert.match(large[0]?.path ?? '', /^metadata/);
});

test('commands: names that every object has are no venue, no scope and no limit', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const instrument = { symbol: 'BTCUSDT', venue: name, terms: null, reason: 'r', by: 'anna' };
    const state = { state: 'halted', by: 'anna', reason: 'r' } as const;
    const change = { scope: 'system', limit: name, hard: 2, soft: 1 };
    for (const request of [
      { kind: 'instrument', change: 'added', ...instrument },
      { kind: 'trading_state', scope: `${name}:x`, ...state },
      { kind: 'propose_limits', changes: [change], version: 1, reason: 'r', by: 'anna' },
    ] as const) {
      assert.equal(ask(request).kind, 'invalid', `${request.kind} ${name}`);
    }
  }
});

test('commands: a key that is known is answered again, whatever became of its instrument', () => {
  const client = { key: 'anna/known', bodyHash: 'a'.repeat(64) };
  const parts = { symbol: 'GONE.binance-usdm', qty: 'much', account: 'nobody' };
  assert.deepEqual(ask({ ...SUBMIT, ...parts, client }), {
    kind: 'command',
    command: { kind: 'repeat', client },
  });
  assert.equal(
    ask({ ...SUBMIT, ...parts, client: { ...client, key: 'anna/new' } }).kind,
    'invalid',
  );
});
