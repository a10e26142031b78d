// Owns the cases of the kill switch: its phases, its resends, its time-out, drills and joins.
// Promise: times are microseconds from 1,000; actions are read as short words in their order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNever } from '../../../engine/core/assert.ts';
import type { Order, OrderState } from '../../../engine/core/order.ts';
import type { KillOptions, KillReport } from '../../../engine/core/risk.ts';
import { createKill, type KillAction, RESEND_US } from '../../../engine/risk/kill.ts';
import { at, linear, orderOf, spot } from '../../trading-fixture.ts';

const START = 1000;
const OPTIONS: KillOptions = { flatten: false, drill: false, reason: 'fire', by: 'anna' };

const orderIn = (id: string, state: OrderState, instrument = linear): Order => ({
  ...orderOf({ instrument }, id),
  state,
});

const liquidation = (id: string, state: OrderState): Order => ({
  ...orderOf({ origin: { kind: 'risk', reason: 'kill' } }, id),
  state,
});

const words = (actions: readonly KillAction[]): string[] =>
  actions.map((action) => {
    switch (action.kind) {
      case 'cancel':
      case 'cancel_unknown':
        return `${action.kind} ${action.orderId} ${action.venue}`;
      case 'ask':
        return `ask ${action.venue}`;
      case 'flatten':
        return `flatten ${action.venues.join(' ')}`;
      case 'block':
        return action.options.drill ? 'block for a drill' : 'block';
      case 'report':
        return action.report.isConfirmed ? 'report confirmed' : 'report unconfirmed';
      default:
        return assertNever(action);
    }
  });

const reportOf = (actions: readonly KillAction[]): KillReport => {
  const last = actions.at(-1);
  assert.equal(last?.kind, 'report');
  return last.report;
};

const kill = () => createKill({ venues: ['test', 'spot'] });

test('kill: with nothing open it blocks, asks, and is confirmed when each venue said zero', () => {
  const one = kill();
  assert.deepEqual(words(one.start(OPTIONS, [], 0, at(START))), ['block', 'ask test', 'ask spot']);
  assert.equal(one.isRunning, true);
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 5))), []);
  const end = one.onOpenOrders('spot', [], at(START + 7));
  assert.deepEqual(words(end), ['report confirmed']);
  assert.equal(one.isRunning, false);
  assert.deepEqual(reportOf(end), {
    ...OPTIONS,
    startedUs: START,
    blockedUs: 0,
    cancelledUs: 0,
    confirmedUs: 7,
    flatUs: null,
    orders: [],
    openAtVenues: { test: 0, spot: 0 },
    positionsLeft: 0,
    isConfirmed: true,
    problem: '',
  });
  assert.deepEqual(one.advance(at(START + 8)), []);
  assert.deepEqual(one.onOrder(orderIn('a', 'open'), at(START + 8)), []);
  assert.deepEqual(one.onOpenOrders('spot', ['x'], at(START + 8)), []);
  assert.deepEqual(one.onPositions(3, at(START + 8)), []);
});

test('kill: every open order is cancelled, and its venue asked when the last has ended', () => {
  const one = kill();
  const open = [orderIn('a', 'open'), orderIn('b', 'sent'), orderIn('c', 'open', spot)];
  assert.deepEqual(words(one.start(OPTIONS, open, 2, at(START))), [
    'block',
    'cancel a test',
    'cancel b test',
    'cancel c spot',
  ]);
  assert.deepEqual(words(one.onOrder(orderIn('a', 'cancelled'), at(START + 1))), []);
  assert.deepEqual(words(one.onOrder(orderIn('b', 'filled'), at(START + 2))), ['ask test']);
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 3))), []);
  assert.deepEqual(words(one.onOrder(orderIn('c', 'expired', spot), at(START + 4))), ['ask spot']);
  const report = reportOf(one.onOpenOrders('spot', [], at(START + 6)));
  assert.deepEqual(report.orders, [
    { orderId: 'a', cancelUs: 0, endedUs: 1, state: 'cancelled' },
    { orderId: 'b', cancelUs: 0, endedUs: 2, state: 'filled' },
    { orderId: 'c', cancelUs: 0, endedUs: 4, state: 'expired' },
  ]);
  assert.deepEqual([report.cancelledUs, report.confirmedUs, report.flatUs], [4, 6, null]);
  assert.equal(report.positionsLeft, 2); // told, although nobody asked to close them
});

test('kill: a cancel without an end is sent again, and the venue is asked meanwhile', () => {
  const one = kill();
  one.start(OPTIONS, [orderIn('a', 'open')], 0, at(START));
  one.onOpenOrders('spot', [], at(START + 1));
  assert.deepEqual(words(one.advance(at(START + RESEND_US - 1))), []);
  assert.deepEqual(words(one.advance(at(START + RESEND_US))), ['cancel a test', 'ask test']);
  assert.deepEqual(words(one.advance(at(START + RESEND_US + 1))), []);
  // Zero while an order of ours has not ended is no confirmation.
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + RESEND_US + 2))), []);
  const ended = one.onOrder(orderIn('a', 'cancelled'), at(START + RESEND_US + 3));
  assert.deepEqual(words(ended), ['ask test']);
  assert.equal(one.isRunning, true);
  const end = one.onOpenOrders('test', [], at(START + RESEND_US + 4));
  assert.deepEqual(words(end), ['report confirmed']);
  assert.equal(reportOf(end).orders[0]?.cancelUs, 0); // the first cancel
});

test('kill: a lost answer is asked for again', () => {
  const one = kill();
  one.start(OPTIONS, [], 0, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  assert.deepEqual(words(one.advance(at(START + RESEND_US - 1))), []);
  assert.deepEqual(words(one.advance(at(START + RESEND_US))), ['ask spot']);
});

test('kill: zero counts only when it is said after the last order ended', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [orderIn('a', 'open')], 0, at(START));
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 1))), []); // asked by nobody here
  assert.deepEqual(words(one.onOrder(orderIn('a', 'cancelled'), at(START + 2))), ['ask test']);
  const late = one.onOpenOrders('test', ['a'], at(START + 3)); // it is over to us, not to the venue
  assert.deepEqual(words(late), ['cancel_unknown a test']);
  assert.deepEqual(words(one.advance(at(START + 2 + RESEND_US))), ['ask test']);
  const end = one.onOpenOrders('test', [], at(START + 3 + RESEND_US));
  assert.deepEqual(words(end), ['report confirmed']);
  assert.equal(reportOf(end).orders.length, 1);
});

test('kill: an order at the venue that nobody knows is cancelled, reported and waited for', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [], 0, at(START));
  const found = one.onOpenOrders('test', ['x'], at(START + 1));
  assert.deepEqual(words(found), ['cancel_unknown x test']);
  assert.deepEqual(words(one.advance(at(START + RESEND_US))), ['ask test']);
  const again = ['cancel_unknown x test']; // resent 250 ms after it was found
  assert.deepEqual(words(one.advance(at(START + 1 + RESEND_US))), again);
  assert.deepEqual(words(one.onOpenOrders('test', ['x'], at(START + 2 + RESEND_US))), []);
  const gone = one.onOpenOrders('test', [], at(START + 3 + RESEND_US));
  assert.deepEqual(words(gone), ['ask test'], 'the question was asked while it lived');
  const report = reportOf(one.onOpenOrders('test', [], at(START + 4 + RESEND_US)));
  assert.deepEqual(report.orders, [
    { orderId: 'x', cancelUs: 1, endedUs: 3 + RESEND_US, state: 'gone' },
  ]);
  assert.deepEqual([report.cancelledUs, report.confirmedUs], [3 + RESEND_US, 4 + RESEND_US]);
});

test('kill: a stranger at one venue is not gone because another does not list it', () => {
  const one = kill();
  one.start(OPTIONS, [], 0, at(START));
  one.onOpenOrders('test', ['x'], at(START + 1));
  one.onOpenOrders('spot', [], at(START + 2));
  assert.equal(one.isRunning, true);
  const report = reportOf(one.advance(at(START + 10_000_000)));
  assert.equal(report.orders[0]?.endedUs, null);
});

test('kill: of very many strangers every one is cancelled, and ten thousand are reported', () => {
  const one = createKill({ venues: ['test'], timeoutUs: 10 });
  one.start(OPTIONS, [], 0, at(START));
  const ids = Array.from({ length: 10_001 }, (_, n) => `x${n}`);
  const found = one.onOpenOrders('test', ids, at(START + 1));
  assert.equal(found.filter(({ kind }) => kind === 'cancel_unknown').length, 10_001);
  const report = reportOf(one.advance(at(START + 10)));
  assert.deepEqual([report.orders.length, report.openAtVenues.test], [10_000, 10_001]);
});

test('kill: an order that was just placed is cancelled with the others', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [], 0, at(START));
  assert.deepEqual(words(one.onOrder(orderIn('late', 'sent'), at(START + 1))), [
    'cancel late test',
  ]);
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 2))), []);
  assert.deepEqual(words(one.onOrder(orderIn('late', 'cancelled'), at(START + 3))), ['ask test']);
  const report = reportOf(one.onOpenOrders('test', [], at(START + 4)));
  assert.deepEqual([report.cancelledUs, report.orders[0]?.cancelUs], [3, 1]);
});

test('kill: an order of a venue nobody named is hunted there all the same', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [orderIn('a', 'open', spot)], 0, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  assert.deepEqual(words(one.onOrder(orderIn('a', 'cancelled', spot), at(START + 2))), [
    'ask spot',
  ]);
  assert.deepEqual(words(one.onOpenOrders('spot', [], at(START + 3))), ['report confirmed']);
});

test('kill: unconfirmed after ten seconds it says what is missing and what to do', () => {
  const one = kill();
  const open = ['a', 'b', 'c', 'd', 'e'].map((id) => orderIn(id, 'open'));
  one.start(OPTIONS, open, 1, at(START));
  one.onOrder(orderIn('a', 'unknown'), at(START + 1));
  one.onOpenOrders('test', ['a', 'b'], at(START + 2));
  const before = words(one.advance(at(START + 9_999_999)));
  assert.ok(!before.includes('report unconfirmed'));
  const end = one.advance(at(START + 10_000_000));
  assert.equal(words(end).at(-1), 'report unconfirmed');
  const report = reportOf(end);
  assert.equal(
    report.problem,
    'order a at test is unknown; order b at test is open; order c at test is open; 2 more orders ' +
      'live; test says that 2 are open; spot did not say what is open. Look at the ' +
      "venue's own page, cancel and close there what is left, kill again. Trading stays halted.",
  );
  assert.deepEqual(
    [report.cancelledUs, report.confirmedUs, report.isConfirmed],
    [null, null, false],
  );
  assert.deepEqual(report.openAtVenues, { test: 2 });
  assert.equal(report.orders.length, 5);
  assert.equal(one.isRunning, false);
});

test('kill: three orders are named, a fourth is counted', () => {
  const one = createKill({ venues: ['test'], timeoutUs: 10 });
  one.start(
    OPTIONS,
    ['a', 'b', 'c'].map((id) => orderIn(id, 'open')),
    0,
    at(START),
  );
  const { problem } = reportOf(one.advance(at(START + 10)));
  assert.ok(problem.includes('order c at test is open; test did not say'), problem);
});

test('kill: a venue that said zero too early has not said it', () => {
  const one = createKill({ venues: ['test'], timeoutUs: 10 });
  one.start({ ...OPTIONS, drill: true }, [orderIn('a', 'open')], 0, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  one.onOrder(orderIn('a', 'cancelled'), at(START + 2));
  const { problem, cancelledUs } = reportOf(one.advance(at(START + 10)));
  assert.equal(cancelledUs, 2);
  assert.ok(problem.startsWith('test has not said zero since its last order ended. '), problem);
  assert.ok(problem.endsWith('Trading is as it was before.'), problem);
});

test('kill: positions are closed where a venue has said zero, again and again until flat', () => {
  const one = kill();
  one.start({ ...OPTIONS, flatten: true }, [orderIn('a', 'open', spot)], 2, at(START));
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 1))), ['flatten test']);
  assert.deepEqual(words(one.onOrder(liquidation('k', 'sent'), at(START + 1))), []);
  assert.deepEqual(words(one.onOrder(orderIn('a', 'cancelled', spot), at(START + 2))), [
    'ask spot',
  ]);
  one.onOpenOrders('spot', [], at(START + 3));
  assert.deepEqual(words(one.onOrder(liquidation('k', 'filled'), at(START + 4))), ['ask test']);
  assert.deepEqual(words(one.onPositions(1, at(START + 5))), []);
  assert.deepEqual(words(one.onOpenOrders('test', [], at(START + 6))), []);
  assert.deepEqual(words(one.advance(at(START + 1 + RESEND_US))), ['flatten test spot']);
  const end = one.onPositions(0, at(START + 2 + RESEND_US));
  const report = reportOf(end);
  assert.deepEqual([report.cancelledUs, report.flatUs], [2, 2 + RESEND_US]);
  assert.equal(report.confirmedUs, 6); // when both had said zero at the same time
  assert.deepEqual(
    report.orders.map(({ orderId }) => orderId),
    ['a'], // a liquidation that ended by itself was never cancelled
  );
  assert.deepEqual([report.positionsLeft, report.isConfirmed], [0, true]);
});

test('kill: a liquidation that does not end is cancelled after a while, and waited for', () => {
  const one = createKill({ venues: ['test'] });
  one.start({ ...OPTIONS, flatten: true }, [], 1, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  one.onOrder(liquidation('k', 'sent'), at(START + 2));
  assert.deepEqual(words(one.onPositions(0, at(START + 3))), []); // flat, but it may still fill
  assert.deepEqual(words(one.advance(at(START + 1 + RESEND_US))), ['ask test']);
  assert.deepEqual(words(one.advance(at(START + 2 + RESEND_US))), ['cancel k test']);
  one.onOrder(liquidation('k', 'cancelled'), at(START + 3 + RESEND_US));
  const report = reportOf(one.onOpenOrders('test', [], at(START + 4 + RESEND_US)));
  assert.deepEqual([report.confirmedUs, report.flatUs], [1, 4 + RESEND_US]);
  assert.deepEqual(report.orders[0], {
    orderId: 'k',
    cancelUs: 2 + RESEND_US,
    endedUs: 3 + RESEND_US,
    state: 'cancelled',
  });
});

test('kill: positions that are left when the time is over are told', () => {
  const one = createKill({ venues: ['test'], timeoutUs: 10 });
  one.start({ ...OPTIONS, flatten: true }, [], 3, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  const report = reportOf(one.advance(at(START + 10)));
  assert.deepEqual([report.flatUs, report.positionsLeft, report.confirmedUs], [null, 3, 1]);
  assert.ok(report.problem.startsWith('3 positions are left. '), report.problem);
});

test('kill: flat and yet unconfirmed, it says nothing of positions', () => {
  const one = createKill({ venues: ['test'], timeoutUs: 10 });
  one.start({ ...OPTIONS, flatten: true }, [], 0, at(START));
  const { problem } = reportOf(one.advance(at(START + 10)));
  assert.ok(problem.startsWith('test did not say what is open. '), problem);
});

test('kill: flat from the start needs no closing', () => {
  const one = createKill({ venues: ['test'] });
  one.start({ ...OPTIONS, flatten: true }, [], 0, at(START));
  const report = reportOf(one.onOpenOrders('test', [], at(START + 4)));
  assert.deepEqual([report.flatUs, report.confirmedUs], [4, 4]);
});

test('kill: a second call joins the first and gets its report', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [orderIn('a', 'open')], 0, at(START));
  const second = { ...OPTIONS, reason: 'again', by: 'ben' };
  assert.deepEqual(words(one.start(second, [orderIn('a', 'open')], 0, at(START + 1))), []);
  one.onOrder(orderIn('a', 'cancelled'), at(START + 2));
  const report = reportOf(one.onOpenOrders('test', [], at(START + 3)));
  assert.deepEqual([report.startedUs, report.by, report.reason], [START, 'anna', 'fire']);
  assert.equal(report.orders.length, 1);
});

test('kill: the stricter of two calls counts: no drill, and flat when either says so', () => {
  const one = createKill({ venues: ['test'] });
  one.start({ ...OPTIONS, drill: true }, [orderIn('a', 'open')], 0, at(START));
  const second = { ...OPTIONS, flatten: true, reason: 'fire!', by: 'ben' };
  assert.deepEqual(words(one.start(second, [], 0, at(START + 1))), ['block']);
  const third = { ...OPTIONS, drill: true };
  assert.deepEqual(words(one.start(third, [], 0, at(START + 2))), []);
  one.onOrder(orderIn('a', 'cancelled'), at(START + 3));
  const { drill, flatten, reason, by } = reportOf(one.onOpenOrders('test', [], at(START + 4)));
  assert.deepEqual({ drill, flatten, reason, by }, { ...second });
});

test('kill: a drill says that it is one', () => {
  const one = createKill({ venues: ['test'] });
  const drill = one.start({ ...OPTIONS, drill: true }, [], 0, at(START));
  assert.deepEqual(words(drill), ['block for a drill', 'ask test']);
  assert.equal(reportOf(one.onOpenOrders('test', [], at(START + 1))).drill, true);
});

test('kill: after a report another kill can begin', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [], 0, at(START));
  one.onOpenOrders('test', [], at(START + 1));
  assert.deepEqual(words(one.start(OPTIONS, [], 0, at(START + 9))), ['block', 'ask test']);
  assert.equal(reportOf(one.onOpenOrders('test', [], at(START + 10))).startedUs, START + 9);
});

test('kill: orders that were over before are not hunted', () => {
  const one = createKill({ venues: ['test'] });
  one.start(OPTIONS, [], 0, at(START));
  assert.deepEqual(words(one.onOrder(orderIn('old', 'filled'), at(START + 1))), []); // a late fill
  const report = reportOf(one.onOpenOrders('test', [], at(START + 2)));
  assert.deepEqual([report.orders, report.confirmedUs], [[], 2]);
});

test('kill: the end of an order is told once, whatever its venue says later', () => {
  const one = kill();
  one.start(OPTIONS, [orderIn('a', 'open')], 0, at(START));
  one.onOrder(orderIn('a', 'cancelled'), at(START + 2));
  one.onOrder(orderIn('a', 'filled'), at(START + 5));
  one.onOpenOrders('test', [], at(START + 6));
  const report = reportOf(one.onOpenOrders('spot', [], at(START + 7)));
  assert.deepEqual(report.orders, [{ orderId: 'a', cancelUs: 0, endedUs: 2, state: 'cancelled' }]);
});

test('kill: the report counts from when the wish came, by a clock that never stands still', () => {
  let stampUs = 50_000;
  const one = createKill({ venues: ['test'], stampUs: () => stampUs });
  one.start(OPTIONS, [orderIn('a', 'open')], 0, at(START), 20_000); // received at 30,000
  stampUs = 90_000; // engine time has not moved
  one.onOrder(orderIn('a', 'cancelled'), at(START));
  stampUs = 130_000;
  const report = reportOf(one.onOpenOrders('test', [], at(START)));
  assert.equal(report.startedUs, START);
  assert.equal(report.blockedUs, 20_000);
  assert.deepEqual([report.cancelledUs, report.confirmedUs], [60_000, 100_000]);
  assert.deepEqual(report.orders, [
    { orderId: 'a', cancelUs: 20_000, endedUs: 60_000, state: 'cancelled' },
  ]);
});
