// Owns the command line: one table of commands, found by name, loaded when called.
// Promise: exit codes are product.md's; an unexpected error is one clear line and exit 1.

import { Console } from 'node:console';
import { complain, EXIT, isReaderGone, printText } from './terminal.ts';
import { USAGE, usageOf } from './usage.ts';

type Runner = (args: string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Runner>>> = {
  run: async () => (await import('./trade/run.ts')).runRun,
  replay: async () => (await import('./trade/replay.ts')).runReplay,
  train: async () => (await import('./train/train.ts')).runTrain,
  kill: async () => (await import('./control/kill.ts')).runKill,
  resume: async () => (await import('./control/resume.ts')).runResume,
  accounts: async () => (await import('./accounts/accounts.ts')).runAccounts,
  strategy: async () => (await import('./strategy/strategy.ts')).runStrategy,
  status: async () => (await import('./control/status.ts')).runStatus,
  audit: async () => (await import('./audit/audit.ts')).runAudit,
  risk: async () => (await import('./risk/risk.ts')).runRisk,
  validate: async () => (await import('./validate/validate.ts')).runValidate,
  bench: async () => (await import('./checkout/bench.ts')).runBench,
  config: async () => (await import('./config.ts')).runConfig,
  test: async () => (await import('./checkout/test.ts')).runTests,
  version: async () => (await import('./version.ts')).runVersion,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const [about] = args;
    if (about !== undefined && !Object.hasOwn(COMMANDS, about)) return unknown(about);
    await printText(about === undefined ? USAGE : usageOf(about));
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const command = name === '--version' ? 'version' : name;
  const load = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (load === undefined) return unknown(name);
  if (args.includes('--help') || args.includes('-h')) {
    await printText(usageOf(name));
    return EXIT.done;
  }
  return (await load())(args);
}

function unknown(name: string): number {
  complain(`there is no command '${name}'. 'colin help' lists them.`);
  return EXIT.usage;
}

// A reader that goes away (| head) did not want the rest: no fault, and no stack trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (!isReaderGone(error)) process.exitCode = EXIT.fault;
  });
}

// Standard output is for documents: what a strategy's file prints on this thread is none.
globalThis.console = new Console(process.stderr);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = EXIT.fault;
}
