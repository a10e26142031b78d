// Owns `colin config show|check|schema`.
// Promise: shows what would run, without secrets; check names every problem and exits 3.

import type { ConfigProblem } from '../engine/config/resolve.ts';
import { type Config, configJsonSchema } from '../engine/config/schema.ts';
import { builtInOf } from '../engine/strategies/built-ins.ts';
import { problemsOfConfig } from '../engine/surroundings/start-check.ts';
import { problemsOfFiles } from '../engine/surroundings/strategy-modules.ts';
import {
  housePath,
  type Options,
  readConfig,
  readOptions,
  readSetup,
  reportProblems,
} from './invocation.ts';
import { complain, EXIT, printText, say } from './terminal.ts';

export async function runConfig(args: string[]): Promise<number> {
  const options = readOptions('config', args, {});
  if (options === null) return EXIT.usage;
  const [action = 'show', ...rest] = options.positionals;
  if (rest.length > 0 || !['show', 'check', 'schema'].includes(action)) {
    complain(`config wants one of show, check, schema, not '${options.positionals.join(' ')}'.`);
    return EXIT.usage;
  }
  if (action === 'schema') {
    await printText(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return EXIT.done;
  }
  if (action === 'check') return checkConfig(options);
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  await printText(`${JSON.stringify(setup.config, null, 2)}\n`);
  return EXIT.done;
}

/** Exit 3 after every problem was named. */
export function checkConfig(options: Options): number {
  const result = readConfig(options);
  const { config } = result;
  const own = result.kind === 'invalid' ? result.problems : [];
  const problems = [...own, ...(config === null ? [] : problemsBeyond(config))];
  reportProblems(problems);
  if (config === null) {
    say('whether names, files and limits fit each other is looked at once this can be read');
  }
  if (problems.length > 0) return EXIT.configuration;
  say('configuration: no problem found');
  const files = config?.strategies.filter(({ module }) => builtInOf(module) === null) ?? [];
  for (const { module, parameters } of files) {
    const given = `--parameters '${JSON.stringify(parameters)}'`;
    say(`its file was not loaded; what it says to these parameters:`);
    say(`  colin strategy check ${housePath(module)} ${given}`);
  }
  return EXIT.done;
}

/** What is wrong with a configuration that can be read; one problem a place. */
function problemsBeyond(config: Config): readonly ConfigProblem[] {
  const files = problemsOfFiles(config, housePath);
  const told = new Set(files.map(({ path }) => path));
  return [...files, ...problemsOfConfig(config).filter(({ path }) => !told.has(path))];
}
