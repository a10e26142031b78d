// Owns the law of recovery for risk: the fold of an engine's records is that engine's checkpoint.
// Promise: the engine's own state is the independent source; any orders, words, limits and kills.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../../engine/core/assert.ts';
import type { Command } from '../../../engine/core/event.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Checkpoint } from '../../../engine/facts/fact.ts';
import { createFold } from '../../../engine/storage/recovery-fold.ts';
import { at, BTC, createEngineDesk, type EngineDesk, fillReport } from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const PEOPLE = ['anna', 'bert'] as const;
const SCOPES = ['system', 'strategy:manual', 'portfolio:main', `instrument:${BTC.key}`] as const;

const who = fc.constantFrom(...PEOPLE);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('order' as const), n: fc.nat(1e6) }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('report' as const), n: fc.nat(1e6) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), n: fc.nat(400) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('word' as const),
      scope: fc.constantFrom(...SCOPES),
      state: fc.constantFrom('active' as const, 'active', 'reducing', 'halted'),
      by: who,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('propose' as const), n: fc.nat(3), by: who }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('decide' as const), approve: fc.boolean(), by: who }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      flatten: fc.boolean(),
      drill: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface Life {
  readonly desk: EngineDesk;
  ms: number;
  bid: number;
}

function live(life: Life, one: Step): void {
  const { desk } = life;
  life.ms += 50;
  switch (one.do) {
    case 'order':
      command(life, orderOf(life, one.n));
      return;
    case 'report':
      report(life, one.n);
      return;
    case 'move':
      life.bid = BID + (one.n - 200) * 100;
      desk.move(life.bid, life.bid + 10, life.ms);
      desk.tick(life.ms);
      return;
    case 'word':
      command(life, {
        kind: 'trading_state',
        scope: one.scope,
        state: one.state,
        reason: 'r',
        by: one.by,
      });
      return;
    case 'propose':
      propose(life, one.n, one.by);
      return;
    case 'decide': {
      const [waiting] = desk.rooms.limitChanges.pending();
      const { approve, by } = one;
      const proposal = waiting?.proposal ?? 1;
      command(life, { kind: 'decide_limits', proposal, approve, reason: 'r', by });
      return;
    }
    case 'kill': {
      const { flatten, drill } = one;
      command(life, { kind: 'kill', options: { flatten, drill, reason: 'r', by: 'anna' } });
      return;
    }
    default:
      assertNever(one);
  }
}

const command = ({ desk }: Life, asked: Command): void => desk.command(asked, 0);

function orderOf({ bid }: Life, n: number): Command {
  const away = ((n >> 3) % 200) - 100;
  const intent = intentOf({
    instrument: BTC,
    strategy: n % 3 === 0 ? 'buy-and-hold' : 'manual',
    origin: { kind: 'api', key: 'test' },
    side: n % 2 === 0 ? 'buy' : 'sell',
    timeInForce: n % 5 === 0 ? 'IOC' : 'GTC',
    qty: asQty(100 * (1 + (n % 3))),
    price: asPrice(bid + away * 10),
  });
  return { kind: 'submit', intent };
}

function propose(life: Life, n: number, by: string): void {
  const scope = SCOPES[n] ?? 'system';
  const limit = scope.startsWith('instrument') ? 'position' : 'order_notional';
  const changes = [{ scope, limit, hard: 90_000 - n, soft: 100 }] as const;
  const { version } = life.desk.rooms.limits.tree();
  command(life, { kind: 'propose_limits', changes, version, reason: 'r', by });
}

function report(life: Life, n: number): void {
  const { desk, ms } = life;
  const sent = desk.out.placed;
  const one = sent[n % Math.max(1, sent.length)];
  if (one === undefined) return;
  const timeUs = at(ms);
  const order = desk.rooms.orders.get(one.id);
  const left = order === null ? 0 : order.qty - order.filledQty;
  if (n % 4 === 0 && left > 0) {
    const qty = n % 8 === 0 ? left : 1 + ((n >> 4) % left);
    desk.report(fillReport(one.id, life.bid, qty, `f${desk.out.records.length}`, ms));
  } else if (n % 4 === 1) desk.report({ kind: 'accepted', orderId: one.id, timeUs });
  else if (n % 4 === 2) desk.report({ kind: 'unclear', orderId: one.id, reason: 'r', timeUs });
  else {
    desk.report({ kind: 'ended', orderId: one.id, state: 'cancelled', reason: 'r', timeUs });
    desk.report({ kind: 'open_orders', venue: BTC.venue, orderIds: [], timeUs });
  }
}

/** What both have to say, in one order; when an order was last touched is not in every record. */
function plain(checkpoint: Checkpoint) {
  const { books = [], states = [], proposals = [] } = checkpoint;
  const byText = <T>(list: readonly T[]): T[] =>
    list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    balances: Object.entries(checkpoint.balances).toSorted(),
    positions: byText(checkpoint.positions.filter(({ qty }) => qty !== '0')),
    openOrders: byText(checkpoint.openOrders.map(({ updatedUs: _, ...order }) => order)),
    books: byText(books),
    states: byText(states),
    proposals: byText(proposals.map(({ timeUs: _, ...proposal }) => proposal)),
    limits: checkpoint.limits,
    tradingState: checkpoint.tradingState,
    nextFillNumber: checkpoint.nextFillNumber,
  };
}

test('fold: after anything people and venues do, it is the checkpoint of the engine', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const desk = createEngineDesk({ settings: ['risk.breakers.venueFaults=1000'] });
      desk.load(BID, BID + 10, 0);
      desk.tick(10);
      const fold = createFold(JSON.parse(JSON.stringify(desk.engine.checkpoint(7))));
      desk.out.records.length = 0;
      const life: Life = { desk, ms: 10, bid: BID };
      let told = 0;
      for (const one of steps) {
        live(life, one);
        for (; told < desk.out.records.length; told += 1) {
          fold.apply(JSON.parse(JSON.stringify(desk.out.records[told])));
        }
        const own = JSON.parse(JSON.stringify(desk.engine.checkpoint(7)));
        assert.deepEqual(plain(fold.checkpoint()), plain(own));
      }
    }),
    { seed: 20240808, numRuns: 40 },
  );
});
