// Owns the proof that the replica keeps what the engine says of risk: states, proposals, history.
// Promise: messages are of the real vocabulary; bounds are reached and passed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import { createState } from '../../../engine/state.ts';
import { withGatewayDefaults } from '../../../gateway/options.ts';
import { type Change, createReplica } from '../../../gateway/replica.ts';
import { limitsView, newestProposals, stateOf } from '../../../gateway/risk-view.ts';
import { CAPACITY } from '../../integration/gateway/fake-ledger.ts';
import { createFakeRisk, viewRisk } from '../../integration/gateway/fake-risk.ts';

function start() {
  const replica = createReplica(
    withGatewayDefaults({ stateCapacity: CAPACITY, proposalsMax: 3, riskEventsMax: 2 }),
    () => {},
  );
  const heard: Change[] = [];
  replica.listen((change) => heard.push(change));
  let seq = 0;
  const record = (body: Fact): void => {
    seq += 1;
    replica.take({ type: 'record', record: { seq, timeUs: seq * 1000, body } }, 1);
  };
  return { replica, heard, record };
}

const GROSS = { scope: 'system', limit: 'gross', hard: 5, soft: 4 } as const;

const WAITING = {
  ...({ kind: 'limits', step: 'proposed', proposal: 4 } as const),
  ...{ version: 7, approver: '' },
  ...{ changes: [{ ...GROSS, from: null }], reason: 'less', by: 'anna' },
} as const;

/** An engine with a proposal that waits and a strategy that somebody has halted. */
function engineState() {
  const state = createState({ capacity: { orders: 8, clientKeys: 16 } });
  const tree = { version: 7, scopes: { system: { gross: { hard: 9, soft: 8 } } } };
  state.fold({ kind: 'limits_configured', tree }, 1);
  state.fold(WAITING, 5);
  const word = { reason: 'lunch', by: 'anna', isWord: true } as const;
  state.fold({ kind: 'trading_state', scope: 'strategy:manual', state: 'halted', ...word }, 6);
  return state;
}

test('risk shelf: a run that goes on brings its limits, proposals and states', () => {
  const { replica, record } = start();
  for (const fact of engineState().save()) record(fact);
  assert.equal(limitsView(replica.risk)?.version, 7);
  assert.deepEqual(stateOf(replica.risk, 'strategy:manual').reasons, ['anna: lunch']);
  const [proposal] = newestProposals(replica.risk);
  assert.equal(proposal?.state, 'pending');
  assert.deepEqual(proposal?.changes[0]?.from, { hard: 9, soft: 8 }, 'as it stands in the tree');
});

test('risk shelf: an approved change is in the tree at once', () => {
  const { replica, record } = start();
  for (const fact of engineState().save()) record(fact);
  record({ ...WAITING, step: 'approved', version: 8, approver: 'bert', reason: 'agreed' });
  assert.deepEqual(limitsView(replica.risk)?.scopes.system?.gross, {
    ...{ used: null, soft: 4, hard: 5, unit: 'usd' },
  });
  assert.equal(limitsView(replica.risk)?.version, 8);
});

test('risk shelf: a proposal that was decided in a hole waits no longer', () => {
  const { replica, record } = start();
  const engine = engineState();
  for (const fact of engine.save()) record(fact);
  engine.fold({ ...WAITING, step: 'rejected', approver: 'bert' }, 7);
  replica.take({ type: 'lost', records: 1 }, 1);
  for (const fact of engine.save()) record(fact);
  assert.deepEqual(newestProposals(replica.risk), []);
});

test('risk shelf: a recorded state shows at once, and a view replaces what was recorded', () => {
  const { replica, record } = start();
  const words = { kind: 'trading_state', reason: 'r', by: 'b', isWord: true } as const;
  record({ ...words, scope: 'venue:x', state: 'halted' });
  assert.equal(stateOf(replica.risk, 'venue:x').state, 'halted');
  record({ ...words, scope: 'venue:y', state: 'halted' });
  record({ ...words, scope: 'venue:y', state: 'active' });
  assert.deepEqual([...replica.risk.states.keys()], ['venue:x']);
  replica.take({ type: 'risk', risk: viewRisk(createFakeRisk(), 1, 0, 0) }, 1);
  assert.equal(stateOf(replica.risk, 'venue:x').state, 'active');
});

test('risk shelf: probing of the system counts as reducing, a part of it leaves it alone', () => {
  const { replica, heard, record } = start();
  const held = { reason: 'r', by: 'breaker', isWord: false } as const;
  const words = { kind: 'trading_state', ...held } as const;
  record({ ...words, scope: 'strategy:manual', state: 'halted' });
  assert.equal(replica.tradingState, 'active');
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    ['risk_event'],
  );
  record({ ...words, scope: 'system', state: 'probing' });
  assert.equal(replica.tradingState, 'reducing');
  assert.equal(stateOf(replica.risk, 'system').state, 'probing');
});

test('risk shelf: a decision keeps why it was proposed and why it was decided', () => {
  const { replica, record } = start();
  const head = { kind: 'limits', proposal: 1, by: 'anna' } as const;
  const changes = [{ ...GROSS, from: null }];
  record({ ...head, step: 'proposed', version: 1, changes, reason: 'less', approver: '' });
  record({ ...head, step: 'approved', version: 2, changes, reason: 'agreed', approver: 'bert' });
  const [decided] = newestProposals(replica.risk);
  assert.deepEqual(
    [decided?.state, decided?.reason, decided?.decision_reason, decided?.decided_by],
    ['approved', 'less', 'agreed', 'bert'],
  );
  record({
    ...head,
    proposal: 8,
    step: 'expired',
    version: 2,
    changes,
    reason: 'a day',
    approver: '',
  });
  const [expired] = newestProposals(replica.risk);
  assert.deepEqual([expired?.state, expired?.decided_by], ['expired', null]);
  record({
    ...head,
    proposal: 9,
    step: 'rejected',
    version: 2,
    changes,
    reason: 'no',
    approver: 'c',
  });
  assert.equal(newestProposals(replica.risk)[0]?.reason, '', 'of a proposal not seen here');
});

test('risk shelf: proposals and events are bounded, the oldest go', () => {
  const { replica, record } = start();
  for (let proposal = 1; proposal <= 5; proposal += 1) {
    const words = { step: 'proposed', reason: 'r', by: 'a', approver: '' } as const;
    record({ kind: 'limits', proposal, version: 1, changes: [], ...words });
    const state = { kind: 'trading_state', scope: 'system', state: 'halted' } as const;
    record({ ...state, reason: String(proposal), by: 'a', isWord: true });
  }
  assert.deepEqual(
    newestProposals(replica.risk).map(({ proposal }) => proposal),
    [5, 4, 3],
  );
  const kept = [...replica.risk.events.newest(Number.POSITIVE_INFINITY)];
  assert.deepEqual(
    kept.map(({ number }) => number),
    [10, 8],
  );
});
