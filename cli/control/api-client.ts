// Owns how commands speak with a running system: its address, the key, and what can go wrong.
// Promise: every failure names the address or the key and what to do; secrets are never printed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertNever } from '../../engine/core/assert.ts';
import { type Options, readSetup, textOption } from '../invocation.ts';
import { complain, EXIT } from '../terminal.ts';
import { LOCAL_KEY_FILE } from './access.ts';

const TIMEOUT_MS = 15_000; // a kill may take 12 s to be confirmed

/** Options of every command that asks a running system. */
export const API_OPTIONS = { url: { type: 'string' } } as const;

export interface Api {
  readonly url: string; // 'http://127.0.0.1:8000'
  readonly key: string;
  readonly keySource: string; // for messages: where the key came from
}

export interface ApiReply {
  readonly kind: 'reply';
  readonly status: number;
  readonly body: unknown;
}
export type ApiFailure = { readonly kind: 'unreachable' | 'foreign'; readonly message: string };

/** Where the running system is and the key for it; an exit code after a complaint. */
export function openApi(options: Options): Api | number {
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const { host, apiPort } = setup.config.main;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const text = textOption(options, 'url') ?? `http://${reachable}:${apiPort}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    complain(`--url ${text}: write an address such as http://127.0.0.1:8000.`);
    return EXIT.usage;
  }
  const url = new URL(text).origin;
  const named = process.env.COLIN_API_KEY?.trim() ?? '';
  if (named !== '') return { url, key: named, keySource: 'COLIN_API_KEY' };
  const path = join(setup.stateDir, LOCAL_KEY_FILE);
  if (!existsSync(path)) {
    complain(
      `no API key: set COLIN_API_KEY, or give --state DIR of the running system (no ${path}).`,
    );
    return EXIT.configuration;
  }
  try {
    return { url, key: readFileSync(path, 'utf8').trim(), keySource: path };
  } catch (error) {
    complain(`the key file cannot be read: ${error instanceof Error ? error.message : error}`);
    return EXIT.configuration;
  }
}

export async function callApi(
  api: Api,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<ApiReply | ApiFailure> {
  try {
    const reply = await fetch(`${api.url}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        authorization: `Bearer ${api.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return readReply(api, reply.status, await reply.text());
  } catch (error) {
    return { kind: 'unreachable', message: unreachableWords(api, error) };
  }
}

function readReply(api: Api, status: number, text: string): ApiReply | ApiFailure {
  try {
    return { kind: 'reply', status, body: JSON.parse(text) };
  } catch {
    // Everything our gateway says under /api is JSON: this is some other server.
    return { kind: 'foreign', message: `what answers on ${api.url} is not Colin (no JSON).` };
  }
}

/** fetch hides the reason in `cause`. */
function unreachableWords({ url }: Api, error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${url} did not answer within ${TIMEOUT_MS / 1000} s. It may still carry it out.`;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') {
    return `nothing listens on ${url}: start it with 'colin run --mode test', or give --url.`;
  }
  const reason = cause instanceof Error ? cause.message : String(error);
  return `${url} cannot be reached: ${code === '' ? reason : code}.`;
}

/** The text of a field of an answer, '' when it has none. */
export function fieldOf(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  return (body as Readonly<Record<string, unknown>>)[name];
}

/** Complains about an answer that is not a success; the exit code for it. */
export function failApi(api: Api, outcome: ApiReply | ApiFailure): number {
  switch (outcome.kind) {
    case 'unreachable':
    case 'foreign':
      complain(outcome.message);
      return EXIT.unavailable;
    case 'reply':
      complain(refusalWords(api, outcome));
      return exitOf(outcome.status);
    default:
      return assertNever(outcome);
  }
}

function refusalWords({ url, keySource }: Api, { status, body }: ApiReply): string {
  const detail = String(fieldOf(body, 'detail') ?? fieldOf(body, 'title') ?? `status ${status}`);
  if (status === 401) return `${url} does not know the key of ${keySource}.`;
  if (status === 403) return `${url} refuses the key of ${keySource}: ${detail}`;
  const errors = fieldOf(body, 'errors');
  const fields = Array.isArray(errors)
    ? errors.map((error) => `\n  ${fieldOf(error, 'path')}: ${fieldOf(error, 'message')}`)
    : [];
  // Where the detail is nothing but the messages, they are told with their fields alone.
  const messages = Array.isArray(errors) ? errors.map((error) => fieldOf(error, 'message')) : [];
  const isSaid = messages.length > 0 && messages.join('; ') === detail;
  return `${url} says ${status}${isSaid ? '' : `: ${detail}`}${fields.join('')}`;
}

function exitOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.configuration;
  if (status === 400 || status === 404) return EXIT.usage;
  if (status === 412 || status === 422) return EXIT.checkFailed;
  if (status === 429 || status >= 503) return EXIT.unavailable;
  return EXIT.fault;
}
