// Owns the tests of the t fit: that what it finds is a maximum, and what it refuses.
// Promise: the likelihood is written here a second time, from the density.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { studentPdf, studentQuantile } from '../../../engine/analysis/distributions.ts';
import { takeMoments } from '../../../engine/analysis/pnl.ts';
import { fitStudent, type StudentFitted } from '../../../engine/analysis/student.ts';

/** `count` evenly spread quantiles of a t: a sample without luck. */
const spreadQuantiles = (count: number, nu: number, loc: number, scale: number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, k) => loc + scale * studentQuantile((k + 0.5) / count, nu),
  );

function fit(pnl: Float64Array): StudentFitted {
  const result = fitStudent(pnl, takeMoments(pnl));
  assert.ok(result.kind === 'fitted', result.kind === 'refused' ? result.why : '');
  return result;
}

const logLikelihood = (pnl: Float64Array, nu: number, loc: number, scale: number): number =>
  pnl.reduce((sum, p) => sum + Math.log(studentPdf((p - loc) / scale, nu) / scale), 0);

test('student: the quantiles of a t are fitted by that t', () => {
  for (const nu of [1.5, 3, 8]) {
    const found = fit(spreadQuantiles(2000, nu, 40, 250));
    assert.ok(Math.abs(found.nu / nu - 1) < 0.02, `nu ${found.nu}`);
    assert.ok(Math.abs(found.loc - 40) < 1e-3, `loc ${found.loc}`);
    assert.ok(Math.abs(found.scale / 250 - 1) < 0.01, `scale ${found.scale}`);
  }
});

test('student: no small step from the fit raises the likelihood', () => {
  const pnl = spreadQuantiles(300, 3.3, -2, 7).map((p, t) => (t % 17 === 0 ? 1.4 * p : p));
  const { nu, loc, scale, logLikelihood: best } = fit(pnl);
  assert.ok(Math.abs(logLikelihood(pnl, nu, loc, scale) - best) < 1e-8, 'its own likelihood');
  for (const by of [-1e-3, 1e-3]) {
    assert.ok(logLikelihood(pnl, nu * (1 + by), loc, scale) < best, 'nu');
    assert.ok(logLikelihood(pnl, nu, loc + by * scale, scale) < best, 'loc');
    assert.ok(logLikelihood(pnl, nu, loc, scale * (1 + by)) < best, 'scale');
  }
});

test('student: the fit of a P&L in cents is a hundred times the fit in dollars', () => {
  const dollars = spreadQuantiles(200, 4, 1, 3);
  const [small, large] = [fit(dollars), fit(dollars.map((p) => 100 * p))];
  assert.ok(Math.abs(large.nu / small.nu - 1) < 1e-9);
  assert.ok(Math.abs(large.scale / (100 * small.scale) - 1) < 1e-9);
});

test('student: tails thinner than normal are fitted by the normal', () => {
  const uniform = Float64Array.from({ length: 100 }, (_, t) => t);
  const found = fit(uniform);
  assert.equal(found.nu, Number.POSITIVE_INFINITY);
  assert.ok(Math.abs(found.loc - 49.5) < 1e-12);
  assert.ok(Math.abs(found.scale - Math.sqrt((100 ** 2 - 1) / 12)) < 1e-10);
});

test('student: too few rows, a constant and unbounded likelihoods are refused', () => {
  const refused = (pnl: Float64Array): string => fitStudent(pnl, takeMoments(pnl)).kind;
  assert.equal(refused(spreadQuantiles(19, 3, 0, 1)), 'refused');
  assert.equal(
    fitStudent(spreadQuantiles(20, 3, 0, 1), takeMoments(spreadQuantiles(20, 3, 0, 1))).kind,
    'fitted',
  );
  assert.equal(refused(new Float64Array(50).fill(3)), 'refused');
  assert.equal(refused(Float64Array.from({ length: 50 }, (_, t) => (t < 5 ? t : 0))), 'refused');
  assert.equal(refused(new Float64Array(50).fill(Number.NaN)), 'refused');
});
