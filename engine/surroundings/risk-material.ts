// Owns what risk knows of the past: the returns file and the stress scenarios of the configuration.
// Promise: reads each file once, at start; what it cannot use is told with file, line and reason.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { crisisScenarios } from '../analysis/crises.ts';
import { parseReturns, type ReturnsTable } from '../analysis/returns.ts';
import type { Scenario } from '../analysis/scenario.ts';
import { parseScenarios } from '../analysis/scenario-file.ts';
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';

export interface RiskMaterial {
  /** The crises, and what the user adds. */
  readonly scenarios: readonly Scenario[];
  /** Daily log returns; null: history is synthetic, and says so. */
  readonly returns: ReturnsTable | null;
}

/** Without any file. */
export const BUILT_IN_MATERIAL: RiskMaterial = { scenarios: crisisScenarios(), returns: null };

export type MaterialResult =
  | { readonly kind: 'read'; readonly material: RiskMaterial }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const UNPACKED_BYTES_MAX = 1 << 28;
const DAYS_MIN = 100; // five of them lie beyond the 95 % loss; a worst day of a few is no VaR

/** `pathOf` makes a path of the configuration absolute. */
export function readRiskMaterial(
  { risk }: Config,
  instruments: readonly Instrument[],
  pathOf: (path: string) => string,
): MaterialResult {
  const problems: string[] = [];
  const scenarios = [...BUILT_IN_MATERIAL.scenarios];
  let returns: ReturnsTable | null = null;
  const returnsText = readText(risk.returnsFile, 'risk.returnsFile', pathOf, problems);
  if (returnsText !== null) {
    const parsed = parseReturns(returnsText);
    if (parsed.kind === 'read') returns = parsed.table;
    if (parsed.kind === 'read' && parsed.table.rows < DAYS_MIN) {
      problems.push(
        `${risk.returnsFile}: ${parsed.table.rows} days; at least ${DAYS_MIN} are needed`,
      );
    }
    if (parsed.kind === 'invalid') {
      problems.push(...parsed.problems.map((problem) => `${risk.returnsFile}: ${problem}`));
    }
  }
  const stressText = readText(risk.stressFile, 'risk.stressFile', pathOf, problems);
  if (stressText !== null) {
    const assets = new Set(instruments.flatMap(({ base, quote, settle }) => [base, quote, settle]));
    const parsed = parseScenarios(stressText, assets);
    if (parsed.kind === 'read') {
      problems.push(...problemsOfNames(parsed.scenarios, scenarios, String(risk.stressFile)));
      scenarios.push(...parsed.scenarios);
    }
    if (parsed.kind === 'invalid') {
      problems.push(...parsed.problems.map((problem) => `${risk.stressFile}: ${problem}`));
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'read', material: { scenarios, returns } };
}

/** Two scenarios of one name could not be told apart in a report. */
function problemsOfNames(
  added: readonly Scenario[],
  known: readonly Scenario[],
  file: string,
): string[] {
  const names = new Set(known.map(({ name }) => name));
  const twins = added.filter(({ name }) => names.has(name));
  return twins.map(({ name }) => `${file}: '${name}' is the name of a built-in scenario`);
}

function readText(
  file: string | null,
  setting: string,
  pathOf: (path: string) => string,
  problems: string[],
): string | null {
  if (file === null) return null;
  try {
    const bytes = readFileSync(pathOf(file));
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isPacked ? gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }) : bytes;
    return plain.toString('utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(`${setting}: ${file} cannot be read: ${reason}`);
    return null;
  }
}
