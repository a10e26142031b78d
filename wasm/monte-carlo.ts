// Owns simulated P&L: random words, normals by the ziggurat, factor sums, Student-t fat tails.
// Promise: 32-bit integer arithmetic and tables of the host: the seed alone decides every path.
import {
  MONTE_CARLO_BLOCK,
  MONTE_CARLO_EDGES,
  MONTE_CARLO_HEIGHTS,
  MONTE_CARLO_RETRIES,
  MONTE_CARLO_WORDS,
} from './layout';

/**
 * out[p] = m_p sum over k of e_k z_pk for `paths` paths: z independent standard normals, e the
 * `factors` f64 at `exposures` (L' w for covariance L L'). `degrees` = 0: m_p = 1, a normal P&L.
 * Else m_p = sqrt((degrees - 2) / chi2_degrees), one draw a path: a multivariate Student t of the
 * same variance, whose factors fall together (McNeil, Frey & Embrechts, Quantitative Risk
 * Management, section 6.2). Degrees of 2 or less: every path is NaN, for the variance is infinite.
 * `source`: MONTE_CARLO_BYTES filled by the host; its streams move on with every call.
 */
export function monteCarlo(
  source: u32,
  exposures: u32,
  factors: u32,
  degrees: f64,
  paths: u32,
  out: u32,
): void {
  for (let from: u32 = 0; from < paths; from += MONTE_CARLO_BLOCK) {
    const count = min(MONTE_CARLO_BLOCK, paths - from);
    const block = out + from * 8;
    memory.fill(block, 0, count * 8);
    for (let k: u32 = 0; k < factors; k++) {
      fillWords(source, count);
      addNormals(source, load<f64>(exposures + k * 8), count, block);
    }
    if (degrees != 0) scaleTails(source, degrees, count, block);
  }
}

// xoshiro128++ (Blackman & Vigna 2021), four streams side by side: word 4 i + s is the i-th of
// stream s. Whole vectors: up to three words past `count` are drawn and not used.
function fillWords(source: u32, count: u32): void {
  let a = v128.load(source);
  let b = v128.load(source, 16);
  let c = v128.load(source, 32);
  let d = v128.load(source, 48);
  const words = source + MONTE_CARLO_WORDS;
  for (let k: u32 = 0; k < count; k += 4) {
    const sum = i32x4.add(a, d);
    const turned = v128.or(i32x4.shl(sum, 7), i32x4.shr_u(sum, 25));
    v128.store(words + k * 4, i32x4.add(turned, a));
    const shifted = i32x4.shl(b, 9);
    c = v128.xor(c, a);
    d = v128.xor(d, b);
    b = v128.xor(b, c);
    a = v128.xor(a, d);
    c = v128.xor(c, shifted);
    d = v128.or(i32x4.shl(d, 11), i32x4.shr_u(d, 21));
  }
  v128.store(source, a);
  v128.store(source, b, 16);
  v128.store(source, c, 32);
  v128.store(source, d, 48);
}

// One word a normal: 8 bits choose the layer, 24 others the place within it (steps of 2^-23 of
// the layer's width: far below what any number of paths can resolve).
function addNormals(source: u32, exposure: f64, count: u32, out: u32): void {
  const edges = source + MONTE_CARLO_EDGES;
  const words = source + MONTE_CARLO_WORDS;
  for (let k: u32 = 0; k < count; k++) {
    const word = load<i32>(words + k * 4);
    const edge = edges + (word & 255) * 8;
    let z = (f64(word >> 8) + 0.5) * STEP * load<f64>(edge);
    if (!(abs(z) < load<f64>(edge, 8))) z = finishNormal(source, word & 255, z);
    store<f64>(out + k * 8, load<f64>(out + k * 8) + exposure * z);
  }
}

const STEP: f64 = 1.0 / 8388608.0;

// The ziggurat's rare half (Marsaglia & Tsang 2000; layers numbered as in Doornik 2005): the tail
// below layer 0, the wedge of any other, and a fresh start from the retry stream.
function finishNormal(source: u32, layer: u32, place: f64): f64 {
  const edges = source + MONTE_CARLO_EDGES;
  const heights = source + MONTE_CARLO_HEIGHTS;
  let z = place;
  while (true) {
    if (layer == 0) return z < 0 ? -drawTail(source) : drawTail(source);
    const low = load<f64>(heights + layer * 8);
    const high = load<f64>(heights + layer * 8, 8);
    if (Math.log(low + drawUniform(source) * (high - low)) < -0.5 * z * z) return z;
    const word = i32(drawWord(source));
    layer = word & 255;
    z = (f64(word >> 8) + 0.5) * STEP * load<f64>(edges + layer * 8);
    if (abs(z) < load<f64>(edges + layer * 8, 8)) return z;
  }
}

// Marsaglia (1964): a normal beyond the outermost edge r.
function drawTail(source: u32): f64 {
  const r = load<f64>(source + MONTE_CARLO_EDGES, 8);
  while (true) {
    const x = -Math.log(drawUniform(source)) / r;
    const y = -Math.log(drawUniform(source));
    if (y + y >= x * x) return r + x;
  }
}

function drawNormal(source: u32): f64 {
  const word = i32(drawWord(source));
  const edge = source + MONTE_CARLO_EDGES + (word & 255) * 8;
  const z = (f64(word >> 8) + 0.5) * STEP * load<f64>(edge);
  return abs(z) < load<f64>(edge, 8) ? z : finishNormal(source, word & 255, z);
}

// Above 0 and below 1: the middle of one of 2^32 steps.
function drawUniform(source: u32): f64 {
  return (f64(drawWord(source)) + 0.5) * (1.0 / 4294967296.0);
}

function drawWord(source: u32): u32 {
  const state = source + MONTE_CARLO_RETRIES;
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  const word = rotl<u32>(a + d, 7) + a;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  store<u32>(state, a);
  store<u32>(state, b, 4);
  store<u32>(state, c ^ shifted, 8);
  store<u32>(state, rotl<u32>(d, 11), 12);
  return word;
}

function scaleTails(source: u32, degrees: f64, count: u32, out: u32): void {
  if (!(degrees > 2)) {
    for (let k: u32 = 0; k < count; k++) store<f64>(out + k * 8, NaN);
    return;
  }
  for (let k: u32 = 0; k < count; k++) {
    const mix = sqrt((degrees - 2) / (2 * drawGamma(source, 0.5 * degrees)));
    store<f64>(out + k * 8, load<f64>(out + k * 8) * mix);
  }
}

// Marsaglia & Tsang (2000), A simple method for generating gamma variables; shape above 1, scale 1.
function drawGamma(source: u32, shape: f64): f64 {
  const d = shape - 1.0 / 3.0;
  const c = 1.0 / sqrt(9.0 * d);
  while (true) {
    const x = drawNormal(source);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = drawUniform(source);
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
