// Owns the book over REST: portfolio, positions, fills, markets.
// Promise: before the engine has said anything the answer is 503, never a made-up zero.
import { decodeCursor, pageOf } from '../page.ts';
import { problem } from '../problem.ts';
import type { TimedFill } from '../replica.ts';
import { json, type Reply } from '../reply.ts';
import { defineRoute, type GatewayContext, type Route } from '../route.ts';
import { fillQuery } from '../schema.ts';
import { fillView, isNamedBy, marketView, portfolioView } from '../view.ts';

const replies = { 200: 'As the engine last said', 503: 'The engine has said nothing yet' };

function withPortfolio(
  { replica }: GatewayContext,
  answer: (portfolio: ReturnType<typeof portfolioView>) => Reply,
): Reply {
  if (replica.portfolio !== null) {
    return answer(portfolioView(replica.portfolio, replica.slices.strategies));
  }
  return problem('engine_busy', {
    detail: 'The engine has not said anything about its portfolio yet. Try again in a second.',
    headers: { 'retry-after': '1' },
  });
}

const portfolio = defineRoute({
  method: 'GET',
  path: '/api/v2/portfolio',
  access: 'read',
  summary: 'Equity, cash, exposure, drawdown, value at risk, positions',
  replies,
  answer: ({ context }) => withPortfolio(context, (view) => json(200, view)),
});

const positions = defineRoute({
  method: 'GET',
  path: '/api/v2/positions',
  access: 'read',
  summary: 'Positions that are not flat',
  replies,
  answer: ({ context }) =>
    withPortfolio(context, ({ as_of, positions: all }) => {
      const held = all.filter((position) => Number(position.quantity) !== 0);
      return json(200, { as_of, positions: held });
    }),
});

const fills = defineRoute({
  method: 'GET',
  path: '/api/v2/fills',
  access: 'read',
  summary: 'Fills, newest first',
  query: fillQuery,
  replies: { 200: 'A page of fills', 400: 'A filter or cursor that is not valid' },
  answer({ context, query }) {
    const before = decodeCursor(query.cursor);
    if (before === null) return problem('bad_request', { detail: 'This cursor is not ours.' });
    const isWanted = ({ fill }: TimedFill): boolean =>
      (query.order_id === undefined || fill.orderId === query.order_id) &&
      (query.symbol === undefined || isNamedBy(fill.instrument, query.symbol));
    const page = pageOf(context.replica.fills.newest(before), query.limit, isWanted);
    return json(200, {
      fills: page.items.map(({ fill, timeUs }) => fillView(fill, timeUs)),
      next_cursor: page.nextCursor,
    });
  },
});

const markets = defineRoute({
  method: 'GET',
  path: '/api/v2/markets',
  access: 'read',
  summary: 'Best bid and ask, spread and imbalance of every book',
  replies: { 200: 'As the engine last said' },
  answer: ({ context }) => json(200, { markets: context.replica.markets.map(marketView) }),
});

export const portfolioRoutes: readonly Route[] = [portfolio, positions, fills, markets];
