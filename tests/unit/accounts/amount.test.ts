// Owns the cases of exact amounts: parsing, printing, directed rounding, fractions of doubles.
// Promise: both directions are shown on both sides of zero.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  amountOfRatio,
  divide,
  formatAmount,
  fractionOf,
  parseAmount,
  toNumber,
} from '../../../engine/accounts/amount.ts';
import { formatDecimal } from '../../../engine/core/units.ts';

test('amount: division rounds up or down as told, on both sides of zero', () => {
  assert.equal(divide(7n, 2n, 'up'), 4n);
  assert.equal(divide(7n, 2n, 'down'), 3n);
  assert.equal(divide(-7n, 2n, 'up'), -3n);
  assert.equal(divide(-7n, 2n, 'down'), -4n);
  assert.equal(divide(-8n, 2n, 'up'), -4n);
  assert.throws(() => divide(1n, 0n, 'up'), /not positive/);
});

test('amount: a double is the decimal that names it, exponents included', () => {
  assert.deepEqual(fractionOf(0.00055), { numerator: 55n, scale: 5 });
  assert.deepEqual(fractionOf(-5e-7), { numerator: -5n, scale: 7 });
  assert.deepEqual(fractionOf(100), { numerator: 100n, scale: 0 });
  assert.deepEqual(fractionOf(1.5e21), { numerator: 1_500_000_000_000_000_000_000n, scale: 0 });
  assert.throws(() => fractionOf(Number.NaN), /not a finite number/);
  assert.throws(() => fractionOf(Number.POSITIVE_INFINITY), /not a finite number/);
});

test('amount: decimals finer than 18 digits and exponents are refused', () => {
  assert.equal(parseAmount('1.000000000000000001'), 1_000_000_000_000_000_001n);
  assert.equal(parseAmount('-0.5'), -500_000_000_000_000_000n);
  assert.equal(parseAmount('1.0000000000000000010'), 1_000_000_000_000_000_001n);
  assert.equal(parseAmount('1.0000000000000000001'), null);
  for (const text of ['', '1e3', '.5', '1.', '+1', 'NaN']) assert.equal(parseAmount(text), null);
});

test('amount: what is printed reads back, and a third keeps its direction', () => {
  const third = amountOfRatio(1n, 3n, 'down');
  assert.equal(formatAmount(third), '0.333333333333333333');
  assert.equal(formatAmount(amountOfRatio(1n, 3n, 'up')), '0.333333333333333334');
  assert.equal(parseAmount(formatAmount(third)), third);
  assert.equal(toNumber(parseAmount('-1234567.25') ?? 0n), -1234567.25);
});

test('amount: the quick way reads what the long way reads, and prints as formatDecimal', () => {
  const texts = ['0', '-0', '-0.5', '0.000000000000000001', '999999999999999', '-12345678.1234567'];
  for (const text of [...texts, '12345678901234.5', '1234567890123456.5', '-0.10', '007.50']) {
    const long = parseAmount(`${text}${text.includes('.') ? '' : '.'}${'0'.repeat(20)}`);
    const amount = parseAmount(text);
    assert.equal(amount, long, text);
    assert.ok(amount !== null);
    assert.equal(formatAmount(amount), formatDecimal(amount, 18), text);
    assert.equal(parseAmount(formatAmount(amount)), amount);
  }
  for (const text of ['-', '.', '-.5', '5.', '1.2.3', ' 1', '1 ', '1_0', '0x1', '٣']) {
    assert.equal(parseAmount(text), null, text);
  }
});
