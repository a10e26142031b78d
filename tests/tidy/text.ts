// Owns the rules a reader sees without parsing: header, lengths, names, unfinished words.
// Promise: pure; one function a rule.
import { type Source, type Violation, violation } from './source.ts';

const LINES_MAX = 400;
const COLUMNS_MAX = 100;
const FORBIDDEN = /^(utils?|helpers?|manager|handlers?|common|misc)$/;
const UNFINISHED = /(\/\/|\/\*|^\s*\*).*\b(TODO|FIXME|XXX|HACK|not (yet )?implemented)\b/;
const SILENCED = /(\/\/|\/\*).*(biome-ignore|@ts-(ignore|expect-error|nocheck))/;

export const findTextViolations = (source: Source): readonly Violation[] => [
  ...header(source),
  ...length(source),
  ...names(source),
  ...lines(source),
];

function header(source: Source): readonly Violation[] {
  const start = source.lines[0]?.startsWith('#!') ? 1 : 0;
  const isHeader = [start, start + 1].every((n) => /^\/\/ \S/.test(source.lines[n] ?? ''));
  return isHeader ? [] : [violation('header', source, 1, 'begins with no two-line comment')];
}

function length(source: Source): readonly Violation[] {
  const count = source.text.endsWith('\n') ? source.lines.length - 1 : source.lines.length;
  return count <= LINES_MAX
    ? []
    : [violation('file-length', source, count, `${count} lines, ${LINES_MAX} allowed`)];
}

function names(source: Source): readonly Violation[] {
  const segments = source.path.replace(/(\.test|\.d)?\.ts$/, '').split('/');
  const found: Violation[] = [];
  const word = segments.flatMap((segment) => segment.split('-')).find((w) => FORBIDDEN.test(w));
  if (word !== undefined) found.push(violation('name', source, 1, `"${word}" says nothing`));
  const odd = segments.find((segment) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(segment));
  if (odd !== undefined) found.push(violation('name', source, 1, `"${odd}" is not kebab-case`));
  return found;
}

const lines = (source: Source): readonly Violation[] =>
  source.lines.flatMap((line, index) => [
    ...(line.length > COLUMNS_MAX
      ? [violation('line-length', source, index + 1, `${line.length} columns`)]
      : []),
    ...(UNFINISHED.test(line) ? [violation('unfinished', source, index + 1, line.trim())] : []),
    ...(SILENCED.test(line) ? [violation('silenced', source, index + 1, line.trim())] : []),
  ]);
