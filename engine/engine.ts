// Owns the conductor: apply(event) leads every event through the rooms, and effects come out.
// Promise: synchronous, one writer, no clock or randomness of its own; a broken invariant throws.
import type { Conductor, Rooms } from './conductor.ts';
import type { EngineEvent, TradingState } from './core/event.ts';
import { isTerminal, type Order } from './core/order.ts';
import type { EpochUs } from './core/units.ts';
import { dispatch } from './dispatch.ts';
import { amend } from './execution/amend.ts';
import { createDerived } from './execution/derived.ts';
import { createEmergency } from './execution/emergency.ts';
import { cancelOrder, carryOut, takeBack } from './execution/errands.ts';
import type { ToldMargin } from './execution/margins.ts';
import type { OrderPath } from './execution/path.ts';
import { submit } from './execution/submit.ts';
import { createVenueQuestions } from './execution/venue-questions.ts';
import { createWatch, dayOf } from './execution/watch.ts';
import type { Fact } from './facts/fact.ts';
import { midOf } from './market/mid.ts';
import { restartFacts } from './orders/requests.ts';
import type { Opened } from './strategies/calls.ts';
import { createHost, type Host } from './strategies/host.ts';

export type { Rooms, StrategySetup } from './conductor.ts';

export interface Engine {
  apply(event: EngineEvent): void;
  /** Latest event time seen, microseconds. */
  nowUs(): EpochUs;
  tradingState(): TradingState;
  /** Commits a fact of composition: starts, ids, instruments, deposits, checkpoints. */
  commit(fact: Fact): void;
  /** Trading may begin: what earlier engines left is asked about, strategies start. */
  start(opened: ReadonlyMap<string, Opened> | null): void;
  /** What strategies save, before a round of checkpoints. */
  save(): void;
  /** The last calls of strategies. */
  stopStrategies(): void;
}

/** An engine on the state that `rooms.state` holds; its slices were loaded before. */
export function createEngine(rooms: Rooms, startUs: EpochUs): Engine {
  const c = openConductor(rooms, startUs);
  rooms.facts.commit = (fact) => c.commit(fact, c.nowUs);
  c.exposure.onDay(dayOf(startUs));
  c.derived.all();
  const whole = rooms.telemetry.stages.apply;
  return {
    apply(event) {
      const startNs = c.clock.nowNs();
      dispatch(c, event);
      c.watch.afterEvent(c.nowUs);
      c.exposure.settle(); // behind the event, where nobody waits: the next check finds it done
      if (c.stopped.length > 0) takeBack(c, c.stopped.splice(0), c.nowUs);
      const endNs = c.clock.nowNs();
      whole.record(endNs - startNs);
    },
    nowUs: () => c.nowUs,
    tradingState: () => c.guard.tradingState(),
    commit: (fact) => c.commit(fact, c.nowUs),
    start: (opened) => start(c, opened),
    save: () => c.host.save(c.nowUs),
    stopStrategies: () => c.host.stop(c.nowUs),
  };
}

function openConductor(rooms: Rooms, startUs: EpochUs): Conductor {
  const margins = new Map<string, ToldMargin>();
  const derived = createDerived({ ...rooms, margins });
  const { state, effects, listed, config } = rooms;
  const parts = {
    ...rooms,
    derived,
    questions: createVenueQuestions(rooms.gate, effects),
    margins,
    nowUs: startUs,
    lastForecastUs: new Float64Array(listed.capacity).fill(Number.NEGATIVE_INFINITY),
    forecastIntervalUs: config.ai.forecastIntervalMs * 1000,
    commit(fact: Fact, nowUs: EpochUs): void {
      state.fold(fact, nowUs);
      effects.record(nowUs, fact); // first: what follows may commit facts of its own
      derived.follow(fact, nowUs);
    },
    onOrder: (before: Order | null, order: Order, us: EpochUs) => followOrder(c, before, order, us),
    onFill(order: Order, fill: Parameters<OrderPath['onFill']>[1], nowUs: EpochUs): void {
      c.host.onFill(order, fill, nowUs);
      c.watch.equity(nowUs);
    },
  };
  const emergency = createEmergency(parts);
  const watch = createWatch({ ...parts, emergency }, startUs);
  const c: Conductor = { ...parts, emergency, watch, host: openHost(rooms, () => c) };
  return c;
}

function openHost(rooms: Rooms, conductor: () => Conductor): Host {
  const { strategies, instruments, state, books } = rooms;
  return createHost({
    ...strategies,
    instruments,
    slice: state.strategies,
    ports: {
      ...strategies.ports,
      books,
      submit: (intent, nowUs) =>
        submit(conductor(), intent, midOf(books, intent.instrument), nowUs, 0),
      cancel: (order, by, reason, nowUs) => cancelOrder(conductor(), order, { by, reason }, nowUs),
      amend: (order, change, by, reason, nowUs) =>
        amend(conductor(), order, change, { by, reason }, nowUs),
      takeBack(strategy, reason, nowUs) {
        const c = conductor();
        for (const order of c.state.orders.open()) {
          if (order.strategy !== strategy || order.origin.kind === 'risk') continue;
          cancelOrder(c, order, { by: 'host', reason }, nowUs);
        }
      },
      commit: (fact, nowUs) => conductor().commit(fact, nowUs),
    },
  });
}

/** Orders of the engine before are nobody's word yet, and every venue is asked what is open. */
function start(c: Conductor, opened: ReadonlyMap<string, Opened> | null): void {
  c.watch.begin(c.nowUs);
  // Nobody follows these: the engine was away, which is no venue's fault and no breaker's matter.
  for (const fact of restartFacts(c.state.orders, c.nowUs)) c.commit(fact, c.nowUs);
  c.questions.advance(c.nowUs);
  c.host.start(c.state.orders.open(), opened, c.nowUs);
  carryOut(c, c.requests.advance(c.nowUs), c.nowUs);
}

function followOrder(c: Conductor, before: Order | null, order: Order, nowUs: EpochUs): void {
  const { guard, telemetry } = c;
  if (before?.state === 'sent' && order.state !== 'sent' && order.state !== 'unknown') {
    guard.onAnswered(order, nowUs, order.state === 'rejected');
  }
  if (order.state === 'unknown' && before?.state !== 'unknown') {
    guard.onUnclear(order, nowUs);
  }
  const hasEnded = isTerminal(order) && before !== null && !isTerminal(before);
  if (hasEnded && order.state === 'cancelled') telemetry.add('cancelled', 1);
  c.emergency.onOrder(order, nowUs);
  c.host.onOrder(order, nowUs);
}
