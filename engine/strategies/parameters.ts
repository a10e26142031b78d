// Owns the parameters of a strategy: what a module may ask for, and the reading of what is given.
// Promise: values that pass are complete, in range and of their type; every problem is told.
import type { Json } from '../core/json.ts';
import type { FieldProblem } from '../core/ports.ts';
import { parseDecimal } from '../core/units.ts';

interface Documented {
  readonly doc: string; // one line, shown by `colin strategy list`
  readonly unit?: string;
}

/** One parameter. Bounds are inclusive. A decimal is exact text, at most 18 places, no sign. */
export type ParameterSpec = Documented &
  (
    | {
        readonly kind: 'number' | 'integer';
        readonly default: number;
        readonly min: number;
        readonly max: number;
      }
    | {
        readonly kind: 'decimal';
        readonly default: string;
        readonly min: string;
        readonly max: string;
      }
    | { readonly kind: 'boolean'; readonly default: boolean }
    | { readonly kind: 'text'; readonly default: string; readonly lengthMax: number }
    | { readonly kind: 'choice'; readonly default: string; readonly choices: readonly string[] }
  );

export type ParameterSchema = Readonly<Record<string, ParameterSpec>>;

type ValueOf<Spec> = Spec extends { readonly kind: 'number' | 'integer' }
  ? number
  : Spec extends { readonly kind: 'boolean' }
    ? boolean
    : Spec extends { readonly kind: 'choice'; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** The values of a schema, typed: { restMs: number, style: 'patient' | 'eager' }. */
export type ParametersOf<Schema extends ParameterSchema> = {
  readonly [Name in keyof Schema]: ValueOf<Schema[Name]>;
};

export const PARAMETERS_MAX = 64;
const NAME = /^[a-zA-Z][a-zA-Z0-9]{0,47}$/;
const KINDS = ['number', 'integer', 'decimal', 'boolean', 'text', 'choice'];
const DECIMAL_SCALE = 18;

/** What is wrong with a schema; `path` is where it lies, e.g. 'parameters'. */
export function problemsOfSchema(schema: unknown, path: string): FieldProblem[] {
  if (!isRecord(schema)) return [{ path, message: 'must be an object of parameters, {} for none' }];
  const entries = Object.entries(schema);
  if (entries.length > PARAMETERS_MAX) {
    return [{ path, message: `has ${entries.length} parameters; at most ${PARAMETERS_MAX}` }];
  }
  return entries.flatMap(([name, spec]) => problemsOfSpec(name, spec, `${path}.${name}`));
}

function problemsOfSpec(name: string, spec: unknown, path: string): FieldProblem[] {
  if (!NAME.test(name)) return [{ path, message: 'a name is letters and digits, a letter first' }];
  if (!isRecord(spec) || !KINDS.includes(String(spec.kind))) {
    return [{ path, message: `kind must be one of ${KINDS.join(', ')}` }];
  }
  if (typeof spec.doc !== 'string' || spec.doc === '') {
    return [{ path, message: 'doc must say in a line what it does' }];
  }
  const missing = missingOf(spec);
  if (missing !== null) return [{ path, message: missing }];
  const problem = problemOfValue(spec as unknown as ParameterSpec, spec.default);
  return problem === null ? [] : [{ path, message: `its default ${problem}` }];
}

/** What a specification of this kind must have besides its default. */
function missingOf(spec: Readonly<Record<string, unknown>>): string | null {
  const { kind, min, max } = spec;
  if (kind === 'number' || kind === 'integer') {
    const isRange = typeof min === 'number' && typeof max === 'number' && min <= max;
    return isRange && Number.isFinite(min) && Number.isFinite(max)
      ? null
      : 'min and max must be finite numbers, min <= max';
  }
  if (kind === 'decimal') {
    return decimalOf(min) === null || decimalOf(max) === null
      ? 'min and max must be decimals like "0.001"'
      : null;
  }
  if (kind === 'text') {
    const { lengthMax } = spec;
    const isLength = Number.isInteger(lengthMax) && Number(lengthMax) >= 1;
    return isLength && Number(lengthMax) <= 1024 ? null : 'lengthMax must be 1..1024';
  }
  if (kind !== 'choice') return null;
  const { choices } = spec;
  const isList = Array.isArray(choices) && choices.length > 0 && choices.length <= 64;
  return isList && choices.every((one) => typeof one === 'string')
    ? null
    : 'choices must be 1..64 texts';
}

export type ParametersResult =
  | { readonly kind: 'parameters'; readonly values: Readonly<Record<string, Json>> }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** The values a schema gives for what the configuration says; defaults fill the rest. */
export function readParameters(
  schema: ParameterSchema,
  given: Readonly<Record<string, unknown>>,
  path: string,
): ParametersResult {
  const problems: FieldProblem[] = [];
  const known = Object.keys(schema).join(', ') || 'none';
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) {
      problems.push({ path: `${path}.${name}`, message: `there is no such parameter: ${known}` });
    }
  }
  const values: Record<string, Json> = {};
  for (const [name, spec] of Object.entries(schema)) {
    const value = Object.hasOwn(given, name) ? given[name] : spec.default;
    const problem = problemOfValue(spec, value);
    if (problem === null) values[name] = value as Json;
    else problems.push({ path: `${path}.${name}`, message: problem });
  }
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'parameters', values: Object.freeze(values) };
}

function problemOfValue(spec: ParameterSpec, value: unknown): string | null {
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
  const got = `not ${shown(value)}`;
  switch (spec.kind) {
    case 'number':
    case 'integer': {
      const { min, max } = spec;
      const isIn = typeof value === 'number' && value >= min && value <= max;
      const isWhole = spec.kind === 'number' || Number.isInteger(value);
      const word = spec.kind === 'number' ? 'a number' : 'a whole number';
      return isIn && isWhole ? null : `must be ${word} from ${min} to ${max}${unit}, ${got}`;
    }
    case 'decimal': {
      const { min, max } = spec;
      const steps = decimalOf(value);
      const isIn =
        steps !== null && steps >= (decimalOf(min) ?? 0n) && steps <= (decimalOf(max) ?? 0n);
      return isIn ? null : `must be a decimal as text from "${min}" to "${max}"${unit}, ${got}`;
    }
    case 'boolean':
      return typeof value === 'boolean' ? null : `must be true or false, ${got}`;
    case 'text':
      return typeof value === 'string' && value.length <= spec.lengthMax
        ? null
        : `must be text of at most ${spec.lengthMax} characters, ${got}`;
    default:
      return spec.choices.includes(String(value)) && typeof value === 'string'
        ? null
        : `must be one of ${spec.choices.join(', ')}, ${got}`;
  }
}

/** Exact steps of 10^-18, or null for what is no plain decimal. */
function decimalOf(value: unknown): bigint | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  const [whole = '', fraction = ''] = value.split('.');
  // parseDecimal says what a decimal is; its result may be too large for a double, ours is not.
  const parsed = parseDecimal(value, DECIMAL_SCALE);
  if (typeof parsed !== 'number' && parsed.kind !== 'too_large') return null;
  if (value.startsWith('-')) return null;
  return BigInt(whole + fraction.slice(0, DECIMAL_SCALE).padEnd(DECIMAL_SCALE, '0'));
}

const shown = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value)?.slice(0, 60) ?? 'undefined');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
