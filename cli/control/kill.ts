// Owns `colin kill`: stopping a running system, and saying what that came to.
// Promise: it exits 0 only when every venue said that nothing is open; else it says what is.
import type { KillWire } from '../../dashboard/risk-wire.ts';
import { flagOption, hasWords, readOptions, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import {
  API_OPTIONS,
  type Api,
  type ApiReply,
  callApi,
  failApi,
  fieldOf,
  openApi,
} from './api-client.ts';

const KILL_PATH = '/api/v2/trading-state/system';

/** Blocks, cancels, confirms; its exit code. */
export async function runKill(args: string[]): Promise<number> {
  const options = readOptions('kill', args, {
    ...API_OPTIONS,
    flatten: { type: 'boolean', default: false },
    drill: { type: 'boolean', default: false },
    reason: { type: 'string', default: 'colin kill' },
  });
  if (options === null || hasWords('kill', options)) return EXIT.usage;
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const outcome = await callApi(api, 'PUT', KILL_PATH, {
    state: 'halted',
    reason: textOption(options, 'reason'),
    flatten: flagOption(options, 'flatten'),
    drill: flagOption(options, 'drill'),
  });
  if (outcome.kind !== 'reply') return failApi(api, outcome);
  const report = fieldOf(outcome.body, 'kill') as KillWire | undefined; // our gateway wrote it
  if (report === undefined) return killFailed(api, outcome);
  if (flagOption(options, 'json')) await printDocument(report);
  else await printText(formatKill(report));
  if (report.is_confirmed) return EXIT.done;
  complain(`NOT CONFIRMED: ${report.problem}`);
  return EXIT.checkFailed;
}

/** Without a report: nothing is known to be stopped, and that is what is said. */
function killFailed(api: Api, outcome: ApiReply): number {
  const code = failApi(api, outcome);
  if (outcome.status !== 504) return code;
  const known = fieldOf(outcome.body, 'known');
  const orders = fieldOf(known, 'open_orders');
  if (orders !== undefined) complain(`NOT CONFIRMED: ${orders} orders were open as last heard.`);
  return EXIT.checkFailed;
}

const milliseconds = (us: number | null): string =>
  us === null ? 'never' : `${(us / 1000).toFixed(3)} ms`;

/** The steps with their times, then each order. */
export function formatKill(report: KillWire): string {
  const venues = Object.entries(report.open_at_venues).map(([venue, open]) => `${venue} ${open}`);
  const facts: [string, string][] = [
    [report.drill ? 'drill' : 'kill', `${report.started_at}, by ${report.by}: ${report.reason}`],
    ['blocked', milliseconds(report.blocked_us)],
    ['orders over', milliseconds(report.cancelled_us)],
    ['venues agree', milliseconds(report.confirmed_us)],
    ...(report.flatten ? [['flat', milliseconds(report.flat_us)] as [string, string]] : []),
    ['open at venues', venues.length === 0 ? 'no venue was asked' : venues.join(', ')],
    ...(report.flatten
      ? [['positions left', String(report.positions_left)] as [string, string]]
      : []),
    ['confirmed', report.is_confirmed ? 'yes' : 'NO'],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
  if (report.orders.length === 0) return `${lines}\n\nNo order was open.\n`;
  const rows = report.orders.map((order) => [
    order.order_id,
    milliseconds(order.cancel_us),
    milliseconds(order.ended_us),
    order.state,
  ]);
  return `${lines}\n\n${formatTable(['order', 'cancel sent', 'over', 'state'], rows)}\n`;
}
