// Owns `colin resume`: letting a scope of a running system trade again.
// Promise: exits 0 only when the scope is active now; else it says what still holds it.

import { flagOption, hasWords, readOptions, textOption } from '../invocation.ts';
import { complain, EXIT, printDocument, say } from '../terminal.ts';
import { API_OPTIONS, callApi, failApi, fieldOf, openApi } from './api-client.ts';

/** Takes back what an operator has set; 4 when something else still holds the scope. */
export async function runResume(args: string[]): Promise<number> {
  const options = readOptions('resume', args, {
    ...API_OPTIONS,
    scope: { type: 'string', default: 'system' },
    reason: { type: 'string', default: 'colin resume' },
  });
  if (options === null || hasWords('resume', options)) return EXIT.usage;
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const scope = textOption(options, 'scope') ?? 'system';
  const path = `/api/v2/trading-state/${encodeURIComponent(scope)}`;
  const wish = { state: 'active', reason: textOption(options, 'reason') };
  const outcome = await callApi(api, 'PUT', path, wish);
  if (outcome.kind !== 'reply' || outcome.status !== 200) return failApi(api, outcome);
  if (flagOption(options, 'json')) await printDocument(outcome.body);
  const now = fieldOf(outcome.body, 'now');
  const state = fieldOf(now, 'state');
  if (state === 'active') {
    say(`${scope} is active`);
    return EXIT.done;
  }
  const reasons = fieldOf(now, 'reasons');
  const why = Array.isArray(reasons) ? reasons.join('; ') : '';
  complain(`${scope} is still ${state}: ${why}`);
  return EXIT.checkFailed;
}
