// Owns how a person gets into the dashboard: the one-time URL, or an API key typed into a page.
// Promise: secrets never stay in the address bar; the cookie is HttpOnly and SameSite=Strict.
import { type Auth, isSameOrigin } from './auth.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Reply, withHeaders } from './reply.ts';

const sessionCookie = (auth: Auth, secret: string, seconds: number): string =>
  `${auth.cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;

const redirectHome = (headers: Readonly<Record<string, string>>): Reply => ({
  status: 303,
  headers: { location: '/', 'cache-control': 'no-store', ...headers },
  body: '',
});

/** GET /?token=…: a session and a clean URL, or the page that says how to get in. */
export function redeem(auth: Auth, token: string, nowMs: number, sessionMs: number): Reply {
  const secret = auth.redeemToken(token, nowMs);
  if (secret !== null) {
    return redirectHome({ 'set-cookie': sessionCookie(auth, secret, sessionMs / 1000) });
  }
  return signInPage('This link was used already, or belongs to another run: it works once.');
}

/** POST /sign-in with key=…, from our own page only; wrong keys are limited by address. */
export function signIn(
  auth: Auth,
  request: { readonly origin: string; readonly host: string; readonly body: string },
  limit: { readonly rate: RateLimit; readonly remote: string },
  nowMs: number,
  sessionMs: number,
): Reply {
  if (!isSameOrigin(request.origin, request.host)) {
    return signInPage('Sign in from this page itself.');
  }
  const { isAllowed, headers } = limit.rate.take(`sign-in ${limit.remote}`, nowMs);
  if (!isAllowed) {
    return withHeaders(signInPage('Too many tries. Wait a minute.', 429), headers);
  }
  const key = new URLSearchParams(request.body).get('key') ?? '';
  const secret = auth.openSession(key.trim(), nowMs);
  if (secret === null) return signInPage('This key is not known here.');
  return redirectHome({ 'set-cookie': sessionCookie(auth, secret, sessionMs / 1000) });
}

/** 401 with a page; `why` is one of our own sentences, never text of the client. */
export const signInPage = (why: string, status = 401): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · Colin</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body class="sign-in">
<main>
<h1><img src="/assets/icon.svg" alt="" width="28" height="28">Colin</h1>
<p class="why">${why}</p>
<form method="post" action="/sign-in">
<label class="entry" for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button class="enter" type="submit">Sign in</button>
</form>
<p class="hint">In test mode <code>./colin run --mode test</code> prints a link that signs a
browser in once, and names the file that holds its API key. Start it again for a new link, or
paste the key here.</p>
</main>
</body>
</html>
`,
});
