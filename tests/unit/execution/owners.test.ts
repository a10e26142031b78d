// Owns the cases of who can sell which coins: deposits, hands and strategies on several pairs.
// Promise: the owners of all pairs of a coin never sum to more than lies at the venue.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { heldBy, type OwnersGround, ownersOf } from '../../../engine/execution/owners.ts';
import {
  type Asked,
  book,
  btcPerp,
  btcSpot,
  instrumentOf,
  openAccounts,
  orderOf,
  reportOf,
} from '../../accounts-fixture.ts';

const btcUsdc = instrumentOf({
  ...{ index: 0, symbol: 'BTCUSDC', venue: 'spot', kind: 'spot', base: 'BTC', quote: 'USDC' },
});
const PAIRS = [btcUsdc, btcSpot]; // the pair against the less trusted dollar has the first slot

type Ground = OwnersGround & { readonly accounts: ReturnType<typeof openAccounts> };

const groundOf = (accounts: Ground['accounts']): Ground => ({
  accounts,
  names: ['main'],
  traded: () => PAIRS,
});

let fills = 0;
function buy(ground: Ground, pair: Instrument, qty: number, strategy: string): void {
  fills += 1;
  const parts: Partial<Asked> = { id: `c${fills}`, strategy };
  const fillId = `f${fills}`;
  const fee = { asset: pair.quote, amount: '0' };
  book(ground.accounts, orderOf(pair, 'buy', parts), reportOf(pair, 100, qty, { fillId, fee }));
}

const told = (ground: OwnersGround, pair: Instrument): (string | number)[][] =>
  ownersOf(ground, pair).map(({ strategy, qty }) => [strategy, qty]);

const rich = (coins: string): Ground =>
  groundOf(openAccounts({ spot: { BTC: coins, USDT: '1000', USDC: '1000' } }));

test('owners: deposited coins belong to the pair that carries them in the risk tables', () => {
  const ground = rich('1');
  assert.deepEqual(told(ground, btcSpot), [['manual', 1000]]);
  assert.deepEqual(told(ground, btcUsdc), []);
});

test('owners: coins bought by hand on another pair count there and nowhere else', () => {
  const ground = rich('1');
  buy(ground, btcUsdc, 1, 'manual');
  assert.deepEqual(told(ground, btcSpot), [['manual', 1000]]);
  assert.deepEqual(told(ground, btcUsdc), [['manual', 1000]]);
  assert.equal(heldBy(ground, btcSpot, null) + heldBy(ground, btcUsdc, null), 2000);
});

test('owners: a short balance is shared by name, before and after a restart', () => {
  const ground = rich('0');
  buy(ground, btcUsdc, 1, 'zeta');
  buy(ground, btcSpot, 1, 'alpha');
  buy(ground, btcSpot, 1, 'manual');
  book(
    ground.accounts,
    orderOf(btcSpot, 'sell', { id: 'x', strategy: 'other' }),
    reportOf(btcSpot, 100, 1.5, { fillId: 'x' }),
  );
  const expected = [[['alpha', 1000]], [['zeta', 500]]];
  const shares = (one: Ground) => [told(one, btcSpot), told(one, btcUsdc)];
  assert.deepEqual(shares(ground), expected);
  const accounts = createAccounts();
  accounts.load(ground.accounts.save());
  assert.deepEqual(shares(groundOf(accounts)), expected);
});

test('owners: who holds a contract is told by name, whoever traded first', () => {
  const ground = rich('0');
  buy(ground, btcPerp, 1, 'zeta');
  buy(ground, btcPerp, 1, 'alpha');
  assert.deepEqual(told(ground, btcPerp), [
    ['alpha', 1000],
    ['zeta', 1000],
  ]);
});
