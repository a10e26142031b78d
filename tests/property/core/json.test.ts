// Owns the laws of the canonical text: order of keys is no difference, and it stays JSON.
// Promise: what is parsed from it is what went in; what is no JSON is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalText, hashOf } from '../../../engine/core/json.ts';

const SEED = 20241129;

/** The same value with the keys of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, part]) => [key, turned(part)]));
}

test('canonical text: parses to what went in, whatever the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalText(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalText(turned(value)), text);
      assert.equal(hashOf(turned(value)), hashOf(value));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test('canonical text: keys in order, no key without a value, no number that is none', () => {
  assert.equal(
    canonicalText({ b: 1, a: [undefined, Number.NaN], c: undefined }),
    '{"a":[null,null],"b":1}',
  );
  assert.throws(() => canonicalText({ a: 1n }), /a bigint is no JSON/);
  assert.throws(() => canonicalText(() => 1), /a function is no JSON/);
});
