// Owns `colin validate [config|phase3]`: proves a part of the product, row by row.
// Promise: exits 0 only when every row was measured and passed; a phase that is not there says so.
import { cpus } from 'node:os';
import { checkConfig } from '../config.ts';
import { flagOption, readOptions, readSetup } from '../invocation.ts';
import { complain, EXIT, printDocument, printText } from '../terminal.ts';
import { riskSteps, runSteps } from './phase3.ts';
import { exitOf, formatRows, type ValidationRow } from './row.ts';

const PHASES = ['config', 'phase1', 'phase2', 'phase3', 'phase4', 'all'] as const;

export async function runValidate(args: string[]): Promise<number> {
  const options = readOptions('validate', args, {
    quick: { type: 'boolean', default: false },
  });
  if (options === null) return EXIT.usage;
  const [name = 'all', ...rest] = options.positionals;
  const phase = PHASES.find((known) => known === name);
  if (phase === undefined || rest.length > 0) {
    complain(`validate wants one of ${PHASES.join(', ')}. 'colin help validate' shows examples.`);
    return EXIT.usage;
  }
  if (phase === 'config') return checkConfig(options);
  if (phase !== 'phase3') {
    complain(
      `validate ${phase} is not there yet: this version validates config and phase3 (risk).`,
    );
    return EXIT.usage;
  }
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const isQuick = flagOption(options, 'quick');
  const startMs = performance.now();
  const rows = await runSteps(riskSteps(isQuick, setup.config.risk));
  const seconds = Math.round((performance.now() - startMs) / 1000);
  if (setup.json) await printDocument(documentOf(phase, isQuick, rows, seconds));
  else await printText(formatRows(rows));
  return conclude(rows, seconds);
}

function documentOf(
  phase: string,
  isQuick: boolean,
  rows: readonly ValidationRow[],
  seconds: number,
) {
  const count = (passed: boolean | null): number =>
    rows.filter((row) => row.passed === passed).length;
  return {
    phase,
    passed: exitOf(rows) === EXIT.done,
    quick: isQuick,
    counts: { passed: count(true), failed: count(false), missing: count(null) },
    seconds,
    machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.versions.node },
    rows,
  };
}

function conclude(rows: readonly ValidationRow[], seconds: number): number {
  const code = exitOf(rows);
  const failed = rows.filter(({ passed }) => passed === false);
  const absent = rows.filter(({ passed }) => passed === null);
  for (const { check, measured, unit, promised } of failed) {
    complain(`${check}: ${measured} ${unit}, promised ${promised}`);
  }
  for (const { check, conditions } of absent) complain(`${check}: ${conditions}`);
  if (code === EXIT.done) process.stderr.write(`${rows.length} checks passed in ${seconds} s\n`);
  return code;
}
