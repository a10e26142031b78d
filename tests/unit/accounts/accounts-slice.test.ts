// Owns the cases of the slice `accounts`: what it folds, refuses, saves and forgets.
// Promise: a fact that contradicts the state leaves it as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsSizeMax, createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import { PENDING_MAX } from '../../../engine/accounts/capital.ts';
import { decideFill } from '../../../engine/accounts/fill.ts';
import { MOVEMENT_IDS } from '../../../engine/accounts/movement-ids.ts';
import type { FactOf } from '../../../engine/facts/fact.ts';
import {
  book,
  btcPerp,
  btcSpot,
  depositOf,
  NO_RATES,
  openAccounts,
  orderOf,
  reportOf,
} from '../../accounts-fixture.ts';

const ONE = 10n ** 18n;

test('accounts: what was saved and loaded is equal, and equal states have equal hashes', () => {
  const accounts = openAccounts({ spot: { USDT: '1000', BTC: '1' } });
  book(accounts, orderOf(btcSpot, 'buy', { strategy: 's' }), reportOf(btcSpot, 100, 2));
  accounts.fold(depositOf('b', 'spot', 'BTC', '1', 'late', null), 5);
  const other = createAccounts();
  other.load(JSON.parse(JSON.stringify(accounts.save())));
  assert.deepEqual(other.save(), accounts.save());
  assert.equal(other.hash(), accounts.hash());
  assert.equal(other.nextFillNumber(), 2);
  assert.deepEqual(other.capital(), {
    value: 0,
    pending: [{ id: 'late', amounts: { BTC: '1' } }],
  });
  assert.equal(other.holding('main', 's', btcSpot.key).qty, (2n * ONE * 999n) / 1000n);
});

test('accounts: a fill is never booked twice, and none is left out', () => {
  const accounts = openAccounts();
  const fact = book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 1));
  const before = accounts.hash();
  assert.throws(() => accounts.fold(fact, 0), /number 1, expected 2/);
  const skipped = { ...fact, fill: { ...fact.fill, number: 3 } };
  assert.throws(() => accounts.fold(skipped, 0), /number 3, expected 2/);
  assert.equal(accounts.hash(), before);
});

test('accounts: a fact that does not balance, or is of somebody else, changes nothing', () => {
  const accounts = openAccounts();
  const fact = decideFill(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 1), NO_RATES);
  const before = accounts.hash();
  const lame = { ...fact, postings: fact.postings.slice(1) };
  assert.throws(() => accounts.fold(lame, 0), /does not balance: USDT is off by -0.05/);
  const theirs = { ...fact, holding: { ...fact.holding, account: 'x' } };
  assert.throws(() => accounts.fold(theirs, 0), /belongs to somebody else/);
  const wild = depositOf('a', 'v', 'USDT', '1e5', 'm1');
  assert.throws(() => accounts.fold(wild, 0), /1e5 is no amount/);
  assert.throws(
    () => accounts.fold(depositOf('a', 'v', 'X', '1', 'm', Number.NaN), 0),
    /worth NaN/,
  );
  assert.equal(accounts.hash(), before);
});

test('accounts: the same movement is never booked twice, and the ids kept are bounded', () => {
  const accounts = createAccounts(2);
  accounts.fold(depositOf('a', 'v', 'USDT', '1', 'one'), 10);
  assert.throws(() => accounts.fold(depositOf('a', 'v', 'USDT', '1', 'one'), 11), /already booked/);
  assert.equal(accounts.forgottenUs(), 0);
  accounts.fold(depositOf('a', 'v', 'USDT', '1', 'two'), 20);
  accounts.fold(depositOf('a', 'v', 'USDT', '1', 'three'), 30);
  assert.equal(accounts.hasMovement('one'), false);
  assert.equal(accounts.forgottenUs(), 10); // what is not younger is refused by its time
  assert.equal(accounts.nextMovementId(), 'm4');
  assert.equal(accounts.save().movements.seen.length, 2);
});

test('accounts: capital waits for its marks by name, and is valued once', () => {
  const accounts = createAccounts();
  accounts.fold(depositOf('a', 'v', 'BTC', '2', 'coins', null), 0);
  accounts.fold(depositOf('a', 'v', 'USDT', '500', 'dollars', 500), 0);
  assert.deepEqual(accounts.capital().pending, [{ id: 'coins', amounts: { BTC: '2' } }]);
  accounts.fold({ kind: 'capital_valued', id: 'coins', value: 120_000 }, 1);
  assert.deepEqual(accounts.capital(), { value: 120_500, pending: [] });
  const again = { kind: 'capital_valued', id: 'coins', value: 1 } as const;
  assert.throws(() => accounts.fold(again, 2), /does not wait/);
});

test('accounts: no more movements wait for marks than may', () => {
  const accounts = createAccounts();
  for (let k = 0; k < PENDING_MAX; k += 1) {
    accounts.fold(depositOf('a', 'v', 'BTC', '1', `d${k}`, null), k);
  }
  const before = accounts.hash();
  const one = depositOf('a', 'v', 'BTC', '1', 'more', null);
  assert.throws(() => accounts.fold(one, 0), /too many wait/);
  assert.equal(accounts.hash(), before);
});

const fundingOf = (amount: string, id: string): FactOf<'money'> => ({
  kind: 'money',
  id,
  movement: 'funding',
  postings: [
    { account: 'main', venue: 'usdm', book: 'balance', asset: 'USDT', amount },
    {
      account: 'main',
      venue: 'usdm',
      book: 'funding',
      asset: 'USDT',
      amount: amount.startsWith('-') ? amount.slice(1) : `-${amount}`,
    },
  ],
  instrument: btcPerp.key,
  by: 'usdm',
  reason: '',
  value: 0,
});

test('accounts: funding is carried by strategies in proportion to what they hold', () => {
  const accounts = openAccounts();
  const strategy = (name: string) => ({ strategy: name });
  book(accounts, orderOf(btcPerp, 'buy', strategy('a')), reportOf(btcPerp, 100, 3));
  book(accounts, orderOf(btcPerp, 'sell', strategy('b')), reportOf(btcPerp, 100, 1));
  accounts.fold(fundingOf('-0.000000000000000003', 'f1'), 9); // the account holds 2
  const funding = (name: string) => accounts.holding('main', name, btcPerp.key).funding;
  assert.equal(accounts.position('main', btcPerp.key).funding, -3n);
  assert.equal(funding('b'), 1n); // -3 x -1 / 2 towards zero
  assert.equal(funding('a'), -4n); // -3 x 3 / 2 is -4.5; the first by name takes the rest
  assert.equal(funding('a') + funding('b'), -3n);
});

test('accounts: funding that comes after the close is the account’s alone', () => {
  const accounts = openAccounts();
  book(accounts, orderOf(btcPerp, 'buy', { strategy: 'a' }), reportOf(btcPerp, 100, 1));
  book(accounts, orderOf(btcPerp, 'sell', { strategy: 'a' }), reportOf(btcPerp, 100, 1));
  accounts.fold(fundingOf('0.5', 'f1'), 9);
  assert.equal(accounts.position('main', btcPerp.key).funding, ONE / 2n);
  assert.equal(accounts.holding('main', 'a', btcPerp.key).funding, 0n);
});

test('accounts: facts of other rooms leave the slice as it was', () => {
  const accounts = openAccounts({ spot: { USDT: '1' } });
  const before = accounts.hash();
  accounts.fold({ kind: 'run_stopped', reason: '', stateHash: '' }, 3);
  accounts.fold({ kind: 'ids_reserved', epoch: 1, from: 1, to: 2 }, 3);
  assert.equal(accounts.hash(), before);
});

test('accounts: what no save gives is refused', () => {
  const good = openAccounts({ spot: { USDT: '1' } }).save();
  const load = (parts: Partial<typeof good>) => () => createAccounts().load({ ...good, ...parts });
  assert.throws(load({ fills: -1 }), /no count of fills/);
  assert.throws(load({ ledger: good.ledger.slice(1) }), /does not sum to zero/);
  const nan = { value: Number.NaN, pending: [] };
  assert.throws(load({ capital: nan }), /NaN is not a value/);
});

const name = (kind: string, k: number, bytes: number): string =>
  `${kind}${k}${'x'.repeat(bytes)}`.slice(0, bytes);
const WIDE = `9007199254740993.${'9'.repeat(18)}`;
const bytesOf = (saved: unknown): number => Buffer.byteLength(JSON.stringify(saved));
const NOBODY = accountsSizeMax({ accounts: 0, purses: 0, holdings: 0 });

test('accounts: ledger and holdings with every text at its bound keep to their size', () => {
  const accounts = createAccounts(1);
  for (let k = 0; k < 6; k += 1) {
    const [account, asset] = [name('a', k % 2, 64), name('c', k, 32)];
    accounts.fold(depositOf(account, name('v', 0, 32), asset, WIDE, `m${k}`, 0), 1);
  }
  for (let k = 0; k < 8; k += 1) {
    const instrument = {
      ...btcPerp,
      key: name('i', k % 2, 64),
      venue: name('v', 0, 32),
      settle: name('c', 0, 32),
    };
    const owner = { account: name('a', k % 2, 64), strategy: name('s', k % 4, 64) };
    book(accounts, orderOf(instrument, 'buy', owner), reportOf(instrument, 9e6, 5e6 + k / 1e3));
  }
  const { opened, ledger, holdings } = accounts.save();
  assert.equal(opened.length, 2);
  assert.equal(holdings.length, 2 + 4);
  const room = accountsSizeMax({ accounts: 2, purses: 7, holdings: 6 }) - NOBODY;
  const size = bytesOf({ opened, ledger, holdings });
  assert.ok(size <= room, `${size} of ${room}`);
});

test('accounts: as many movements as are remembered and may wait keep to their size', () => {
  const accounts = createAccounts();
  for (let k = 0; k < MOVEMENT_IDS; k += 1) {
    const value = k < PENDING_MAX ? null : 0;
    const asset = name('c', 0, 32);
    accounts.fold(depositOf('a', 'v', asset, WIDE, name('m', k, 64), value), 2 ** 53 - 1);
  }
  const { capital, movements, fills } = accounts.save();
  assert.equal(movements.seen.length, MOVEMENT_IDS);
  assert.equal(capital.pending.length, PENDING_MAX);
  const size = bytesOf({ capital, movements, fills });
  assert.ok(size <= NOBODY, `${size} of ${NOBODY}`);
});
