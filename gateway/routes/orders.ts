// Owns orders over REST: send, list, look at, cancel.
// Promise: 201 means that risk and compliance approved; 422 lists every limit that did not.

import { hashOf } from '../../engine/core/json.ts';
import { type ClientKey, TERMINAL_STATES } from '../../engine/core/order.ts';
import type { OrderRequest } from '../../engine/facts/gateway-message.ts';
import type { ShelvedOrder } from '../order-shelf.ts';
import { replyOf } from '../outcome.ts';
import { decodeCursor, pageOf } from '../page.ts';
import { problem } from '../problem.ts';
import { json, type Reply } from '../reply.ts';
import { previewView, verdictView } from '../risk-view.ts';
import { defineRoute, type GatewayContext, type Route } from '../route.ts';
import { type NewOrder, newOrder, orderQuery } from '../schema.ts';
import { isNamedBy, orderView } from '../view.ts';

function describeOrder(context: GatewayContext, { order, verdict }: ShelvedOrder) {
  return {
    ...orderView(order),
    metadata: context.replica.slices.orders.metadataOf(order.id) ?? {},
    decision: verdict === null ? null : verdictView(verdict),
  };
}

const create = defineRoute({
  method: 'POST',
  path: '/api/v2/orders',
  access: 'trade',
  summary: 'Send an order; an Idempotency-Key makes it safe to repeat',
  body: newOrder,
  replies: {
    201: 'Approved and sent',
    400: 'Fields that are not valid',
    422: 'Refused by risk or compliance, with every breach',
    503: 'The engine takes no commands now; nothing was sent',
    504: 'Sent, but not answered in time',
  },
  async answer({ context, who, body, idempotencyKey }) {
    if (idempotencyKey === '') return sendOrder(context, body, who.name, null);
    if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
      return problem('bad_request', {
        detail: 'Idempotency-Key takes 1 to 255 visible ASCII characters.',
      });
    }
    return sendOrder(context, body, who.name, clientOf(who.name, idempotencyKey, body));
  },
});

const KEY_CHARS_MAX = 128; // as text, so that the engine's 160 hold the caller's name as well

/** The engine keeps keys of all callers, each of few characters: a long one goes by its hash. */
function clientOf(name: string, idempotencyKey: string, order: NewOrder): ClientKey {
  const isLong = idempotencyKey.length > KEY_CHARS_MAX;
  const key = `${name}/${isLong ? hashOf(idempotencyKey) : idempotencyKey}`;
  return { key, bodyHash: hashOf(order) };
}

/** An order in the engine's words, with the defaults of its type. */
function requestOf(order: NewOrder, key: string, client: ClientKey | null): OrderRequest {
  return {
    symbol: order.symbol,
    side: order.side,
    type: order.order_type,
    qty: order.quantity,
    price: order.price ?? null,
    timeInForce: order.time_in_force ?? (order.order_type === 'market' ? 'IOC' : 'GTC'),
    postOnly: order.post_only,
    reduceOnly: order.reduce_only,
    account: order.account ?? null,
    key,
    client,
    metadata: Object.keys(order.metadata).length === 0 ? null : order.metadata,
  };
}

/** A key that comes again gets the first answer and sends no second order, also after a crash. */
async function sendOrder(
  context: GatewayContext,
  order: NewOrder,
  key: string,
  client: ClientKey | null,
): Promise<Reply> {
  const request = requestOf(order, key, client);
  const outcome = await context.commands.ask({ kind: 'submit', ...request });
  return replyOf(outcome, 'accepted', ({ orderId: id, isReplay }) => {
    const known = context.replica.orders.get(id);
    const { timeInForce: time_in_force, price } = request;
    const document =
      known === null
        ? { ...order, id, time_in_force, price, status: 'sent' }
        : describeOrder(context, known);
    const replayed = isReplay ? { 'idempotent-replayed': 'true' } : {};
    return json(201, document, { location: `/api/v2/orders/${id}`, ...replayed });
  });
}

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/orders',
  access: 'read',
  summary: 'Orders, newest first; state takes open, closed or one state',
  query: orderQuery,
  replies: { 200: 'A page of orders', 400: 'A filter or cursor that is not valid' },
  answer({ context, query }) {
    const before = decodeCursor(query.cursor);
    if (before === null) return problem('bad_request', { detail: 'This cursor is not ours.' });
    const isWanted = ({ order }: ShelvedOrder): boolean =>
      (query.symbol === undefined || isNamedBy(order.instrument, query.symbol)) &&
      (query.state === undefined || isInState(order.state, query.state));
    const page = pageOf(context.replica.orders.newest(before), query.limit, isWanted);
    return json(200, {
      orders: page.items.map((item) => describeOrder(context, item)),
      next_cursor: page.nextCursor,
    });
  },
});

function isInState(state: ShelvedOrder['order']['state'], wanted: string): boolean {
  if (wanted === 'open') return !TERMINAL_STATES.has(state);
  if (wanted === 'closed') return TERMINAL_STATES.has(state);
  return state === wanted;
}

const look = defineRoute({
  method: 'GET',
  path: '/api/v2/orders/{id}',
  access: 'read',
  summary: 'One order with the decision on it and its fills',
  replies: { 200: 'The order', 404: 'No such order is known here' },
  answer({ context, params }) {
    const id = params.id ?? '';
    const found = context.replica.orders.get(id);
    if (found === null) return problem('not_found', { detail: `There is no order ${id}.` });
    return json(200, describeOrder(context, found));
  },
});

const cancel = defineRoute({
  method: 'DELETE',
  path: '/api/v2/orders/{id}',
  access: 'trade',
  summary: 'Ask for an order to be cancelled; it ends when its venue says so',
  replies: {
    202: 'Asked for',
    404: 'No such order is known here',
    409: 'It has ended already: there is nothing to cancel',
    504: 'Sent, but not answered in time',
  },
  async answer({ context, params, who }) {
    const orderId = params.id ?? '';
    const reason = 'asked for over REST';
    const outcome = await context.commands.ask({ kind: 'cancel', orderId, by: who.name, reason });
    if (outcome.kind === 'answer' && outcome.answer.kind === 'not_found') {
      const state = context.replica.orders.get(orderId)?.order.state ?? null;
      if (state !== null) {
        return problem('order_ended', {
          detail: `Order ${orderId} is ${state}.`,
          order_id: orderId,
        });
      }
    }
    return replyOf(outcome, 'done', () => {
      const known = context.replica.orders.get(orderId);
      const document = known === null ? { id: orderId } : describeOrder(context, known);
      return json(202, document);
    });
  },
});

const preview = defineRoute({
  method: 'POST',
  path: '/api/v2/orders/preview',
  access: 'read',
  summary: 'What would become of an order: every limit in its way, the book before and after',
  body: newOrder,
  replies: {
    200: 'The decision as it would be now; nothing was sent',
    400: 'Fields that are not valid',
    503: 'The engine takes no commands now',
    504: 'Not answered in time',
  },
  async answer({ context, who, body }) {
    const outcome = await context.commands.ask({
      kind: 'preview',
      ...requestOf(body, who.name, null),
    });
    return replyOf(outcome, 'preview', (answer) => json(200, previewView(answer.preview)));
  },
});

export const orderRoutes: readonly Route[] = [create, preview, list, look, cancel];
