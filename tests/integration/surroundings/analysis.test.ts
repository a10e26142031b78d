// Owns the tests of the risk reports of a running system: a real worker on real shared memory.
// Promise: the report tells the book as it is, and the worker writes its own scratch and no more.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AnalysisEvent } from '../../../engine/core/event.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { AnalysisReport } from '../../../engine/facts/gateway-message.ts';
import { type AnalysisOptions, startAnalysis } from '../../../engine/surroundings/analysis.ts';
import { BUILT_IN_MATERIAL } from '../../../engine/surroundings/risk-material.ts';
import { at, BTC, createEngineDesk, type EngineDesk, fillReport } from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

/** Holds 1 BTC at a mid of 60,000.05. */
function holdingDesk(): EngineDesk {
  const desk = createEngineDesk();
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const intent = intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    qty: asQty(1000),
    price: asPrice(ASK),
    timeInForce: 'IOC',
  });
  desk.command({ kind: 'submit', intent }, 1);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  return desk;
}

type Told = { readonly event: AnalysisEvent; readonly report: AnalysisReport };

function analysisOf({ ground, rooms }: EngineDesk, parts: Partial<AnalysisOptions> = {}) {
  const told = Promise.withResolvers<Told>();
  const analysis = startAnalysis({
    ground,
    traded: rooms.listed.traded,
    cashAssets: rooms.exposure.cashAssets,
    scenarios: BUILT_IN_MATERIAL.scenarios,
    source: rooms.historySource,
    seed: 'test',
    drawdownHard: 0.05,
    intervalUs: 1e6,
    onReport: (event, report) => told.resolve({ event, report }),
    onTrouble: (reason) => told.reject(new Error(reason)),
    ...parts,
  });
  return { analysis, told: told.promise };
}

/** Of everything before and after the worker's own region; it only grows what is its own. */
function hashOutside({ ground }: EngineDesk): string {
  const { buffer, plan } = ground;
  const end = plan.analysis + plan.analysisBytes;
  const hash = createHash('sha256');
  hash.update(Buffer.from(buffer, 0, plan.analysis));
  hash.update(Buffer.from(buffer, end, buffer.byteLength - end));
  return hash.digest('hex');
}

test('analysis: a worker reports on what is held and writes nothing but its scratch', async (t) => {
  const desk = holdingDesk();
  const { analysis, told } = analysisOf(desk);
  t.after(() => analysis.close());
  const before = hashOutside(desk);
  analysis.advance(at(20), 9_990_000, () => 10_000_000);
  const { event, report } = await told;
  assert.equal(hashOutside(desk), before);
  const { summary } = event;
  assert.deepEqual([summary.timeUs, summary.equity], [at(20), 9_990_000]);
  const losses = Object.values(summary.valueAtRisk);
  assert.equal(losses.length, 9);
  for (const loss of losses) assert.ok(loss > 0 && loss < 60_001, `${loss}`);
  // May 2022: the ten millions of USDT lose their peg by 5 %, and the coin falls as well.
  const { loss } = summary.worstStress;
  assert.ok(loss > 500_000 && loss < 560_001, `${loss}`);
  const historical = summary.valueAtRisk['historical 0.95'] ?? 0;
  assert.ok(Math.abs(historical / desk.rooms.exposure.historicalVar() - 1) < 0.01);
  assert.ok(Math.abs(summary.worstStress.loss / desk.rooms.exposure.stressLoss() - 1) < 1e-6);
  const { source, ...parts } = report;
  assert.equal(source, desk.rooms.historySource);
  assert.doesNotThrow(() => JSON.parse(JSON.stringify(parts)));
});

test('analysis: one report at a time, none without equity, the next in its time', async (t) => {
  const desk = holdingDesk();
  let peaks = 0;
  const peak = (): number => {
    peaks += 1;
    return 1e7;
  };
  const { analysis, told } = analysisOf(desk);
  t.after(() => analysis.close());
  analysis.advance(at(20), Number.NaN, peak);
  assert.equal(peaks, 0);
  analysis.advance(at(30), 1e7, peak);
  analysis.advance(at(40), 1e7, peak);
  await told;
  await new Promise((resolve) => setImmediate(resolve));
  analysis.advance(at(50), 1e7, peak);
  assert.equal(peaks, 1);
  analysis.advance(at(1030), 1e7, peak);
  assert.equal(peaks, 2);
});

test('analysis: a report that fails is told, and the next one is tried', async (t) => {
  const desk = holdingDesk();
  const broken = { ...desk.ground, plan: { ...desk.ground.plan, analysisBytes: 64 } };
  const { analysis, told } = analysisOf(desk, { ground: broken, intervalUs: 0 });
  t.after(() => analysis.close());
  analysis.advance(at(20), 1e7, () => 1e7);
  await assert.rejects(told, /no risk report:.*no room/);
});

test('analysis: an end does not wait for a report', async () => {
  const desk = holdingDesk();
  const faults: string[] = [];
  const { analysis, told } = analysisOf(desk, { onTrouble: (reason) => faults.push(reason) });
  told.then(() => faults.push('told'));
  analysis.advance(at(20), 1e7, () => 1e7);
  await analysis.close();
  analysis.advance(at(9020), 1e7, () => 1e7);
  assert.deepEqual(faults, []);
});
