// Owns the accounts over REST: what each holds at each venue, and moving money in a simulation.
// Promise: exact decimals; a movement is answered once it is booked, or refused with every reason.
import { z } from 'zod';
import { accountsView } from '../account-view.ts';
import { replyOf } from '../outcome.ts';
import { problem } from '../problem.ts';
import { json } from '../reply.ts';
import { defineRoute, type GatewayContext, type Route } from '../route.ts';

const name = z.string().trim().min(1).max(64);
const amount = z
  .string({ error: 'give a decimal as text, such as "1000.50"' })
  .max(64)
  .regex(/^\d+(\.\d{1,18})?$/, { error: 'must be a plain decimal above 0, such as "1000.50"' });
const reason = z.string().trim().min(1).max(200).default('no reason given');
const place = { account: name, venue: name, asset: name, amount, reason };
const oneWay = z.strictObject(place);
const transfer = z.strictObject({
  ...place,
  to_account: name.nullish(), // the same account where it is left out
  to_venue: name.nullish(),
});

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/accounts',
  access: 'read',
  summary: 'What each account holds at each venue, by asset, and what was ever put in',
  replies: { 200: 'The balances as the ledger has them', 503: 'The engine has said nothing yet' },
  answer({ context: { replica } }) {
    if (replica.run === null || !replica.isWhole) {
      const detail = 'The ledger is not known here yet. Try again in a second.';
      return problem('engine_busy', { detail, headers: { 'retry-after': '1' } });
    }
    const base_currency = replica.portfolio?.baseCurrency ?? 'USD';
    return json(200, { base_currency, ...accountsView(replica.slices.accounts) });
  },
});

const replies = {
  201: 'Booked',
  400: 'Fields that are not valid',
  422: 'Not booked: no such account, venue or asset, or more than there is; or real money',
};

async function ask(
  context: GatewayContext,
  by: string,
  wish: {
    readonly movement: 'deposit' | 'withdrawal' | 'transfer';
    readonly account: string;
    readonly venue: string;
    readonly toAccount: string;
    readonly toVenue: string;
    readonly asset: string;
    readonly amount: string;
    readonly reason: string;
  },
) {
  const outcome = await context.commands.ask({ kind: 'move_money', ...wish, by });
  return replyOf(outcome, 'moved', ({ id }) =>
    json(201, {
      id,
      movement: wish.movement,
      account: wish.account,
      venue: wish.venue,
      ...(wish.movement === 'transfer'
        ? { to_account: wish.toAccount, to_venue: wish.toVenue }
        : {}),
      asset: wish.asset,
      amount: wish.amount,
      reason: wish.reason,
      by,
    }),
  );
}

const oneWayRoute = (path: string, movement: 'deposit' | 'withdrawal', summary: string): Route =>
  defineRoute({
    method: 'POST',
    path,
    access: 'money',
    summary,
    body: oneWay,
    replies,
    answer: ({ context, who, body }) =>
      ask(context, who.name, {
        ...body,
        movement,
        toAccount: body.account,
        toVenue: body.venue,
      }),
  });

const move = defineRoute({
  method: 'POST',
  path: '/api/v2/accounts/transfer',
  access: 'money',
  summary: 'Move money between venues or accounts of a simulation',
  body: transfer,
  replies,
  answer: ({ context, who, body: { to_account, to_venue, ...from } }) =>
    ask(context, who.name, {
      ...from,
      movement: 'transfer',
      toAccount: to_account ?? from.account,
      toVenue: to_venue ?? from.venue,
    }),
});

export const accountRoutes: readonly Route[] = [
  list,
  oneWayRoute('/api/v2/accounts/deposit', 'deposit', 'Put money into an account of a simulation'),
  oneWayRoute('/api/v2/accounts/withdraw', 'withdrawal', 'Take money out of a simulated account'),
  move,
];
