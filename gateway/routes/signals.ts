// Owns signals over REST: the ones there are, and asking for new ones now.
// Promise: what is returned was forecast by the engine's model; nothing is made up to fill a list.
import { replyOf } from '../outcome.ts';
import { decodeCursor, pageOf } from '../page.ts';
import { problem } from '../problem.ts';
import type { Replica, TimedSignal } from '../replica.ts';
import { json } from '../reply.ts';
import { defineRoute, type Route } from '../route.ts';
import { generateSignals, signalQuery } from '../schema.ts';
import { isNamedBy, signalView } from '../view.ts';

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/signals',
  access: 'read',
  summary: 'Signals, newest first',
  query: signalQuery,
  replies: { 200: 'A page of signals', 400: 'A filter or cursor that is not valid' },
  answer({ context, query }) {
    const before = decodeCursor(query.cursor);
    if (before === null) return problem('bad_request', { detail: 'This cursor is not ours.' });
    const isWanted = ({ signal }: TimedSignal): boolean =>
      signal.confidence >= query.min_confidence &&
      (query.action === undefined || signal.action === query.action) &&
      (query.symbol === undefined || isNamedBy(signal.instrument, query.symbol));
    const page = pageOf(context.replica.signals.newest(before), query.limit, isWanted);
    return json(200, {
      signals: page.items.map(({ signal, timeUs }) => signalView(signal, timeUs)),
      next_cursor: page.nextCursor,
    });
  },
});

const generate = defineRoute({
  method: 'POST',
  path: '/api/v2/signals/generate',
  access: 'trade',
  summary: 'Ask the models for a fresh forecast of some symbols',
  body: generateSignals,
  replies: {
    200: 'The signals that came in time; `requested` minus `received` are still on their way',
    400: 'Fields that are not valid',
    404: 'A symbol that is not traded here',
  },
  async answer({ context, body }) {
    const gathering = gatherSignals(context.replica, body.symbols);
    const outcome = await context.commands.ask({
      kind: 'generate_signals',
      symbols: body.symbols,
    });
    const done = outcome.kind === 'answer' && outcome.answer.kind === 'done';
    const count = done ? outcome.answer.count : 0;
    const gathered = await gathering.finish(count, count === 0 ? 0 : context.options.signalWaitMs);
    return replyOf(outcome, 'done', () => {
      const views = gathered.map(({ signal, timeUs }) => signalView(signal, timeUs));
      return json(200, {
        signals: views.filter((view) => view.confidence >= body.confidence_threshold),
        requested: count,
        received: views.length,
        notes: notesOn(body.time_horizon_hours ?? null, views),
      });
    });
  },
});

/** Models forecast the horizon they were trained for; a client that asked for another is told. */
function notesOn(
  hours: number | null,
  views: readonly { readonly model: string; readonly horizon_hours: number }[],
): string[] {
  if (hours === null) return [];
  const others = new Map<string, number>();
  for (const view of views) {
    if (Math.abs(view.horizon_hours / hours - 1) > 0.01) others.set(view.model, view.horizon_hours);
  }
  return [...others].map(
    ([model, horizon]) =>
      `model ${model} forecasts ${Math.round(horizon * 3600)} s ahead, not ${hours} h`,
  );
}

/** Collects the newest signal of each named instrument from now on. */
function gatherSignals(replica: Replica, symbols: readonly string[]) {
  const byInstrument = new Map<string, TimedSignal>();
  let wake: (() => void) | null = null;
  const stop = replica.listen((change) => {
    if (change.kind !== 'signal') return;
    const key = change.signal.instrument;
    if (!symbols.some((symbol) => isNamedBy(key, symbol))) return;
    byInstrument.set(key, change);
    wake?.();
  });
  return {
    /** Resolves with what came when `count` instruments have, or after `waitMs`. */
    finish: (count: number, waitMs: number): Promise<TimedSignal[]> =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          stop();
          resolve([...byInstrument.values()]);
        };
        const timer = setTimeout(end, waitMs);
        wake = () => byInstrument.size >= count && end();
        wake();
      }),
  };
}

export const signalRoutes: readonly Route[] = [generate, list];
