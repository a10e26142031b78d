// Owns how the commands speak: data on stdout, progress on stderr, colour only where wanted.
// Promise: stdout carries nothing but the document asked for; NO_COLOR is obeyed.

export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  configuration: 3,
  checkFailed: 4,
  unavailable: 5,
} as const;

const CODES = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

const isColourful = (): boolean =>
  process.stderr.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

export function paint(style: Style, text: string): string {
  return isColourful() ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** One line on stderr: what is being done. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A mistake, in the form: what is wrong, where, what to do. */
export function complain(text: string): void {
  process.stderr.write(`${paint('red', 'colin:')} ${text}\n`);
}

/** A line that is rewritten in place on a terminal and left out elsewhere. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
}

export const isReaderGone = (error: Error): boolean =>
  (error as NodeJS.ErrnoException).code === 'EPIPE';

/** The one document of a command, on stdout. Resolves when it has been handed to the system. */
export function printDocument(document: unknown): Promise<void> {
  return printText(`${JSON.stringify(document)}\n`);
}

export function printText(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) =>
      error && !isReaderGone(error) ? reject(error) : resolve(),
    );
  });
}

/** Left-aligned first column, right-aligned numbers; widths follow the content. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...rows.map(line)].join('\n');
}

/** '20s', '500ms', '2m', '1h' in milliseconds; null when it is none of these. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return null;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unit;
}
