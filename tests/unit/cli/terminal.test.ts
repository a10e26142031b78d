// Owns the tests of how commands speak: exit codes, tables, times, and which stream.
// Promise: nothing here starts an engine or a process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  complain,
  EXIT,
  endProgress,
  formatTable,
  paint,
  parseDuration,
  printDocument,
  progress,
  say,
} from '../../../cli/terminal.ts';
import { capture } from './captured.ts';

test('terminal: exit codes are those the help names', () => {
  assert.deepEqual(Object.values(EXIT), [0, 1, 2, 3, 4, 5]);
});

test('terminal: a document goes to stdout in one line, all else to stderr', async () => {
  const { out, err } = await capture(async () => {
    say('starting');
    complain('a thing is wrong');
    progress('42 frames');
    endProgress();
    await printDocument({ a: [1] });
    return 0;
  });
  assert.equal(out, '{"a":[1]}\n');
  assert.equal(err, 'starting\ncolin: a thing is wrong\n');
});

test('terminal: there is no colour where NO_COLOR is set or nobody looks', () => {
  assert.equal(paint('red', 'text'), 'text');
});

test('terminal: a table aligns words left and numbers right, as wide as needed', () => {
  const table = formatTable(
    ['stage', 'p50', 'p99'],
    [
      ['book', '1.5', '12345.6'],
      ['inference', '20', ''],
    ],
  );
  assert.equal(
    table,
    [
      'stage      p50      p99',
      '---------  ---  -------',
      'book       1.5  12345.6',
      'inference   20',
    ].join('\n'),
  );
});

test('terminal: a table without rows is its head', () => {
  assert.equal(formatTable(['a', 'b'], []), 'a  b\n-  -');
});

test('terminal: times are read with their unit and nothing else is', () => {
  const times = ['500ms', '20s', '1.5s', '5m', '1h', '0s'].map(parseDuration);
  assert.deepEqual(times, [500, 20_000, 1500, 300_000, 3_600_000, 0]);
  for (const text of ['', '20', 's', '-1s', '1d', '1 s', '1e3s', '1s ', '.5s']) {
    assert.equal(parseDuration(text), null, `'${text}'`);
  }
});
