// Owns the check that docs/strategies.md says what the code does: names, bounds and defaults.
// Promise: numbers of the document are compared with the constants, not with copies.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveConfig } from '../../../engine/config/resolve.ts';
import * as pacing from '../../../engine/strategies/pacing.ts';
import * as strategy from '../../../engine/strategies/strategy.ts';

const DOC = readFileSync(join(import.meta.dirname, '../../../docs/strategies.md'), 'utf8');
const CODE = readFileSync(
  join(import.meta.dirname, '../../../engine/strategies/strategy.ts'),
  'utf8',
);

const says = (text: string): void => assert.ok(DOC.includes(text), `it does not say: ${text}`);

test('docs/strategies.md: every handler and every method of the desk is in it', () => {
  const membersOf = (name: string): string[] => {
    const body = new RegExp(`export interface ${name} \\{(.*?)\\n\\}`, 's').exec(CODE)?.[1] ?? '';
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map((match) => match[1] ?? '');
  };
  const handlers = membersOf('Strategy');
  assert.equal(handlers.length, 11);
  for (const name of handlers) says(`\`${name}(`);
  for (const name of membersOf('Desk')) {
    if (['name', 'account', 'nowUs', 'instruments'].includes(name)) continue;
    assert.match(DOC, new RegExp(`\\b${name}\\b`), name);
  }
});

test('docs/strategies.md: its bounds and defaults are those of the code', () => {
  const result = resolveConfig({ file: {}, environment: {}, settings: [] });
  assert.ok(result.kind === 'resolved');
  const { strategyHost, ai } = result.config;
  says(`\`strategyHost.isolatedTimeoutMs\` (${strategyHost.isolatedTimeoutMs})`);
  says(`\`strategyHost.isolatedMemoryMb\` (${strategyHost.isolatedMemoryMb})`);
  assert.match(DOC, new RegExp(`strategyHost.callMsMax\` \\(${strategyHost.callMsMax}\\)`));
  says(`\`ai.forecastAgeShareMax\` (${ai.forecastAgeShareMax})`);
  says(`at most ${strategy.SAVED_BYTES_MAX.toLocaleString('en-US')} bytes`);
  says(`at most ${strategy.ACTIONS_PER_CALL_MAX} things a call`);
  says(`held back for ${pacing.SPACING_US_MIN / 1000} ms, doubled`);
  says(`doubled up to ${pacing.SPACING_US_MAX / 1e6} s`);
  says(`at most every ${pacing.TOLD_US / 1e6} s`);
  says(`together are ${pacing.REFUSALS_PER_SECOND} a second`);
  says(`More than ${pacing.FLOOD_PER_SECOND.toLocaleString('en-US')} wishes beyond the budget`);
  assert.equal(strategy.BOOK_LEVELS_SEEN, 10);
  says('ten levels a side');
});
