// Owns the tests of taking orders back: who asks, what a stopped scope leaves open.
// Promise: each cancel is a message to risk and a fact with who and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelOrder, takeBack } from '../../../engine/execution/errands.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import { createOrdersDesk } from '../../orders-fixture.ts';
import { at, spot } from '../../trading-fixture.ts';

type Path = Parameters<typeof cancelOrder>[0];

function openPath() {
  const desk = createOrdersDesk();
  const counted: string[] = [];
  desk.submit({}, 'plain');
  desk.submit({ reduceOnly: true, side: 'sell' }, 'closing');
  desk.submit({ origin: { kind: 'risk', reason: 'drawdown' } }, 'risk');
  desk.submit({ instrument: spot, strategy: 'other' }, 'spot');
  desk.sent.length = 0;
  const leave = (kind: string) => (order: { readonly id: string }) =>
    desk.isUp && desk.sent.push(`${kind} ${order.id}`) > 0;
  const path = {
    state: { orders: desk.slice },
    requests: desk.requests,
    exposure: { onCancel: ({ id }: { id: string }) => void counted.push(id) },
    effects: { cancel: leave('cancel'), amend: leave('amend'), query: leave('query') },
    commit: (fact: Fact) => desk.commit(fact),
    onOrder: () => undefined,
  } as unknown as Path;
  return { desk, path, counted };
}

test('cancel: it is sent, counted and recorded once for the same asker', () => {
  const { desk, path, counted } = openPath();
  const wish = { by: 'anna', reason: 'changed her mind' };
  cancelOrder(path, desk.slice.get('plain')!, wish, at(1));
  cancelOrder(path, desk.slice.get('plain')!, wish, at(2));
  assert.deepEqual([desk.sent, counted], [['cancel plain'], ['plain']]);
  const { by, reason } = desk.facts('request').at(-1)!;
  assert.deepEqual({ by, reason }, wish);
});

test('cancel: one that cannot leave is on record as that, and the order is being cancelled', () => {
  const { desk, path } = openPath();
  desk.isUp = false;
  cancelOrder(path, desk.slice.get('plain')!, { by: 'anna', reason: 'r' }, at(1));
  assert.deepEqual(desk.sent, []);
  assert.equal(desk.requestLines().at(-1), 'cancel timed_out 1 by anna');
  assert.equal(desk.slice.get('plain')?.cancelRequested, true);
});

test('take back: a halted scope leaves only what risk sent to close', () => {
  const { desk, path } = openPath();
  takeBack(path, [{ scope: 'strategy:test', state: 'halted' }], at(1));
  assert.deepEqual(desk.sent, ['cancel plain', 'cancel closing']);
  assert.equal(desk.facts('request').at(-1)?.reason, 'strategy:test is halted');
  assert.equal(desk.requestLines().at(-1), 'cancel sent 1 by risk');
  takeBack(path, [{ scope: 'system', state: 'halted' }], at(2));
  assert.deepEqual(desk.sent.slice(2), ['cancel spot'], 'the rest is on its way');
});

test('take back: a reducing scope leaves what closes, an active one everything', () => {
  const { desk, path } = openPath();
  takeBack(path, [{ scope: 'system', state: 'active' }], at(1));
  assert.deepEqual(desk.sent, []);
  takeBack(path, [{ scope: 'system', state: 'reducing' }], at(1));
  assert.deepEqual(desk.sent, ['cancel plain', 'cancel spot']);
});
