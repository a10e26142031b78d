// Owns the proof of the order in which an event's records and answers leave the engine.
// Promise: a stub of the gateway's ring takes them as they come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEpochUs } from '../../../engine/core/units.ts';
import type { CommandAnswer } from '../../../engine/facts/effects.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { GatewayMessage } from '../../../engine/facts/gateway-message.ts';
import { writeRecords } from '../../../engine/surroundings/wiring.ts';

function lay(answer: CommandAnswer) {
  const told: string[] = [];
  const body: Fact = { kind: 'run_stopped', reason: 'r', stateHash: '' };
  const wiring = {
    records: [
      { timeUs: asEpochUs(1), body },
      { timeUs: asEpochUs(2), body },
    ],
    answers: [{ correlation: 7, answer }],
    journal: { record: (timeUs: number) => told.push(`record ${timeUs}`), lastSeq: 12 },
    gateway: {
      tell(message: GatewayMessage): void {
        told.push(message.type === 'answer' ? `answer behind ${message.seq}` : message.type);
      },
    },
  };
  return { told, wiring, show: () => void told.push('views') };
}

test('wiring: an answer is told after every record of its event, and once', () => {
  const { told, wiring, show } = lay({ kind: 'done', count: 1 });
  writeRecords(wiring, show);
  writeRecords(wiring, show);
  assert.deepEqual(told, ['record 1', 'record 2', 'answer behind 12']);
});

test('wiring: whoever moved money, limits or a state finds it in the views when answered', () => {
  const answers: readonly CommandAnswer[] = [
    { kind: 'moved', id: 'm1' },
    { kind: 'limits', tree: { version: 2, scopes: [] } as never },
    { kind: 'state', scope: 'system', state: 'halted', reasons: [] },
  ];
  for (const answer of answers) {
    const { told, wiring, show } = lay(answer);
    writeRecords(wiring, show);
    assert.deepEqual(told, ['record 1', 'record 2', 'views', 'answer behind 12'], answer.kind);
  }
});
