// Owns the tests of money that comes in and goes out of an engine that has lost some: F13.
// Promise: money is moved by command, losses come from the book; equities can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  ETH,
  fillReport,
  recovered,
} from '../../engine-fixture.ts';
import { snapshotText } from '../../market-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const ASK = 6_000_010;
const SETTINGS = [
  'execution.deposits={"USDT":"1000000"}',
  'risk.marks.jumpMax=100', // prices jump by halves to move equity by percents
  ...['volatilityMove', 'lossFraction'].map((name) => `risk.breakers.${name}=1`),
  ...['strategyDrawdownWarning=0.9', 'strategyDrawdownHard=0.95'].map((one) => `risk.${one}`),
];

/** 1.000 BTC bought at 60,000.1 with 1,000,000 USDT; then it is worth so many dollars less. */
function openFallen(dollars: number): EngineDesk {
  const desk = createEngineDesk({ settings: SETTINGS });
  desk.load(ASK - 10, ASK, 0);
  desk.tick(10);
  const intent = intentOf({
    ...{ instrument: BTC, strategy: 'manual', qty: asQty(1000), price: asPrice(ASK) },
    ...{ timeInForce: 'IOC', origin: { kind: 'api', key: 'test' } },
  });
  desk.command({ kind: 'submit', intent }, 1);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  const bid = ASK - 100 * dollars;
  desk.move(bid - 10, bid + 10, 20);
  desk.tick(20);
  return desk;
}

function move(
  desk: EngineDesk,
  movement: 'deposit' | 'withdrawal',
  amount: string,
  asset = 'USDT',
): void {
  const { venue } = BTC;
  const to = { account: 'main', venue, toAccount: 'main', toVenue: venue };
  const what = { kind: 'move_money', movement, asset, amount } as const;
  desk.command({ ...what, ...to, reason: 'test', by: 'anna' }, 2);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'moved');
}

const fallOf = ({ rooms }: EngineDesk): number => rooms.guard.drawdown();

test('engine: F13 taking half of the money out trips no drawdown and no breaker', () => {
  const desk = openFallen(29_000);
  const before = fallOf(desk);
  assert.ok(before > 0.029 && before < 0.03);
  move(desk, 'withdrawal', '485000');
  desk.tick(30);
  assert.ok(Math.abs(fallOf(desk) - before) < 1e-12);
  assert.equal(desk.engine.tradingState(), 'active');
  const kept = recovered(desk).standings.drawdown('system');
  assert.equal(kept?.capital, 515_000);
  assert.deepEqual(desk.records('breaker'), []);
});

test('engine: F13 a deposit does not end a warning, nor does it let go of a halt', () => {
  const warned = openFallen(31_000);
  assert.equal(warned.engine.tradingState(), 'reducing');
  const before = fallOf(warned);
  move(warned, 'deposit', '5000000');
  warned.tick(30);
  assert.equal(warned.engine.tradingState(), 'reducing');
  assert.ok(Math.abs(fallOf(warned) - before) < 1e-12);
  const halted = openFallen(51_000);
  move(halted, 'deposit', '5000000');
  halted.tick(30);
  assert.equal(halted.engine.tradingState(), 'halted');
});

test('engine: F13 a deposit whose look a crash has cut off moves the peaks of the next', () => {
  const desk = openFallen(29_000);
  const before = fallOf(desk);
  move(desk, 'deposit', '5000000');
  const upTo = desk.journal.findLastIndex(({ body }) => body.kind === 'money') + 1;
  const state = recovered(desk, upTo);
  assert.equal(state.standings.drawdown('system')?.capital, 1_000_000, 'nobody has looked yet');
  const next = createEngineDesk({ state, settings: SETTINGS });
  const bid = ASK - 2_900_000;
  next.load(bid - 10, bid + 10, 0);
  next.tick(10);
  assert.ok(Math.abs(fallOf(next) - before) < 1e-9, `${fallOf(next)} is not ${before}`);
  assert.equal(next.engine.nowUs(), at(10));
});

test('engine: F13 a deposit of coins that nobody prices yet is no profit when a mark comes', () => {
  const desk = openFallen(29_000);
  const before = fallOf(desk);
  const { venue } = BTC;
  const to = { account: 'main', venue, toAccount: 'main', toVenue: venue };
  const coins = { kind: 'move_money', movement: 'deposit', asset: 'ETH', amount: '100' } as const;
  desk.command({ ...coins, ...to, reason: 'test', by: 'anna' }, 2);
  desk.tick(30);
  assert.equal(fallOf(desk), before, 'equity is unknown, and changes nothing');
  assert.equal(desk.state.accounts.capital().pending.length, 1);
  const [bids, asks] = [[['3000.00', '1.000']], [['3000.10', '1.000']]] as const;
  desk.frame(snapshotText(500, bids, asks), ETH, 40);
  desk.tick(50);
  assert.deepEqual(desk.state.accounts.capital().pending, []);
  assert.ok(Math.abs(fallOf(desk) - before) < 1e-9, `${fallOf(desk)} is not ${before}`);
  const peak = desk.rooms.guard.view().drawdowns[0]?.peak ?? 0;
  assert.ok(peak > 1_300_000, `${peak}: the peak has the coins`);
});

test('engine: money that its venue does not move is not booked, and the asker hears why', () => {
  const desk = openFallen(29_000);
  desk.link.isUp = false;
  const { venue } = BTC;
  const to = { account: 'main', venue, toAccount: 'main', toVenue: venue };
  const what = { kind: 'move_money', movement: 'withdrawal', asset: 'USDT', amount: '1' } as const;
  const booked = desk.records('money').length;
  desk.command({ ...what, ...to, reason: 'test', by: 'anna' }, 2);
  assert.deepEqual(desk.out.answers.at(-1)?.answer, {
    kind: 'refused',
    problems: [{ path: 'amount', message: 'the venue is closed' }],
  });
  assert.equal(desk.records('money').length, booked);
});

test('engine: margin follows money that has just moved, before the next look', () => {
  const desk = createEngineDesk({ settings: ['execution.deposits={"USDT":"100000"}'] });
  desk.load(ASK - 10, ASK, 0);
  desk.tick(10);
  const limit = { price: asPrice(ASK - 1000), qty: asQty(100) };
  const ask = (): readonly string[] => {
    const intent = intentOf({ instrument: BTC, strategy: 'manual', ...limit });
    desk.command({ kind: 'preview', intent }, 1);
    const answer = desk.out.answers.at(-1)?.answer;
    assert.ok(answer?.kind === 'preview');
    return answer.preview.breaches.map((one) => one.limit).filter((one) => one === 'margin');
  };
  assert.deepEqual(ask(), []);
  move(desk, 'withdrawal', '99999');
  assert.deepEqual(ask(), ['margin'], 'what has left backs nothing');
  move(desk, 'deposit', '99999');
  assert.deepEqual(ask(), [], 'what has come does');
  desk.engine.apply({ kind: 'margin', venue: BTC.venue, balance: 1, timeUs: at(10) });
  assert.deepEqual(ask(), ['margin'], 'and the venue has told less');
});

test('engine: the largest deposit leaves no trace in any sum when it is taken out again', () => {
  const desk = openFallen(29_000);
  const { exposure } = desk.rooms;
  const sums = (): number[] => [exposure.gross(), exposure.stressLoss(), exposure.historicalVar()];
  const before = sums();
  assert.ok(before.every((sum) => sum > 0));
  move(desk, 'deposit', '15000000', 'BTC');
  assert.ok(exposure.gross() > 4e11);
  move(desk, 'withdrawal', '15000000', 'BTC');
  for (const [k, sum] of sums().entries()) {
    const off = Math.abs(sum / (before[k] ?? 0) - 1);
    assert.ok(off < 1e-13, `${sum} is not ${before[k]}`);
  }
});
