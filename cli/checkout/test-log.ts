// Owns what a person sees of a test run: one line a file, reasons of skips, failures at the end.
// Promise: output of test files is shown for files that failed only, and is bounded.
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { paint } from '../terminal.ts';

const OUTPUT_CHARACTERS_MAX = 8000;

export interface TestLog {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  accept(event: TestEvent): void;
  printFailures(): void;
}

interface Failure {
  readonly title: string;
  readonly cause: string;
  readonly file: string;
}

/** Counts tests, not files or suites. `say` writes one line of progress. */
export function createTestLog(checkout: string, say: (line: string) => void): TestLog {
  const output = new Map<string, string>();
  const failures: Failure[] = [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const short = (file: string): string => relative(checkout, file);

  const keep = (file: string | undefined, message: string): void => {
    if (file === undefined) return;
    output.set(file, ((output.get(file) ?? '') + message).slice(-OUTPUT_CHARACTERS_MAX));
  };

  return {
    get passed() {
      return counts.passed;
    },
    get failed() {
      return counts.failed;
    },
    get skipped() {
      return counts.skipped;
    },
    accept(event) {
      if (event.type === 'test:pass') {
        const { skip, name, details } = event.data;
        if (details.type === 'suite') return;
        const isSkipped = skip !== undefined && skip !== false;
        counts[isSkipped ? 'skipped' : 'passed'] += 1;
        if (isSkipped) say(`  skipped: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}`);
      } else if (event.type === 'test:fail') {
        if (isOnlyAParent(event.data.details.error)) return;
        counts.failed += 1;
        failures.push(toFailure(event.data));
      } else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
        keep(event.data.file, event.data.message);
      } else if (event.type === 'test:summary' && event.data.file !== undefined) {
        const { counts: one, duration_ms: ms, file, success } = event.data;
        const mark = success ? paint('green', '✔') : paint('red', '✖');
        say(`${mark} ${short(file)}: ${one.passed} of ${one.tests} (${(ms / 1000).toFixed(1)} s)`);
      }
    },
    printFailures() {
      for (const { title, cause } of failures) say(`\n${paint('red', '✖')} ${title}\n${cause}`);
      for (const file of new Set(failures.map((failure) => failure.file))) {
        const words = output.get(file)?.trim();
        if (words) say(`\n${paint('dim', `output of ${short(file)}`)}\n${words}`);
      }
    },
  };
}

// A file or suite fails when a test in it does; the test itself has been counted.
const isOnlyAParent = (error: Error): boolean =>
  'failureType' in error && error.failureType === 'subtestsFailed';

function toFailure(data: {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly details: { readonly error: Error };
}): Failure {
  const { error } = data.details;
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : null;
  return {
    title: `${data.name}  ${data.file ?? ''}:${data.line ?? 1}`,
    cause: cause ?? (error.cause === undefined ? error.message : inspect(error.cause)),
    file: data.file ?? data.name,
  };
}
