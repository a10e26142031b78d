// Owns what a route is: method, path, who may call it, what it takes, what it answers.
// Promise: a route sees only input its schemas accepted; each field problem is reported at once.
import type { z } from 'zod';
import type { FieldProblem } from '../engine/facts/gateway-message.ts';
import type { Access, Principal } from './auth.ts';
import type { Commands } from './commands.ts';
import type { Readings } from './latency.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { GatewayOptions } from './options.ts';
import { problem } from './problem.ts';
import type { Replica } from './replica.ts';
import type { Reply } from './reply.ts';

/** Everything a route may use; made once by the server. */
export interface GatewayContext {
  readonly options: GatewayOptions;
  readonly replica: Replica;
  readonly commands: Commands;
  readonly readings: Readings;
  readonly metrics: GatewayMetrics;
  nowMs(): number;
}

export interface RouteInput<Body, Query> {
  readonly context: GatewayContext;
  readonly who: Principal;
  readonly params: Readonly<Record<string, string>>; // from {braces} of the path
  readonly body: Body;
  readonly bodyText: string;
  readonly query: Query;
  readonly idempotencyKey: string; // '' when absent
  header(name: 'if-match' | 'if-none-match'): string; // '' when absent
}

/** A call before its schemas have seen it. */
export interface RawCall extends Omit<RouteInput<unknown, unknown>, 'body' | 'query'> {
  readonly queryText: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly method: Method;
  readonly path: string; // '/api/v2/orders/{id}'
  readonly access: Access;
  readonly summary: string;
  readonly body: z.ZodType | null;
  readonly isBodyOptional?: boolean; // no body at all stands for {}
  readonly query: z.ZodType | null;
  readonly replies: Readonly<Record<number, string>>;
  run(call: RawCall): Promise<Reply>;
}

export interface RouteDefinition<B extends z.ZodType, Q extends z.ZodType> {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly body?: B;
  readonly isBodyOptional?: boolean;
  readonly query?: Q;
  readonly replies: Readonly<Record<number, string>>;
  answer(input: RouteInput<z.output<B>, z.output<Q>>): Reply | Promise<Reply>;
}

/** A route whose `run` checks body and query first: 400 with every problem when they do not fit. */
export function defineRoute<B extends z.ZodType = z.ZodNull, Q extends z.ZodType = z.ZodNull>(
  definition: RouteDefinition<B, Q>,
): Route {
  const { body: bodySchema, query: querySchema, answer, ...rest } = definition;
  return {
    ...rest,
    body: bodySchema ?? null,
    query: querySchema ?? null,
    async run({ queryText, ...call }) {
      const body = bodySchema === undefined ? absent<B>() : readJson(bodySchema, call.bodyText);
      if (body.kind === 'problem') return body.reply;
      const query = querySchema === undefined ? absent<Q>() : readQuery(querySchema, queryText);
      if (query.kind === 'problem') return query.reply;
      return answer({ ...call, body: body.value, query: query.value });
    },
  };
}

type Read<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'problem'; readonly reply: Reply };

// Without a schema the type parameter is ZodNull, whose output is null.
const absent = <S extends z.ZodType>(): Read<z.output<S>> => ({
  kind: 'value',
  value: null as z.output<S>,
});

function readJson<S extends z.ZodType>(schema: S, text: string): Read<z.output<S>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const detail = text === '' ? 'A JSON body is needed.' : `The body is not JSON: ${why}.`;
    return { kind: 'problem', reply: problem('bad_request', { detail }) };
  }
  return accept(schema, document, 'body');
}

function readQuery<S extends z.ZodType>(schema: S, text: string): Read<z.output<S>> {
  return accept(schema, Object.fromEntries(new URLSearchParams(text)), 'query');
}

function accept<S extends z.ZodType>(schema: S, value: unknown, what: string): Read<z.output<S>> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: 'value', value: result.data };
  const errors: FieldProblem[] = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  const detail = `${errors.length} problem${errors.length === 1 ? '' : 's'} in the ${what}.`;
  return { kind: 'problem', reply: problem('invalid_fields', { detail, errors }) };
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  /** The route, or the methods the path knows (empty: no such path). HEAD counts as GET. */
  find(method: string, path: string): Match | readonly Method[];
}

export function createRouter(routes: readonly Route[]): Router {
  const patterns = routes.map((route) => ({ route, parts: route.path.split('/') }));
  return {
    find(method, path) {
      const asked = method === 'HEAD' ? 'GET' : method;
      const parts = path.split('/');
      const methods: Method[] = [];
      for (const pattern of patterns) {
        const params = matchParts(pattern.parts, parts);
        if (params === null) continue;
        if (pattern.route.method === asked) return { route: pattern.route, params };
        methods.push(pattern.route.method);
      }
      return methods;
    },
  };
}

function matchParts(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(expected)?.[1];
    if (name === undefined && expected !== part) return null;
    if (name !== undefined) params[name] = part;
  }
  return params;
}
