// Owns what a strategy may save: plain JSON, whole and bounded.
// Promise: NaN, functions, cycles and too much text are told by their path, never saved in silence.
import { canonicalText, type Json } from '../core/json.ts';
import { refusePromise } from './module.ts';
import { SAVED_BYTES_MAX, StrategyError } from './strategy.ts';

const DEPTH_MAX = 16;

/** The canonical text of what save() gave; '' for null and undefined. Throws a StrategyError. */
export function textToSave(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  refusePromise('save', value);
  checkJson(value, 'save()', 0);
  const text = canonicalText(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= SAVED_BYTES_MAX) return text;
  throw new StrategyError(`save: ${bytes} bytes of JSON, at most ${SAVED_BYTES_MAX}`);
}

function checkJson(value: unknown, path: string, depth: number): void {
  if (depth > DEPTH_MAX) throw new StrategyError(`save: ${path} is deeper than ${DEPTH_MAX}`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new StrategyError(`save: ${path} is ${value}, which JSON cannot say`);
  }
  if (Array.isArray(value)) {
    value.forEach((one, index) => {
      checkJson(one, `${path}[${index}]`, depth + 1);
    });
    return;
  }
  const isPlain = typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) throw new StrategyError(`save: ${path} is a ${typeof value}, not plain JSON`);
  for (const [key, one] of Object.entries(value)) {
    if (one !== undefined) checkJson(one, `${path}.${key}`, depth + 1);
  }
}
