// Owns what a run is asked for: its options, the configuration, instruments, files and model.
// Promise: what cannot be done is said whole, with the exit code, before anything starts.
import { join } from 'node:path';
import type { Instrument } from '../../engine/core/instrument.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { readModel } from '../../engine/models/registry.ts';
import { withCollateral } from '../../engine/surroundings/deposits.ts';
import { type RiskMaterial, readRiskMaterial } from '../../engine/surroundings/risk-material.ts';
import { problemsOfFiles } from '../../engine/surroundings/strategy-modules.ts';
import {
  TEST_INSTRUMENTS_MAX,
  testInstruments,
} from '../../engine/venues/binance/test-instruments.ts';
import { startPriceUsd } from '../../engine/venues/generated/start-terms.ts';
import {
  housePath,
  type Options,
  readSetup,
  reportProblems,
  type Setup,
  textOption,
  userPath,
} from '../invocation.ts';
import { complain, EXIT, parseDuration } from '../terminal.ts';
import { CRASH_SETTINGS } from './crash.ts';

const SCENARIOS = ['mixed', 'calm', 'crash'] as const;

export const RUN_OPTIONS = {
  mode: { type: 'string' },
  for: { type: 'string' },
  symbols: { type: 'string', default: '20' },
  scenario: { type: 'string', default: 'mixed' },
  seed: { type: 'string' },
  port: { type: 'string' },
  'ws-port': { type: 'string' },
  record: { type: 'string' },
} as const;

export interface RunPlan {
  readonly setup: Setup;
  readonly instruments: readonly Instrument[];
  readonly material: RiskMaterial;
  readonly forMs: number | null; // null: until Ctrl-C
  readonly scenario: (typeof SCENARIOS)[number];
  readonly recordDir: string | null;
  readonly logFile: string;
  readonly modelDir: string;
  readonly model: string; // version
}

/** The exit code after a complaint, where it cannot be done. */
export async function makePlan(options: Options): Promise<RunPlan | number> {
  const problem = findUsageProblem(options);
  if (problem !== null) {
    complain(`${problem} 'colin help run' shows examples.`);
    return EXIT.usage;
  }
  const setup = readSetup(options, [...rehearsalOf(options), ...settingsOf(options)]);
  if (setup === null) return EXIT.configuration;
  if (setup.config.main.environment === 'production') {
    complain(
      'configuration: main.environment: production, and --mode test trades a market that never ' +
        'was; set development or staging (also the variable ENVIRONMENT).',
    );
    return EXIT.configuration;
  }
  const files = problemsOfFiles(setup.config, housePath);
  reportProblems(files);
  if (files.length > 0) return EXIT.configuration;
  const instruments = listInstruments(testInstruments(Number(textOption(options, 'symbols'))));
  const material = readRiskMaterial(setup.config, instruments, housePath);
  if (material.kind === 'invalid') {
    for (const found of material.problems) complain(found);
    return EXIT.configuration;
  }
  const modelDir = housePath(setup.config.ai.modelDir);
  const stored = await readModel(modelDir);
  if (stored.kind !== 'stored') {
    complain(`${stored.file}: ${stored.message}`);
    return EXIT.configuration;
  }
  const record = textOption(options, 'record');
  const forText = textOption(options, 'for');
  const scenario = textOption(options, 'scenario');
  return {
    setup: { ...setup, config: withCollateral(setup.config, instruments, startPriceUsd) },
    instruments,
    material: material.material,
    forMs: forText === undefined ? null : parseDuration(forText),
    scenario: SCENARIOS.find((name) => name === scenario) ?? 'mixed',
    recordDir: record === undefined ? null : userPath(record),
    logFile: logFileOf(setup),
    modelDir,
    model: `${stored.manifest.name}/${stored.manifest.version}`,
  };
}

/** A path of the configuration, else the run's own, beside its journal. */
const logFileOf = ({ config: { storage }, stateDir }: Setup): string =>
  storage.logFile === null ? join(stateDir, 'colin.log') : housePath(storage.logFile);

function findUsageProblem(options: Options): string | null {
  const mode = textOption(options, 'mode');
  if (mode === undefined) return 'run wants --mode test.';
  if (mode !== 'test') return `--mode ${mode} is not there: this version runs --mode test.`;
  if (options.positionals.length > 0) return `run takes no '${options.positionals.join(' ')}'.`;
  const forText = textOption(options, 'for');
  if (forText !== undefined && parseDuration(forText) === null) {
    return `--for ${forText} is not a time like 500ms, 20s, 5m or 1h.`;
  }
  const symbols = Number(textOption(options, 'symbols'));
  if (!Number.isInteger(symbols) || symbols < 1 || symbols > TEST_INSTRUMENTS_MAX) {
    return `--symbols wants a whole number from 1 to ${TEST_INSTRUMENTS_MAX}.`;
  }
  const scenario = textOption(options, 'scenario');
  if (!SCENARIOS.some((name) => name === scenario)) {
    return `--scenario wants one of ${SCENARIOS.join(', ')}.`;
  }
  return null;
}

const rehearsalOf = (options: Options): readonly string[] =>
  textOption(options, 'scenario') === 'crash' ? CRASH_SETTINGS : [];

// Options that are settings by another name.
function settingsOf(options: Options): string[] {
  const named = [
    ['port', 'main.apiPort'],
    ['ws-port', 'main.webSocketPort'],
    ['seed', 'main.seed'],
  ] as const;
  return named.flatMap(([option, path]) => {
    const value = textOption(options, option);
    if (value === undefined) return [];
    return [option === 'seed' ? `${path}=${JSON.stringify(value)}` : `${path}=${value}`];
  });
}
