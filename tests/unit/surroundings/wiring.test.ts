// Owns the proof of the order in which an event's records and answers leave the engine.
// Promise: a stub of the gateway's ring takes them as they come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEpochUs } from '../../../engine/core/units.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { GatewayMessage } from '../../../engine/facts/gateway-message.ts';
import { writeRecords } from '../../../engine/surroundings/wiring.ts';

test('wiring: an answer is told after every record of its event, and once', () => {
  const told: string[] = [];
  const body: Fact = { kind: 'run_stopped', reason: 'r', stateHash: '' };
  const wiring = {
    records: [
      { timeUs: asEpochUs(1), body },
      { timeUs: asEpochUs(2), body },
    ],
    answers: [{ correlation: 7, answer: { kind: 'done', count: 1 } as const }],
    journal: { record: (timeUs: number) => told.push(`record ${timeUs}`), lastSeq: 12 },
    gateway: {
      tell(message: GatewayMessage): void {
        told.push(message.type === 'answer' ? `answer behind ${message.seq}` : message.type);
      },
    },
  };
  writeRecords(wiring);
  writeRecords(wiring);
  assert.deepEqual(told, ['record 1', 'record 2', 'answer behind 12']);
});
