// Owns the sweep of what a client may send as terms of an instrument, each field at its bounds.
// Promise: what passes every gate can be recorded, ordered, filled and paid; nothing asserts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import { decideFill } from '../../../engine/accounts/fill.ts';
import { type Instrument, problemOfInstrument } from '../../../engine/core/instrument.ts';
import { asQty } from '../../../engine/core/units.ts';
import type { GatewayCommand } from '../../../engine/facts/gateway-message.ts';
import {
  createInstrumentsSlice,
  toInstrumentRecord,
} from '../../../engine/run/instruments-slice.ts';
import { translate } from '../../../engine/surroundings/commands.ts';
import type { Principal } from '../../../gateway/auth.ts';
import type { GatewayContext, RawCall } from '../../../gateway/route.ts';
import { instrumentRoutes } from '../../../gateway/routes/instruments.ts';
import { instrumentsView } from '../../../gateway/view.ts';
import { NO_RATES, orderOf, reportOf, throughText } from '../../accounts-fixture.ts';
import { at } from '../../engine-fixture.ts';
import { createTestBooks } from '../../trading-fixture.ts';
import { limit, openVenue } from '../../venue-fixture.ts';

const TERMS = {
  ...{ kind: 'linear', base: 'SOL', quote: 'USDT', settle: 'USDT' },
  ...{ price_scale: 2, quantity_scale: 3, tick: '0.01', lot: '0.001', multiplier: 1 },
  ...{ maker_fee: 0.0002, taker_fee: 0.0005 },
  rules: {
    ...{ min_notional: 0, min_quantity: '0.001', max_quantity: '1000', market_lot: '0.001' },
    ...{ max_market_quantity: null, price_band: { low: 0.5, high: 2 }, fee_in: 'settle' },
    maintenance_margin: 0.005,
  },
};
const BODY = { symbol: 'SOLUSDT', venue: 'perps', reason: 'test', terms: TERMS };

type Change = readonly [path: string, value: unknown];

function changed([path, value]: Change): unknown {
  const body = structuredClone(BODY) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let place = body;
  for (const name of names) place = place[name] as Record<string, unknown>;
  place[last] = value;
  return body;
}

/** What reaches the engine; null: the gateway says 400. */
async function commandOf(body: unknown): Promise<GatewayCommand | null> {
  const route = instrumentRoutes.find(({ method }) => method === 'POST');
  let command: GatewayCommand | null = null;
  const ask = (asked: GatewayCommand): Promise<unknown> => {
    command = asked;
    return Promise.resolve({ kind: 'busy', reason: 'test' });
  };
  const context = { commands: { ask } } as unknown as GatewayContext;
  const call = { context, who: { name: 'ann' } as Principal, params: {}, queryText: '' };
  const rest = { idempotencyKey: '', header: () => '', bodyText: JSON.stringify(body) };
  await route?.run({ ...call, ...rest } as RawCall);
  return command;
}

const house = {
  instruments: [],
  books: createTestBooks(),
  nowUs: at(5),
  accounts: ['main'],
  hasClientKey: () => false,
};

/** The instrument, or who refuses it: the gateway, its translation, or the house. */
async function read(body: unknown): Promise<Instrument | string> {
  const command = await commandOf(body);
  if (command === null) return 'gateway';
  const translated = translate(command, house);
  if (translated.kind === 'invalid') return 'translation';
  assert.ok(translated.command.kind === 'instrument' && translated.command.change === 'added');
  const { instrument } = translated.command;
  return problemOfInstrument(instrument) ?? { ...instrument, index: 0 };
}

/** Recorded, listed at a venue, ordered, filled and booked: all that ever happens to its terms. */
function live(instrument: Instrument): void {
  const slice = createInstrumentsSlice(() => null);
  const record = throughText(toInstrumentRecord(instrument) as never);
  slice.fold({ kind: 'instrument', change: 'added', instrument: record, by: 'ann' }, 1);
  assert.ok(JSON.stringify(slice.save()).length <= 1024);
  const { tick, rules } = instrument;
  const desk = openVenue({ instruments: [instrument] });
  desk.book([[tick, 1e6]], [[2 * tick, 1e6]], 0, instrument);
  desk.send({ ...limit(2 * tick, rules.minQty), instrument, timeInForce: 'IOC' }, 'o');
  for (const [price, qty] of [
    [tick, rules.minQty],
    [2 ** 53 - 1, rules.minQty],
  ] as const) {
    const accounts = createAccounts();
    const report = { ...reportOf(instrument, 1, 1), price, qty: asQty(qty) } as never;
    accounts.fold(
      throughText(decideFill(accounts, orderOf(instrument, 'buy'), report, NO_RATES)),
      1,
    );
    assert.ok(accounts.isBalanced());
  }
}

const NUMBERS = [0, 1, -1, 0.1, -0.1, 0.5, 1e-6, 1e-7, 5e-324, 1e9, 1e10, 1e21, 1e22, 1.5, 12, 13];
const MORE = [2 ** 53 - 1, 2 ** 53, 1e308, 0.1 + 0.2, 1.2345678901234567e-6, 123456789.125];
const DECIMALS = ['0', '1', '0.000000000001', '0.0000000000001', '9'.repeat(15), '9'.repeat(32)];
const ODD = ['1e-7', '-1', '', ' 1', '9007.199254740991', '9007199254740.993'];
const TEXTS = ['A', 'A'.repeat(32), 'A'.repeat(33), '', ' ', 'X\u0000', 'a"b', 'A\\B', 'Ä', '币'];
const STRANGE = [
  '__proto__',
  'constructor',
  'A/B',
  'A B',
  'A.B',
  'A_B',
  'A:B',
  '1000SATS',
  '-',
  '.',
];

const NUMBER_FIELDS = [
  ...['price_scale', 'quantity_scale', 'multiplier', 'maker_fee', 'taker_fee'],
  ...['rules.min_notional', 'rules.maintenance_margin', 'rules.price_band.low'],
  'rules.price_band.high',
].map((name) => `terms.${name}`);
const DECIMAL_FIELDS = [
  ...['tick', 'lot', 'rules.min_quantity', 'rules.max_quantity', 'rules.max_market_quantity'],
  'rules.market_lot',
].map((name) => `terms.${name}`);
const TEXT_FIELDS = ['symbol', 'venue', 'terms.base', 'terms.quote', 'terms.settle'];

const every = (fields: readonly string[], values: readonly unknown[]): Change[] =>
  fields.flatMap((path) => values.map((value) => [path, value] as const));

test('instruments: numbers and texts at their bounds are refused or lived with', async () => {
  const kinds = ['spot', 'linear', 'inverse'].map((kind) => ['terms.kind', kind] as const);
  const changes: Change[] = [
    ...kinds,
    ...every(NUMBER_FIELDS, [...NUMBERS, ...MORE]),
    ...every(DECIMAL_FIELDS, [...DECIMALS, ...ODD]),
    ...every(TEXT_FIELDS, [...TEXTS, ...STRANGE]),
  ];
  let lived = 0;
  for (const change of changes) {
    const found = await read(changed(change));
    if (typeof found === 'string') continue;
    assert.doesNotThrow(() => live(found), JSON.stringify(change));
    lived += 1;
  }
  assert.ok(lived > 60 && lived < changes.length / 2, `${lived} of ${changes.length}`);
});

test('instruments: assets and symbols are capitals, digits and a few signs', async () => {
  for (const path of TEXT_FIELDS) {
    for (const text of ['X\u0000', 'a"b', '币', '__proto__', 'A'.repeat(33), 'A/B', 'A B']) {
      assert.equal(await read(changed([path, text])), 'gateway', JSON.stringify([path, text]));
    }
  }
});

test('instruments: what it settles in is held to its kind', async () => {
  const settled = (kind: string, settle: string) =>
    read({ ...BODY, terms: { ...TERMS, kind, settle } });
  assert.match(String(await settled('linear', 'SOL')), /a linear contract settles in USDT/);
  assert.match(String(await settled('inverse', 'USDT')), /an inverse contract settles in SOL/);
  assert.match(String(await settled('spot', 'SOL')), /a spot pair settles in USDT/);
  assert.equal(typeof (await settled('linear', 'USDT')), 'object');
  assert.equal(typeof (await settled('inverse', 'SOL')), 'object');
});

test('instruments: what is listed has the words of terms, and can be added again', async () => {
  const added = await read(BODY);
  assert.ok(typeof added !== 'string');
  const instruments = createInstrumentsSlice(() => null);
  const record = toInstrumentRecord(added);
  instruments.fold({ kind: 'instrument', change: 'added', instrument: record, by: 'ann' }, 1);
  const listed = JSON.parse(JSON.stringify(instrumentsView({ instruments })));
  const { key, symbol, venue, ...terms } = listed[0];
  assert.deepEqual([key, symbol, venue, terms], ['SOLUSDT.perps', 'SOLUSDT', 'perps', TERMS]);
  assert.deepEqual(await read({ symbol, venue, terms, reason: 'again' }), added);
});
