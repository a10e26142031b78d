// Owns the Monte Carlo kernel in plain TypeScript, its rival in the benchmark and in its tests.
// Promise: the same streams, tables and order; only the logarithm of rare draws may round apart.
import * as layout from '../wasm/layout.ts';

/** A copy of the kernel's source: the same streams at the same place. */
export interface PlainSource {
  readonly streams: Int32Array; // a, b, c, d of four streams: word 4 i + s
  readonly retries: Int32Array;
  readonly edges: Float64Array;
  readonly heights: Float64Array;
  readonly words: Int32Array;
}

/** `source`: the f64 of a filled region of MONTE_CARLO_BYTES. */
export function copySource(source: Float64Array): PlainSource {
  const { buffer } = source.slice();
  const layers = layout.MONTE_CARLO_LAYERS + 1;
  return {
    streams: new Int32Array(buffer, 0, 16),
    retries: new Int32Array(buffer, layout.MONTE_CARLO_RETRIES, 4),
    edges: new Float64Array(buffer, layout.MONTE_CARLO_EDGES, layers),
    heights: new Float64Array(buffer, layout.MONTE_CARLO_HEIGHTS, layers),
    words: new Int32Array(buffer, layout.MONTE_CARLO_WORDS, layout.MONTE_CARLO_BLOCK),
  };
}

export function simulatePlain(
  source: PlainSource,
  exposures: Float64Array,
  degrees: number,
  out: Float64Array,
): void {
  const block = layout.MONTE_CARLO_BLOCK;
  for (let from = 0; from < out.length; from += block) {
    const part = out.subarray(from, Math.min(from + block, out.length)).fill(0);
    for (let k = 0; k < exposures.length; k += 1) {
      for (let stream = 0; stream < 4; stream += 1) fillWords(source, stream, part.length);
      addNormals(source, exposures[k] ?? 0, part);
    }
    if (degrees !== 0) scaleTails(source, degrees, part);
  }
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function fillWords({ streams, words }: PlainSource, stream: number, count: number): void {
  let a = streams[stream] ?? 0;
  let b = streams[4 + stream] ?? 0;
  let c = streams[8 + stream] ?? 0;
  let d = streams[12 + stream] ?? 0;
  for (let k = 0; k < count; k += 4) {
    words[k + stream] = (rotate((a + d) | 0, 7) + a) | 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
  }
  streams[stream] = a;
  streams[4 + stream] = b;
  streams[8 + stream] = c;
  streams[12 + stream] = d;
}

const STEP = 2 ** -23;

function addNormals(source: PlainSource, exposure: number, out: Float64Array): void {
  const { edges, words } = source;
  for (let k = 0; k < out.length; k += 1) {
    const word = words[k] ?? 0;
    const layer = word & 255;
    let z = ((word >> 8) + 0.5) * STEP * (edges[layer] ?? 0);
    if (!(Math.abs(z) < (edges[layer + 1] ?? 0))) z = finishNormal(source, layer, z);
    out[k] = (out[k] ?? 0) + exposure * z;
  }
}

function finishNormal(source: PlainSource, first: number, place: number): number {
  const { edges, heights } = source;
  let layer = first;
  let z = place;
  for (;;) {
    if (layer === 0) return z < 0 ? -drawTail(source) : drawTail(source);
    const low = heights[layer] ?? 0;
    const high = heights[layer + 1] ?? 0;
    if (Math.log(low + drawUniform(source) * (high - low)) < -0.5 * z * z) return z;
    const word = drawWord(source);
    layer = word & 255;
    z = ((word >> 8) + 0.5) * STEP * (edges[layer] ?? 0);
    if (Math.abs(z) < (edges[layer + 1] ?? 0)) return z;
  }
}

function drawTail(source: PlainSource): number {
  const r = source.edges[1] ?? 0;
  for (;;) {
    const x = -Math.log(drawUniform(source)) / r;
    const y = -Math.log(drawUniform(source));
    if (y + y >= x * x) return r + x;
  }
}

function drawNormal(source: PlainSource): number {
  const word = drawWord(source);
  const layer = word & 255;
  const z = ((word >> 8) + 0.5) * STEP * (source.edges[layer] ?? 0);
  return Math.abs(z) < (source.edges[layer + 1] ?? 0) ? z : finishNormal(source, layer, z);
}

const drawUniform = (source: PlainSource): number =>
  ((drawWord(source) >>> 0) + 0.5) * (1 / 4294967296);

function drawWord({ retries }: PlainSource): number {
  let [a = 0, b = 0, c = 0, d = 0] = retries;
  const word = (rotate((a + d) | 0, 7) + a) | 0;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  retries[0] = a;
  retries[1] = b;
  retries[2] = c ^ shifted;
  retries[3] = rotate(d, 11);
  return word;
}

function scaleTails(source: PlainSource, degrees: number, out: Float64Array): void {
  for (let k = 0; k < out.length; k += 1) {
    const mix = Math.sqrt((degrees - 2) / (2 * drawGamma(source, 0.5 * degrees)));
    out[k] = (out[k] ?? 0) * mix;
  }
}

function drawGamma(source: PlainSource, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(source);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = drawUniform(source);
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
