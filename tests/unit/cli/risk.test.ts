// Owns the tests of what `colin risk` refuses, and of the book it reads.
// Promise: every refusal is checked by its exit code and by the words that tell what to do.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseBook } from '../../../cli/risk/book.ts';
import { runRisk } from '../../../cli/risk/risk.ts';
import { money, percent } from '../../../cli/risk/words.ts';
import { capture } from './captured.ts';

const folder = mkdtempSync(join(tmpdir(), 'colin-risk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array | object): string {
  const path = join(folder, name);
  const isRaw = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isRaw ? content : JSON.stringify(content));
  return path;
}

const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const rows = Array.from({ length: 80 }, (_, i) => `${day(i)},${0.01 * Math.sin(i)}`);
const good = write('good.csv', ['date,BTC/USD', ...rows].join('\n'));
const book = write('book.json', { 'BTC/USD': 1000 });
const both = ['--returns', good, '--portfolio', book];

type Case = readonly [args: readonly string[], ...says: RegExp[]];

async function refuses(exitCode: number, cases: readonly Case[]): Promise<void> {
  for (const [args, ...says] of cases) {
    const ran = await capture(() => runRisk([...args]));
    assert.equal(ran.exitCode, exitCode, `${args.join(' ')}: ${ran.err}`);
    assert.equal(ran.out, '');
    for (const pattern of says) assert.match(ran.err, pattern);
  }
}

test('risk: a file that cannot be used exits 3 and names place and problem', async () => {
  const bad = write('bad.csv', 'date,BTC/USD\n2024-01-01,0.1\n2024-01-02,\n2024-01-02,x\n');
  const strange = write('strange.json', { 'BTC/USD': 'much', NOPE: 1 });
  const other = write('other.json', { 'DOGE/USD': 5 });
  const torn = write('torn.json', '{"BTC/USD": ');
  const half = write('half.csv.gz', gzipSync('date,A\n').subarray(0, 12));
  const own = write('own.json', { name: 'x', shocks: { NOSUCH: -0.1, ALSONOT: -2 } });
  const wide = Array.from({ length: 501 }, (_, i) => `C${i}`);
  const zeros = wide.map(() => '0').join(',');
  const many = write('many.csv', `date,${wide.join(',')}\n${day(0)},${zeros}\n${day(1)},${zeros}`);
  const on = (returns: string, held: string): readonly string[] => [
    ...['var', '--returns', returns],
    ...['--portfolio', held],
  ];
  await refuses(3, [
    [on(bad, book), /bad\.csv: line 3, column 2: the cell is empty/, /line 4, column 1: .* twice/],
    [on(join(folder, 'none.csv'), book), /none\.csv: cannot be read/],
    [on(folder, book), /cannot be read/],
    [on(half, book), /half\.csv\.gz: cannot be read/],
    [on(many, book), /2 rows of 501 symbols are too much work; at most 20000 rows, 500 symbols/],
    [
      on(good, strange),
      /strange\.json: BTC\/USD: "much" is not a number/,
      /NOPE\.base: is missing/,
    ],
    [on(good, other), /other\.json: DOGE\/USD: no column of returns/],
    [on(good, torn), /torn\.json: is not JSON/],
    [['covariance', '--returns', book], /book\.json: line 1/],
    [['backtest', ...both, '--window', '80'], /80 rows leave nothing to forecast/],
    [['stress', '--portfolio', book, '--returns', bad], /bad\.csv: line 3/],
    [['stress', '--portfolio', book, '--set', 'risk.nope=1'], /nope/],
    [
      ['stress', '--portfolio', book, '--scenarios', own],
      /own\.json: scenario\.shocks\.NOSUCH: is an asset that neither/,
      /shocks\.ALSONOT: -2 is not within -1/,
    ],
  ]);
});

test('risk: a wrong option exits 2 and says what would be right', async () => {
  await refuses(2, [
    [[], /which risk\? Say risk var, covariance, backtest, stress/],
    [['vra'], /there is no 'risk vra'/],
    [['toString'], /there is no 'risk toString'/],
    [['var', ...both, '--nope'], /--nope/],
    [['var', ...both, '--incremental', 'BTC/USD'], /write SYMBOL=NOTIONAL/],
    [['var', ...both, '--incremental', 'BTC/USD='], /write SYMBOL=NOTIONAL/],
    [['var', ...both, '--incremental', 'XRP/USD=5'], /no column is named 'XRP\/USD'/],
    [['var', ...both, '--paths', '1e9'], /--paths takes a whole number from 1 to 1000000/],
    [['var', '--returns', good], /--portfolio FILE is missing/],
    [['var', ...both, '--equity', '5'], /risk var takes no '--equity'/],
    [['covariance', '--returns', good, '--window', '81'], /--window 81: .* has 80 rows/],
    [['covariance', '--returns', good, '--window', '1'], /whole number of rows from 2/],
    [['backtest', ...both, '--window', 'x'], /one whole number of rows/],
    [['backtest', ...both, '--window', '9', '--window', '8'], /one whole number of rows/],
    [['backtest', '--portfolio', book], /--returns FILE is missing/],
    [['stress', '--portfolio', book, '--equity=-5'], /--equity takes an amount above 0/],
    [['stress', '--portfolio', book, '--loss-limit', ''], /--loss-limit takes an amount/],
    [['stress', '--portfolio', book, 'more'], /risk stress takes no 'more'/],
  ]);
});

test('risk stress: a coin without a column of returns is told, not guessed', async () => {
  const two = write('two.json', { 'BTC/USDT:USDT': 1000, 'PEPE/USD': 10, 'USDT/USD': 500 });
  const args = ['stress', '--portfolio', two, '--returns', good, '--loss-limit', '50', '--json'];
  const ran = await capture(() => runRisk(args));
  assert.equal(ran.exitCode, 0, ran.err);
  assert.match(ran.err, /no column for PEPE\/USD: no likeliest move/);
  assert.equal(JSON.parse(ran.out).reverse[0].likeliest, null);
});

test('risk stress: pegged assets without a column leave the coins their move', async () => {
  const two = write('three.json', { 'BTC/USDT:USDT': 1000, 'USDT/USD': 500 });
  const args = ['stress', '--portfolio', two, '--returns', good, '--loss-limit', '50', '--json'];
  const { reverse } = JSON.parse((await capture(() => runRisk(args))).out);
  assert.equal(reverse[0].likeliest.moves.length, 1);
  assert.ok(Math.abs(reverse[0].likeliest.moves[0].move + 0.05) < 1e-12);
});

test('risk stress: positions with a known market tell what their exit costs', async () => {
  const market = { half_spread: 0.001, daily_volatility: 0.02, daily_volume: 1e6 };
  const held = write('exit.json', {
    'BTC/USD': { notional: 160_000, ...market },
    'USDT/USD': 5000,
  });
  const args = ['stress', '--portfolio', held, '--returns', good];
  const { exit } = JSON.parse((await capture(() => runRisk([...args, '--json']))).out);
  // 160 of spread, 160,000 * 0.02 * sqrt(0.16) = 1,280 of impact, 2 days at 100,000.
  assert.deepEqual([exit.days, Math.round(exit.cost)], [2, 1440]);
  assert.ok(Math.abs(exit.var_unwinding / exit.var_one_day - Math.sqrt(1.25)) < 1e-12);
  assert.ok(Math.abs(exit.liquidity_adjusted - exit.var_unwinding - exit.cost) < 1e-9);
  const table = await capture(() => runRisk(args));
  assert.match(table.out, /Exit at 10 % of the daily volume[\s\S]*BTC\/USD +160,000 +2/);
});

test('risk: a book tells spot, linear and inverse by the settlement asset of the symbol', () => {
  const result = parseBook({
    'btc/usd': 1,
    'ETH/USDT:USDT': -2,
    'SOL/USD:SOL': 3,
    'BTC/USD:BTC-260327': 4,
    PERP: { notional: 5, kind: 'linear', base: 'BTC', quote: 'USDC' },
  });
  assert.ok(result.kind === 'read');
  assert.deepEqual(
    result.book.map(({ kind, base, quote }) => `${kind} ${base} ${quote}`),
    ['spot BTC USD', 'linear ETH USDT', 'inverse SOL USD', 'inverse BTC USD', 'linear BTC USDC'],
  );
});

test('risk: a book names everything that is wrong with it', () => {
  const result = parseBook({
    'BTC/USD': { notional: 1, colour: 'red', half_spread: -1 },
    'ETH/USD': { notional: null, kind: 'future' },
  });
  assert.ok(result.kind === 'invalid');
  assert.deepEqual(
    result.problems.map((problem) => problem.split(':')[0]),
    [
      'BTC/USD.colour',
      'BTC/USD.daily_volatility',
      'BTC/USD.daily_volume',
      'BTC/USD.half_spread',
      'ETH/USD.kind',
      'ETH/USD',
    ],
  );
  for (const document of [null, [], 5, {}]) assert.equal(parseBook(document).kind, 'invalid');
});

test('risk: money has thousands separators and no minus zero, the undefined is a dash', () => {
  assert.deepEqual([1234567.89, -1234.5, 12.345, -0.001, null, Number.NaN].map(money), [
    '1,234,568',
    '-1,235',
    '12.35',
    '0.00',
    '-',
    '-',
  ]);
  assert.deepEqual([percent(0.1234), percent(null)], ['12.3 %', '-']);
});
