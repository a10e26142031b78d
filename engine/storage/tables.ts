// Owns the tables a person can query: their columns, keys and indices, for every kind of database.
// Promise: the only place that knows them; schemas are made from it and rows are typed by it.

/**
 * `text?` and so on may be null. Amounts that must be exact are text; an integer is one of at most
 * 53 bits; a real is null where it is not finite, as in JSON.
 */
export type ColumnType = 'text' | 'text?' | 'integer' | 'real?';

export interface TableShape {
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly key: readonly string[]; // a row with the key of another takes its place
  readonly indices: readonly (readonly string[])[];
}

/** `seq` is the record a row comes from: the last one, where a table holds how things stand. */
const at = { seq: 'integer', timeUs: 'integer' } as const;
const owner = { account: 'text', strategy: 'text' } as const;
const terms = { instrument: 'text', side: 'text', type: 'text', qty: 'text' } as const;
const held = {
  instrument: 'text',
  qty: 'text',
  cost: 'text',
  entryPrice: 'text',
  realised: 'text',
  fees: 'text',
  funding: 'text',
  seq: 'integer',
} as const;

export const TABLES = {
  records: {
    columns: { ...at, kind: 'text', orderId: 'text?', file: 'integer', offset: 'integer' },
    key: ['seq'],
    indices: [['orderId'], ['kind', 'seq']],
  },
  instruments: {
    columns: {
      ...{ key: 'text', state: 'text', symbol: 'text', venue: 'text' },
      ...{ kind: 'text', base: 'text', quote: 'text', settle: 'text', tick: 'text', lot: 'text' },
      ...{ by: 'text', seq: 'integer' },
    },
    key: ['key'],
    indices: [],
  },
  orders: {
    columns: {
      ...{ id: 'text', parentId: 'text?', ...owner, ...terms, price: 'text?' },
      ...{ limitPrice: 'text?', timeInForce: 'text', origin: 'text', state: 'text' },
      ...{ filledQty: 'text', averagePrice: 'text?', reason: 'text' },
      ...{ createdUs: 'integer', updatedUs: 'integer', seq: 'integer' },
    },
    key: ['id'],
    indices: [
      ['state', 'seq'],
      ['strategy', 'seq'],
    ],
  },
  verdicts: {
    columns: {
      ...{ ...at, orderId: 'text', parentId: 'text?', ...owner, ...terms, price: 'text?' },
      ...{ origin: 'text', clientKey: 'text?', bookSequence: 'integer', amends: 'integer' },
      ...{ approved: 'integer', decidedBy: 'text', breaches: 'text', warnings: 'text' },
      ...{
        notional: 'real?',
        varAfter: 'real?',
        historicalVarAfter: 'real?',
        stressAfter: 'real?',
      },
    },
    key: ['seq'],
    indices: [['orderId'], ['strategy', 'seq']],
  },
  requests: {
    columns: {
      ...{ ...at, orderId: 'text', request: 'text', state: 'text', attempt: 'integer' },
      ...{ by: 'text', reason: 'text', changeQty: 'text?', changePrice: 'text?' },
    },
    key: ['seq'],
    indices: [['orderId']],
  },
  fills: {
    columns: {
      ...{ ...at, id: 'text', number: 'integer', orderId: 'text', ...owner, instrument: 'text' },
      ...{ side: 'text', price: 'text', qty: 'text', fee: 'text', feeAsset: 'text' },
      ...{ realised: 'text', liquidity: 'text' },
    },
    key: ['seq'],
    indices: [['orderId'], ['strategy', 'seq']],
  },
  positions: {
    columns: { account: 'text', ...held },
    key: ['account', 'instrument'],
    indices: [],
  },
  holdings: {
    columns: { ...owner, ...held },
    key: ['account', 'strategy', 'instrument'],
    indices: [],
  },
  postings: {
    columns: {
      ...{ ...at, line: 'integer', account: 'text', venue: 'text', book: 'text' },
      ...{ asset: 'text', amount: 'text' },
    },
    key: ['seq', 'line'],
    indices: [['account', 'venue', 'book', 'asset', 'seq']],
  },
  money: {
    columns: {
      ...{ ...at, id: 'text', movement: 'text', instrument: 'text?', by: 'text', reason: 'text' },
    },
    key: ['id'],
    indices: [],
  },
  capital: {
    columns: { ...at, id: 'text', value: 'real?' }, // of the movement `id`, base currency
    key: ['id'],
    indices: [],
  },
  signals: {
    columns: {
      ...{ ...at, id: 'integer', instrument: 'text', direction: 'text', probability: 'real?' },
      ...{ confidence: 'real?', strength: 'real?', horizonUs: 'integer', model: 'text' },
      ...{ bookSequence: 'integer', mid: 'real?', action: 'text' },
    },
    key: ['seq'],
    indices: [],
  },
  strategies: {
    columns: {
      ...{ name: 'text', state: 'text', module: 'text', moduleHash: 'text', reason: 'text' },
      ...{ by: 'text', ...at },
    },
    key: ['name'],
    indices: [],
  },
  refusals: {
    columns: {
      ...{ ...at, strategy: 'text', instrument: 'text', limits: 'text', count: 'integer' },
      ...{ fromUs: 'integer', toUs: 'integer' },
    },
    key: ['seq'],
    indices: [['strategy', 'seq']],
  },
} as const satisfies Readonly<Record<string, TableShape>>;

export type Table = keyof typeof TABLES;

export type Value<Type extends ColumnType> = {
  readonly text: string;
  readonly 'text?': string | null;
  readonly integer: number;
  readonly 'real?': number | null;
}[Type];

type Columns<Name extends Table> = (typeof TABLES)[Name]['columns'];

/** A row of one table. Not Columns<Name> of a union: the values belong to the table. */
export type RowOf<Name extends Table> = {
  readonly table: Name;
  readonly values: {
    readonly [Column in keyof Columns<Name>]: Columns<Name>[Column] extends ColumnType
      ? Value<Columns<Name>[Column]>
      : never;
  };
};

export type Row = { readonly [Name in Table]: RowOf<Name> }[Table];

/** 'orderId' as databases spell it: 'order_id'. */
export const columnName = (column: string): string =>
  column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
