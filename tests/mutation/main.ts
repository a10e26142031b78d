// Owns the command `node tests/mutation/main.ts`: mutants of the risk kernel and of engine/risk.
// Promise: exits 0 when the score reaches --min, 4 when not, 2 when it could not run.
import { readFileSync, writeFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../../engine/core/random.ts';
import { parseSources } from '../tidy/source.ts';
import { CHECKOUT, readTree } from '../tidy/tree.ts';
import { sortOut } from './equivalents.ts';
import { COMPARISONS, type Mutant, mutantsOf, mutatedLine } from './mutants.ts';
import { makeReport, type Report, showReport, type Trial } from './report.ts';
import { type Job, runMutants } from './run.ts';
import { findTargets, type Target } from './targets.ts';

const USAGE = `node tests/mutation/main.ts [options]
  --files GLOB      only these files, as 'wasm/**' (may be repeated)
  --analysis        engine/analysis too
  --only comparisons  boundaries and negations only
  --sample N        N mutants, drawn with --seed TEXT
  --again FILE      only those that survived in the report FILE
  --json FILE       writes the report
  --min SHARE       least score, 0.9
  --processes N     1 or 2
  --list            names the mutants and runs nothing`;

const { values } = parseArgs({
  options: {
    files: { type: 'string', multiple: true },
    analysis: { type: 'boolean', default: false },
    only: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: 'mutants' },
    again: { type: 'string' },
    json: { type: 'string' },
    min: { type: 'string', default: '0.9' },
    processes: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

type Known = Report['equivalents'][number];

function show(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

async function main(): Promise<number> {
  const started = performance.now();
  const files = readTree();
  const isWanted = (path: string): boolean =>
    values.files === undefined || values.files.some((glob) => matchesGlob(path, glob));
  const targets = findTargets(files, { hasAnalysis: values.analysis, isWanted });
  const equivalents: Known[] = [];
  const all = draw(again(jobsOf(files, targets, equivalents), files));
  if (values.list) {
    return show(all.map(({ mutant }) => nameOf(mutant)).join('\n') || 'no mutants');
  }
  const trials = await runMutants({
    checkout: CHECKOUT,
    files: new Map([...files].filter(([path]) => /^(wasm|engine|tests)\//.test(path))),
    jobs: all,
    processes: Math.min(2, Math.max(1, Number(values.processes))),
    onTrial: (trial, done) => {
      if (trial.outcome === 'survived' || done % 50 === 0) {
        process.stderr.write(`${done}/${all.length} ${trial.outcome} ${nameOf(trial)}\n`);
      }
    },
  });
  const report = makeReport(trials, equivalents, (performance.now() - started) / 1000);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 1));
  show(showReport(report));
  return report.score >= Number(values.min) ? 0 : 4;
}

const nameOf = ({ path, line, operator, original, replacement }: Mutant): string =>
  `${path}:${line} ${operator} ${JSON.stringify(original)} -> ${JSON.stringify(replacement)}`;

function jobsOf(
  files: ReadonlyMap<string, string>,
  targets: readonly Target[],
  equivalents: Known[],
): readonly Job[] {
  const texts = new Map(targets.map(({ path }) => [path, files.get(path) ?? '']));
  const sources = parseSources(texts);
  return targets.flatMap((target) => {
    const source = sources.find(({ path }) => path === target.path);
    if (source === undefined) throw new Error(`cannot parse ${target.path}`);
    const sorted = sortOut(target.path, source.text, mutantsOf(source));
    const [idle] = sorted.idle;
    if (idle !== undefined) throw new Error(`no mutant of ${idle.path} reads: ${idle.becomes}`);
    equivalents.push(...sorted.equivalents);
    return sorted.mutants
      .filter(({ operator }) => values.only !== 'comparisons' || COMPARISONS.has(operator))
      .map((mutant) => ({ target, mutant }));
  });
}

function again(jobs: readonly Job[], files: ReadonlyMap<string, string>): readonly Job[] {
  if (values.again === undefined) return jobs;
  const { trials } = JSON.parse(readFileSync(values.again, 'utf8')) as { trials: Trial[] };
  const survivors = new Set(
    trials.filter(({ outcome }) => outcome === 'survived').map((one) => one.path + one.becomes),
  );
  return jobs.filter(({ mutant }) => {
    const text = files.get(mutant.path) ?? '';
    return survivors.has(mutant.path + mutatedLine(text, mutant));
  });
}

function draw(jobs: readonly Job[]): readonly Job[] {
  if (values.sample === undefined) return jobs;
  const random = createRandom(values.seed);
  const left = [...jobs];
  const drawn: Job[] = [];
  for (let n = Number(values.sample); n > 0 && left.length > 0; n -= 1) {
    drawn.push(...left.splice(random.integer(left.length), 1));
  }
  return drawn;
}

try {
  process.exitCode = values.help ? show(USAGE) : await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
