// Owns the dashboard's files as a browser gets them: types stripped, names rewritten, hashed once.
// Promise: read at start only; no path of a request ever reaches the file system.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reply } from './reply.ts';

export interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly body: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** By name: 'index.html', 'main.js', 'style.css', 'uplot.js', … Throws when a file is missing. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const folder = fileURLToPath(new URL('../dashboard/', import.meta.url));
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const assets = new Map<string, Asset>();
  const add = (name: string, body: string): void => {
    const contentType = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (contentType === undefined) return;
    const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
    assets.set(name, { contentType, etag: `"${hash}"`, body });
  };
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    if (file.endsWith('.ts')) add(file.replace(/\.ts$/, '.js'), toBrowserModule(text));
    else add(file, text);
  }
  add('uplot.js', readFileSync(join(uplot, 'dist', 'uPlot.esm.js'), 'utf8'));
  add('uplot.css', readFileSync(join(uplot, 'dist', 'uPlot.min.css'), 'utf8'));
  return assets;
}

/** Type-only imports vanish; './x.ts' becomes './x.js' and 'uplot' the file we serve. */
const toBrowserModule = (source: string): string =>
  stripTypeScriptTypes(source)
    .replace(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")
    .replace("from 'uplot'", "from './uplot.js'");

/** The file, or 304 when the browser has it already. */
export function serveAsset(asset: Asset, ifNoneMatch: string): Reply {
  const headers = { etag: asset.etag, 'cache-control': 'no-cache' };
  if (ifNoneMatch === asset.etag) return { status: 304, headers, body: '' };
  return {
    status: 200,
    headers: { ...headers, 'content-type': asset.contentType },
    body: asset.body,
  };
}
