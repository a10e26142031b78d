// Owns what happens to every HTTP request before and after its route.
// Promise: in this order: path, key, rate limit, role, media type, body; headers on every reply.
import type { HttpRequest, HttpResponse } from '@uwsjs/linux-x64-22';
import { type Asset, serveAsset } from './assets.ts';
import { isSameOrigin, mayDo, type Principal } from './auth.ts';
import { type RequestHead, readBody, readHead, writeReply } from './exchange.ts';
import type { House } from './house.ts';
import { type ProblemCode, problem } from './problem.ts';
import { json, type Reply, withHeaders } from './reply.ts';
import { createRouter, type Match, type Method, type Router } from './route.ts';
import { accountRoutes } from './routes/accounts.ts';
import { healthRoutes } from './routes/health.ts';
import { instrumentRoutes } from './routes/instruments.ts';
import { limitRoutes } from './routes/limits.ts';
import { modelRoutes } from './routes/models.ts';
import { openApiRoute } from './routes/openapi.ts';
import { orderRoutes } from './routes/orders.ts';
import { portfolioRoutes } from './routes/portfolio.ts';
import { riskRoutes } from './routes/risk.ts';
import { signalRoutes } from './routes/signals.ts';
import { strategyRoutes } from './routes/strategies.ts';
import { tradingStateRoutes } from './routes/trading-state.ts';
import { redeem, signIn, signInPage } from './sign-in.ts';

type Serve = (response: HttpResponse, request: HttpRequest) => void;

export interface FrontDoor {
  readonly serve: Serve;
  /** For the port that speaks WebSocket only. */
  readonly refuseHttp: Serve;
}

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin', // no-referrer makes our own form say `Origin: null`
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

interface Rooms extends House {
  readonly router: Router;
  readonly assets: ReadonlyMap<string, Asset>;
}

export function createFrontDoor(parts: House, assets: ReadonlyMap<string, Asset>): FrontDoor {
  const routes = [
    ...healthRoutes(parts.context.options.isMetricsOpen),
    ...signalRoutes,
    ...modelRoutes,
    ...orderRoutes,
    ...portfolioRoutes,
    ...accountRoutes,
    ...strategyRoutes,
    ...instrumentRoutes,
    ...riskRoutes,
    ...limitRoutes,
    ...tradingStateRoutes,
  ];
  const all = [...routes, openApiRoute(routes, parts.context.options.version)];
  const house: Rooms = { ...parts, router: createRouter(all), assets };
  return {
    serve: (response, request) => exchange(house, response, request, answerHttp),
    refuseHttp: (response, request) =>
      exchange(house, response, request, async () => ({
        route: 'websocket port',
        reply: problem('upgrade_required', {
          detail: 'This port speaks WebSocket only: connect to /ws/signals, /ws/orders, …',
          headers: { upgrade: 'websocket' },
        }),
      })),
  };
}

interface Answered {
  readonly route: string; // pattern, for the metrics: never a path with an id in it
  readonly reply: Reply;
}
type Answer = (
  house: Rooms,
  head: RequestHead,
  body: ReturnType<typeof readBody>,
) => Promise<Answered>;

/** Reads, answers, adds the headers every reply has, counts. */
function exchange(
  house: Rooms,
  response: HttpResponse,
  request: HttpRequest,
  answer: Answer,
): void {
  const { context } = house;
  const startMs = performance.now();
  const head = readHead(request, response);
  let isGone = false;
  const body = readBody(response, context.options.bodyBytesMax, () => {
    isGone = true;
  });
  const write = ({ route, reply }: Answered): void => {
    const seconds = (performance.now() - startMs) / 1000;
    context.metrics.countRequest(head.method, route, reply.status, seconds);
    if (isGone) return;
    const full = withHeaders(reply, { ...SECURITY_HEADERS, ...corsHeaders(house, head) });
    writeReply(response, full, head.method === 'HEAD', reply.status === 413);
  };
  answer(house, head, body).then(write, (error: unknown) => {
    process.stderr.write(`gateway: ${head.method} ${head.path} failed: ${String(error)}\n`);
    write({ route: 'fault', reply: problem('internal', { detail: 'See the log.' }) });
  });
}

const refusal = (code: ProblemCode, detail: string, headers = {}): Reply =>
  problem(code, { detail, headers });

const answerHttp: Answer = async (house, head, body) => {
  const found = house.router.find(head.method, head.path);
  if (!('route' in found)) return answerOther(house, head, body, found);
  const { route } = found;
  return { route: route.path, reply: await answerRoute(house, head, body, found) };
};

async function answerRoute(
  house: Rooms,
  head: RequestHead,
  body: ReturnType<typeof readBody>,
  { route, params }: Match,
): Promise<Reply> {
  const admitted = admit(house, head, route.access);
  if (admitted.kind === 'refused') return admitted.reply;
  const text = await readText(head, body, route, house.context.options.bodyBytesMax);
  if (typeof text !== 'string') return withHeaders(text, admitted.headers);
  const reply = await route.run({
    context: house.context,
    who: admitted.who,
    params,
    bodyText: text,
    queryText: head.query,
    idempotencyKey: head.header('idempotency-key'),
    header: head.header,
  });
  const noStore = { 'cache-control': 'no-store' };
  return withHeaders(reply, { ...noStore, ...admitted.headers });
}

type Admission =
  | {
      readonly kind: 'admitted';
      readonly who: Principal;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'refused'; readonly reply: Reply };

const NOBODY: Principal = { name: 'nobody', role: 'viewer', isSession: false };

function admit(house: Rooms, head: RequestHead, access: Match['route']['access']): Admission {
  if (access === 'open') return { kind: 'admitted', who: NOBODY, headers: {} };
  const { auth, limit, context } = house;
  const nowMs = context.nowMs();
  const credentials = {
    authorization: head.header('authorization'),
    apiKey: head.header('x-api-key'),
    cookie: head.header('cookie'),
  };
  const who = auth.identify(credentials, nowMs);
  const caller = who === null ? `unknown ${head.remote}` : `key ${who.name}`;
  const { isAllowed, headers } = limit.take(caller, nowMs);
  const refused = (reply: Reply): Admission => ({
    kind: 'refused',
    reply: withHeaders(reply, headers),
  });
  if (!isAllowed) {
    const detail = `${headers['ratelimit-limit']} requests a minute; see Retry-After.`;
    return refused(refusal('too_many_requests', detail));
  }
  if (who === null) {
    const detail = 'Send Authorization: Bearer <key> or X-API-Key: <key>.';
    return refused(refusal('unauthorized', detail, { 'www-authenticate': 'Bearer' }));
  }
  const isUnsafe = head.method !== 'GET' && head.method !== 'HEAD';
  if (who.isSession && isUnsafe && !isSameOrigin(head.header('origin'), head.header('host'))) {
    return refused(refusal('forbidden', 'A session changes things from its own page only.'));
  }
  if (!mayDo(who.role, access)) {
    return refused(refusal('forbidden', `The role ${who.role} may not do this.`));
  }
  return { kind: 'admitted', who, headers };
}

/** The body as text, '' for routes that take none, or the problem with it. */
async function readText(
  head: RequestHead,
  body: ReturnType<typeof readBody>,
  route: Match['route'],
  bytesMax: number,
): Promise<string | Reply> {
  const tooLarge = refusal('body_too_large', `At most ${bytesMax} bytes are taken.`);
  if (Number(head.header('content-length')) > bytesMax) return tooLarge;
  if (route.body === null) return '';
  const type = head.header('content-type').split(';')[0]?.trim().toLowerCase() ?? '';
  const isEmpty = type === '' && Number(head.header('content-length')) === 0;
  if (route.isBodyOptional === true && isEmpty) return '{}';
  if (type !== 'application/json') {
    return refusal('unsupported_media_type', 'Send Content-Type: application/json.', {
      accept: 'application/json',
    });
  }
  const read = await body;
  if (read.kind === 'text') return read.text;
  if (read.kind === 'too_large') return tooLarge;
  return refusal('bad_request', 'The body is not UTF-8 text.');
}

/** Everything that is not a route: the dashboard, sign-in, CORS questions, 404 and 405. */
async function answerOther(
  house: Rooms,
  head: RequestHead,
  body: ReturnType<typeof readBody>,
  methods: readonly Method[],
): Promise<Answered> {
  const isRead = head.method === 'GET' || head.method === 'HEAD';
  if (methods.length > 0) return { route: 'method', reply: answerMethod(head, methods) };
  if (head.path === '/sign-in' && head.method === 'POST') {
    return { route: '/sign-in', reply: await answerSignIn(house, head, body) };
  }
  if (isRead && head.path === '/') return { route: '/', reply: answerHome(house, head) };
  const asset = house.assets.get(assetName(head.path));
  if (isRead && asset !== undefined) {
    return { route: '/assets', reply: serveAsset(asset, head.header('if-none-match')) };
  }
  const reply = refusal('not_found', 'There is no such path; see /api/v2/openapi.json.');
  return { route: 'unknown', reply };
}

/** The files are public, the page that puts them together is not. */
function assetName(path: string): string {
  if (path === '/favicon.ico') return 'icon.svg';
  const name = path.startsWith('/assets/') ? path.slice('/assets/'.length) : '';
  return name === 'index.html' ? '' : name;
}

function answerMethod(head: RequestHead, methods: readonly Method[]): Reply {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (head.method === 'OPTIONS') return { status: 204, headers: { allow }, body: '' };
  return refusal('method_not_allowed', `This path takes ${allow}.`, { allow });
}

async function answerSignIn(
  { auth, limit, context }: Rooms,
  head: RequestHead,
  body: ReturnType<typeof readBody>,
): Promise<Reply> {
  const read = await body;
  const text = read.kind === 'text' ? read.text : '';
  const request = { origin: head.header('origin'), host: head.header('host'), body: text };
  const rate = { rate: limit, remote: head.remote };
  return signIn(auth, request, rate, context.nowMs(), context.options.sessionMs);
}

function answerHome({ auth, assets, context }: Rooms, head: RequestHead): Reply {
  const nowMs = context.nowMs();
  const token = new URLSearchParams(head.query).get('token');
  if (token !== null) return redeem(auth, token, nowMs, context.options.sessionMs);
  const cookie = head.header('cookie');
  const who = auth.identify({ authorization: '', apiKey: '', cookie }, nowMs);
  if (who === null) return signInPage('Sign in to see this system.');
  const page = assets.get('index.html');
  if (page === undefined) return json(500, { title: 'the dashboard has no index.html' });
  return serveAsset(page, head.header('if-none-match'));
}

function corsHeaders({ context }: Rooms, head: RequestHead): Record<string, string> {
  const origin = head.header('origin');
  if (origin === '' || !context.options.corsOrigins.includes(origin)) return {};
  const headers = {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'ETag, Location, Retry-After',
    vary: 'Origin',
  };
  if (head.method !== 'OPTIONS') return headers;
  return {
    ...headers,
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers':
      'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key',
    'access-control-max-age': '600',
  };
}
