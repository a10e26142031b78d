// Owns the tests of what people and risk do to a running engine: kills, scopes, limits, previews.
// Promise: the real rooms on real kernels; the venue's answers are given by hand, in every order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueOrder } from '../../../engine/core/event.ts';
import type { LimitScope } from '../../../engine/core/limit.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { CommandAnswer } from '../../../engine/facts/effects.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  fillReport,
  heldOf,
  recovered,
} from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const KILL = { flatten: false, drill: false, reason: 'test', by: 'anna' } as const;

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID - 1000),
    ...parts,
  });

/** A desk with a book and `orders` resting orders of different sizes. */
function restingDesk(orders: number, settings: readonly string[] = []): EngineDesk {
  const desk = createEngineDesk({ settings });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  for (let k = 1; k <= orders; k += 1) {
    desk.command({ kind: 'submit', intent: manual({ qty: asQty(k) }) }, k);
  }
  for (const { id } of desk.out.placed) {
    desk.report({ kind: 'accepted', orderId: id, timeUs: at(11) });
  }
  assert.equal(desk.out.placed.length, orders, JSON.stringify(desk.out.answers.at(-1)));
  return desk;
}

function endAll(desk: EngineDesk, ms: number): void {
  for (const { id } of desk.out.placed) {
    const reason = 'requested';
    desk.report({ kind: 'ended', orderId: id, state: 'cancelled', reason, timeUs: at(ms) });
  }
}

const GHOST: VenueOrder = {
  ...{ orderId: 'ghost', account: 'main', instrument: BTC, side: 'buy', type: 'limit' },
  ...{ qty: asQty(1), filledQty: asQty(0), price: asPrice(BID), timeUs: at(0) },
};

const answers = <Kind extends CommandAnswer['kind']>(desk: EngineDesk, kind: Kind) =>
  desk.out.answers
    .map(({ answer }) => answer)
    .filter((answer): answer is Extract<CommandAnswer, { kind: Kind }> => answer.kind === kind);

test('kill: blocks, cancels every order, asks the venue and reports once it says zero', () => {
  const desk = restingDesk(3);
  desk.command({ kind: 'kill', options: KILL }, 90);
  assert.equal(desk.engine.tradingState(), 'halted');
  assert.equal(new Set(desk.out.cancelled.map(({ id }) => id)).size, 3);
  assert.deepEqual(answers(desk, 'killed'), [], 'nothing is confirmed yet');
  endAll(desk, 20);
  desk.tick(25);
  assert.ok(desk.out.asked.includes(BTC.venue));
  desk.tellOpen([], 30);
  desk.tick(40);
  const [killed] = answers(desk, 'killed');
  assert.ok(killed);
  assert.equal(killed.report.isConfirmed, true);
  assert.equal(killed.report.orders.length, 3);
  assert.ok(killed.report.orders.every(({ state, endedUs }) => state === 'cancelled' && endedUs));
  assert.deepEqual(desk.records('kill').length, 1);
  assert.equal(desk.engine.tradingState(), 'halted', 'until a person says otherwise');
});

test('kill: an order nobody knows keeps a venue from being confirmed, and is cancelled', () => {
  const desk = restingDesk(1);
  desk.command({ kind: 'kill', options: KILL }, 90);
  endAll(desk, 20);
  desk.tick(25);
  desk.tellOpen([GHOST], 30);
  desk.tick(31);
  assert.deepEqual(answers(desk, 'killed'), []);
  assert.ok(desk.out.cancelledUnknown.includes('ghost'));
  desk.tick(300);
  desk.tellOpen([], 310);
  assert.deepEqual(answers(desk, 'killed'), [], 'gone, but this was not asked after its end');
  desk.tellOpen([], 320);
  assert.equal(answers(desk, 'killed')[0]?.report.isConfirmed, true);
});

test('kill: without the venue it ends after ten seconds and says what is missing', () => {
  const desk = restingDesk(1);
  desk.command({ kind: 'kill', options: KILL }, 90);
  for (let ms = 100; ms <= 11_000; ms += 100) desk.tick(ms);
  const [killed] = answers(desk, 'killed');
  assert.equal(killed?.report.isConfirmed, false);
  assert.notEqual(killed?.report.problem, '');
});

test('kill: a drill leaves trading as it was', () => {
  const desk = restingDesk(1);
  desk.command({ kind: 'kill', options: { ...KILL, drill: true } }, 90);
  assert.equal(desk.engine.tradingState(), 'halted');
  endAll(desk, 20);
  desk.tick(25);
  desk.tellOpen([], 30);
  desk.tick(40);
  assert.equal(answers(desk, 'killed')[0]?.report.drill, true);
  assert.equal(desk.engine.tradingState(), 'active');
});

test('kill: flattening sells what is held, past the halt, and no more than that', () => {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const intent = manual({ qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 1);
  const [bought] = desk.out.placed;
  assert.ok(bought, JSON.stringify(desk.out.answers));
  desk.report(fillReport(bought.id, ASK, 1000, 'f1', 15));
  desk.command({ kind: 'kill', options: { ...KILL, flatten: true } }, 90);
  desk.tick(20);
  desk.tellOpen([], 30);
  desk.tick(40);
  const sells = desk.out.placed.filter((one) => one.intent.side === 'sell');
  assert.equal(sells.length, 1);
  const [sell] = sells;
  assert.ok(sell);
  assert.equal(sell.intent.qty, 1000);
  assert.deepEqual(sell.intent.origin, { kind: 'risk', reason: 'kill: flatten' });
  desk.report(fillReport(sell.id, BID, 1000, 'f2', 50));
  desk.tick(60);
  desk.tellOpen([], 70);
  desk.tick(80);
  const [killed] = answers(desk, 'killed');
  assert.equal(killed?.report.isConfirmed, true, killed?.report.problem);
  assert.equal(killed?.report.positionsLeft, 0);
  assert.equal(desk.rooms.exposure.gross(), 0);
});

const SCOPES: readonly LimitScope[] = [
  'system',
  'portfolio:main',
  'strategy:manual',
  `venue:${BTC.venue}`,
  `instrument:${BTC.key}`,
];

for (const scope of SCOPES) {
  test(`state: halting ${scope} takes its orders back and refuses the next one there`, () => {
    const desk = restingDesk(1);
    const word = { scope, state: 'halted', reason: 'r', by: 'anna' } as const;
    desk.command({ kind: 'trading_state', ...word }, 90);
    assert.deepEqual(desk.out.cancelled.length, 1);
    desk.command({ kind: 'submit', intent: manual({ qty: asQty(9) }) }, 91);
    const answer = desk.out.answers.at(-1)?.answer;
    assert.ok(answer?.kind === 'rejected');
    assert.deepEqual(
      answer.breaches.map(({ limit, scope: where }) => [limit, where]),
      [['trading_halted', scope]],
    );
    desk.command({ kind: 'trading_state', ...word, state: 'active' }, 92);
    desk.command({ kind: 'submit', intent: manual({ qty: asQty(10) }) }, 93);
    assert.equal(desk.out.answers.at(-1)?.answer.kind, 'accepted');
  });
}

test('state: reducing takes back what would add and leaves what reduces', () => {
  const desk = restingDesk(1);
  desk.setState('reducing');
  assert.equal(desk.out.cancelled.length, 1);
});

test('state: a scope nobody has is not found', () => {
  const desk = createEngineDesk();
  const scope = 'strategy:nobody';
  desk.command({ kind: 'trading_state', scope, state: 'halted', reason: 'r', by: 'b' }, 5);
  assert.deepEqual(desk.out.answers, [
    { correlation: 5, answer: { kind: 'not_found', what: scope } },
  ]);
});

test('limits: one proposes, another approves, and the next order meets the new limit', () => {
  const desk = restingDesk(0);
  const scope = 'strategy:manual';
  const changes = [{ scope, limit: 'order_notional', hard: 100, soft: 50 }] as const;
  desk.command({ kind: 'propose_limits', changes, version: 1, reason: 'r', by: 'anna' }, 1);
  const [proposed] = answers(desk, 'proposed');
  assert.ok(proposed, JSON.stringify(desk.out.answers));
  const decision = { proposal: proposed.proposal, approve: true, reason: 'ok' } as const;
  desk.command({ kind: 'decide_limits', ...decision, by: 'anna' }, 2);
  assert.equal(answers(desk, 'refused').length, 1, 'not the one who proposed');
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(2) }) }, 3);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'accepted', 'not in force yet');
  desk.command({ kind: 'decide_limits', ...decision, by: 'bert' }, 4);
  assert.equal(answers(desk, 'limits')[0]?.tree.version, 2);
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(3) }) }, 5);
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'rejected');
  assert.deepEqual(
    answer.breaches.map((breach) => [breach.limit, breach.scope, breach.allowed]),
    [['order_notional', scope, 100]],
  );
  assert.deepEqual(
    desk.records('limits').map(({ step, by, approver }) => `${step} ${by} ${approver}`.trim()),
    ['proposed anna', 'approved anna bert'],
  );
});

test('limits: what nobody decides within a day ends with a record', () => {
  const desk = restingDesk(0);
  const changes = [{ scope: 'system', limit: 'gross', hard: 5e6, soft: 4e6 }] as const;
  desk.command({ kind: 'propose_limits', changes, version: 1, reason: 'r', by: 'anna' }, 1);
  desk.tick(24 * 3600_000 + 1000);
  assert.deepEqual(
    desk.records('limits').map(({ step, reason }) => [step, reason]),
    [
      ['proposed', 'r'],
      ['expired', 'nobody decided within a day'],
    ],
  );
  assert.deepEqual(desk.state.limits.proposals(), []);
});

test('limits: what an approval has left behind makes room for new proposals at once', () => {
  const desk = restingDesk(0);
  const changes = [{ scope: 'system', limit: 'gross', hard: 5e6, soft: 4e6 }] as const;
  const propose = (version: number): void =>
    desk.command({ kind: 'propose_limits', changes, version, reason: 'r', by: 'anna' }, 1);
  for (let k = 0; k < 17; k += 1) propose(1);
  assert.equal(answers(desk, 'proposed').length, 16);
  const proposal = answers(desk, 'proposed')[0]?.proposal ?? 0;
  desk.command({ kind: 'decide_limits', proposal, approve: true, reason: 'r', by: 'bert' }, 2);
  for (let k = 0; k < 16; k += 1) propose(2);
  assert.equal(answers(desk, 'proposed').length, 32);
  assert.equal(desk.state.limits.proposals().length, 16, 'the others have ended with a record');
  assert.equal(desk.records('limits').filter(({ step }) => step === 'expired').length, 15);
});

test('limits: what was approved outlives the engine, and so do the books of each strategy', () => {
  const desk = restingDesk(0);
  const changes = [{ scope: 'system', limit: 'gross', hard: 5e6, soft: 4e6 }] as const;
  desk.command({ kind: 'propose_limits', changes, version: 1, reason: 'r', by: 'anna' }, 1);
  const proposal = answers(desk, 'proposed')[0]?.proposal ?? 0;
  desk.command({ kind: 'decide_limits', proposal, approve: true, reason: 'r', by: 'bert' }, 2);
  const intent = manual({ qty: asQty(7), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 3);
  const [bought] = desk.out.placed;
  assert.ok(bought);
  desk.report(fillReport(bought.id, ASK, 7, 'f1', 15));
  const next = createEngineDesk({ state: recovered(desk) });
  assert.deepEqual(next.rooms.limits.tree().scopes.system?.gross, { hard: 5e6, soft: 4e6 });
  assert.deepEqual([heldOf(next, 'manual'), heldOf(next, 'signal-follower')], [7, 0]);
});

test('preview: says what would happen and leaves nothing behind', () => {
  const desk = restingDesk(0);
  const before = desk.state.hash();
  desk.command({ kind: 'preview', intent: manual({ qty: asQty(5) }) }, 1);
  desk.command({ kind: 'preview', intent: manual({ qty: asQty(5_000_000) }) }, 2);
  const [small, large] = answers(desk, 'preview').map(({ preview }) => preview);
  assert.ok(small?.approved && large);
  assert.ok(small.figures.varAfter > small.before.varAfter);
  assert.equal(large.approved, false);
  assert.ok(large.breaches.some(({ limit }) => limit === 'order_notional'));
  assert.equal(desk.state.hash(), before);
  assert.deepEqual(desk.records('verdict'), []);
  assert.deepEqual(desk.out.placed, []);
});

test('preview: what compliance refuses is told as such', () => {
  const desk = createEngineDesk({ settings: ['compliance.restricted=["BTC"]'] });
  desk.command({ kind: 'preview', intent: manual() }, 1);
  const [answer] = answers(desk, 'preview');
  assert.equal(answer?.preview.by, 'compliance');
  assert.equal(answer?.preview.breaches[0]?.limit, 'restricted');
});

test('kill: where ticks are coarser than half the collar, flattening takes the best bid', () => {
  const desk = createEngineDesk({ settings: ['risk.priceCollar=0.000002'] }); // 0.12 of 60,000
  const ask = BID + 20;
  desk.load(BID, ask, 0); // half of the collar is 0.06 below a mid of 60,000.10
  desk.tick(10);
  const intent = manual({ qty: asQty(1000), price: asPrice(ask), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 1);
  const [bought] = desk.out.placed;
  assert.ok(bought, JSON.stringify(desk.out.answers));
  desk.report(fillReport(bought.id, ask, 1000, 'f1', 15));
  desk.command({ kind: 'kill', options: { ...KILL, flatten: true } }, 90);
  desk.tick(20);
  desk.tellOpen([], 30);
  desk.tick(40);
  const sell = desk.out.placed.find((one) => one.intent.side === 'sell');
  assert.equal(sell?.intent.price, BID);
});
