// Owns `colin accounts`: what a running system's accounts hold, and moving money in a simulation.
// Promise: exact decimals as the ledger has them; exits 0 for a movement only once it is booked.
import type { BalanceWire, StrategyWire } from '../../dashboard/wire.ts';
import { API_OPTIONS, callApi, failApi, fieldOf, openApi } from '../control/api-client.ts';
import { flagOption, type Options, readOptions, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText, say } from '../terminal.ts';

const OPTIONS = {
  ...API_OPTIONS,
  account: { type: 'string' },
  venue: { type: 'string' },
  'to-account': { type: 'string' },
  'to-venue': { type: 'string' },
  reason: { type: 'string', default: 'colin accounts' },
} as const;

const MOVEMENTS: ReadonlySet<string> = new Set(['deposit', 'withdraw', 'transfer']);

/** 'colin accounts', or 'colin accounts deposit 1000 USDT --venue binance-spot'. */
export async function runAccounts(args: string[]): Promise<number> {
  const options = readOptions('accounts', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const [action, amount, asset, ...rest] = options.positionals;
  if (action === undefined) return await list(options);
  if (!MOVEMENTS.has(action) || amount === undefined || asset === undefined || rest.length > 0) {
    complain(
      "accounts takes nothing, or deposit|withdraw|transfer AMOUNT ASSET. 'colin help accounts' " +
        'shows examples.',
    );
    return EXIT.usage;
  }
  return await move(options, action, amount, asset.toUpperCase());
}

/** As GET /api/v2/accounts tells it. */
interface Accounts {
  readonly base_currency: string;
  readonly balances: readonly BalanceWire[];
  readonly capital: string | null;
}

async function list(options: Options): Promise<number> {
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const outcome = await callApi(api, 'GET', '/api/v2/accounts');
  if (outcome.kind !== 'reply' || outcome.status !== 200) return failApi(api, outcome);
  const earned = await callApi(api, 'GET', '/api/v2/strategies');
  if (earned.kind !== 'reply' || earned.status !== 200) return failApi(api, earned);
  const accounts = outcome.body as Accounts; // our gateway wrote both
  const { strategies } = earned.body as { readonly strategies: readonly StrategyWire[] };
  if (flagOption(options, 'json')) {
    await printDocument({ ...accounts, strategies });
    return EXIT.done;
  }
  await printText(`${formatBalances(options, accounts)}\n\n${formatStrategies(strategies)}\n`);
  const { capital, base_currency } = accounts;
  const worth = capital === null ? 'not valued yet' : `${capital} ${base_currency}`;
  say(`put in, at the marks of its day: ${worth}`);
  return EXIT.done;
}

function formatBalances(options: Options, { balances }: Accounts): string {
  const isWanted = (name: 'account' | 'venue', row: BalanceWire): boolean =>
    (textOption(options, name) ?? row[name]) === row[name];
  const rows = balances
    .filter((row) => isWanted('account', row) && isWanted('venue', row))
    .map(({ account, venue, asset, balance }) => [account, venue, asset, balance]);
  return rows.length === 0
    ? 'No balance.'
    : formatTable(['account', 'venue', 'asset', 'balance'], rows);
}

function formatStrategies(strategies: readonly StrategyWire[]): string {
  const rows = strategies.map(({ name, state, profit, positions, reason, by }) => {
    const why = reason === '' ? '' : `${by}: ${reason}`;
    return [name, state ?? (name === 'manual' ? 'by hand' : ''), profit, String(positions), why];
  });
  return formatTable(['strategy', 'state', 'profit', 'positions', 'why'], rows);
}

async function move(
  options: Options,
  action: string,
  amount: string,
  asset: string,
): Promise<number> {
  const venue = textOption(options, 'venue');
  if (venue === undefined) {
    complain(`accounts ${action} wants --venue NAME: money lies at a venue.`);
    return EXIT.usage;
  }
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const body = {
    account: textOption(options, 'account') ?? 'main',
    venue,
    asset,
    amount,
    reason: textOption(options, 'reason'),
    ...(action === 'transfer'
      ? {
          to_account: textOption(options, 'to-account') ?? null,
          to_venue: textOption(options, 'to-venue') ?? null,
        }
      : {}),
  };
  const outcome = await callApi(api, 'POST', `/api/v2/accounts/${action}`, body);
  if (outcome.kind !== 'reply' || outcome.status !== 201) return failApi(api, outcome);
  if (flagOption(options, 'json')) await printDocument(outcome.body);
  else say(`${action} ${amount} ${asset}: booked as ${fieldOf(outcome.body, 'id')}`);
  return EXIT.done;
}
