// Owns the proof of `colin risk` as a person runs it: documents, tables, exit codes, complaints.
// Promise: every golden number of VaR and covariance is compared through the real command line.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runColin, temporaryFolder } from '../../colin-process.ts';
import { sharedPath } from '../../shared-data.ts';

interface Files {
  readonly folder: string;
  write(name: string, content: string | Uint8Array | object): string;
}

function makeFiles(t: TestContext): Files {
  const folder = temporaryFolder(t);
  return {
    folder,
    write(name, content) {
      const path = join(folder, name);
      const isRaw = typeof content === 'string' || content instanceof Uint8Array;
      writeFileSync(path, isRaw ? content : JSON.stringify(content));
      return path;
    },
  };
}

/** 80 days of two coins that move by a fixed pattern. */
function smallReturns(): string {
  const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
  const rows = Array.from({ length: 80 }, (_, i) => {
    const btc = 0.02 * Math.sin(i * 1.7) - (i === 40 ? 0.1 : 0);
    return `${day(i)},${btc},${1.5 * btc + 0.01 * Math.cos(i * 2.3)}`;
  });
  return ['date,BTC/USD,ETH/USD', ...rows, ''].join('\n');
}

/** Compares every number of `expected`; keys that only `actual` has are welcome. */
function compare(actual: unknown, expected: unknown, path: string, tolerance: number): number {
  if (typeof expected === 'number') {
    assert.equal(typeof actual, 'number', path);
    const scale = Math.max(Math.abs(expected), 1e-3);
    const gap = Math.abs(Number(actual) - expected);
    assert.ok(gap <= tolerance * scale, `${path}: ${actual} where ${expected} is expected`);
    return 1;
  }
  if (typeof expected !== 'object' || expected === null) {
    assert.deepEqual(actual, expected, path);
    return 1;
  }
  assert.ok(typeof actual === 'object' && actual !== null, path);
  let count = 0;
  for (const [key, value] of Object.entries(expected)) {
    const place = `${path}.${key}`;
    // Fitted t: README. Fixed t: the golden quantile itself is 2.4e-9 off the closed form for 4.
    const fitted = place.includes('t_mle') ? 1e-6 : /student_t_nu\d/.test(place) ? 4e-9 : tolerance;
    count += compare(Reflect.get(actual, key), value, place, fitted);
  }
  return count;
}

test('risk var: the command line gives every golden number of every portfolio', async (t) => {
  const golden = sharedPath('golden/var.json');
  const returns = sharedPath('golden/returns.csv.gz');
  if (golden === null || returns === null) return t.skip('golden numbers are not here');
  const files = makeFiles(t);
  const { portfolios, ...top } = JSON.parse(readFileSync(golden, 'utf8'));
  for (const [name, portfolio] of Object.entries<{ notional: number[]; levels: Levels }>(
    portfolios,
  )) {
    const held = top.symbols.map((symbol: string, i: number) => [symbol, portfolio.notional[i]]);
    const book = files.write(`${name}.json`, Object.fromEntries(held));
    const orders = (portfolio.levels['0.95']?.incremental ?? []).flatMap((order) => [
      '--incremental',
      `${order.symbol}=${order.notional}`,
    ]);
    const args = ['risk', 'var', '--returns', returns, '--portfolio', book, ...orders, '--json'];
    const { code, out, err } = await runColin(t, ...args);
    assert.equal(code, 0, err);
    const document = JSON.parse(out);
    const count = compare(document, portfolio, name, 1e-9) + compare(document, top, name, 1e-9);
    assert.ok(count > 400, `${count} numbers`);
    for (const { monte_carlo_normal_zero_mean: run } of Object.values<Level>(document.levels)) {
      assert.ok(run.var >= run.band_low && run.var <= run.band_high, `${name}: ${run.var}`);
    }
  }
});

interface Level {
  readonly incremental: readonly { readonly symbol: string; readonly notional: number }[];
  readonly monte_carlo_normal_zero_mean: Readonly<Record<'var' | 'band_low' | 'band_high', number>>;
}
type Levels = Readonly<Record<string, Level>>;

test('risk covariance: the command line gives every golden number', async (t) => {
  const golden = sharedPath('golden/covariance.json');
  const returns = sharedPath('golden/returns.csv.gz');
  if (golden === null || returns === null) return t.skip('golden numbers are not here');
  const { code, out, err } = await runColin(
    t,
    'risk',
    'covariance',
    '--returns',
    returns,
    '--json',
  );
  assert.equal(code, 0, err);
  const expected = JSON.parse(readFileSync(golden, 'utf8'));
  const count = compare(JSON.parse(out), expected, 'covariance', 1e-7);
  assert.ok(count > 4000, `${count} numbers`);
  const { level, distance, share_change, pairs } = JSON.parse(out).breakdown;
  assert.equal(level, 'calm');
  assert.ok(distance > 0.05 && distance < 0.15 && Math.abs(share_change) < 0.15);
  assert.equal(pairs.length, 5);
});

test('risk backtest: the command line gives the golden forecasts and tests', async (t) => {
  const golden = sharedPath('golden/var-backtests.json');
  const returns = sharedPath('golden/returns.csv.gz');
  const portfolios = sharedPath('golden/var.json');
  if (golden === null || returns === null || portfolios === null) {
    return t.skip('golden numbers are not here');
  }
  const { symbols, portfolios: all } = JSON.parse(readFileSync(portfolios, 'utf8'));
  const held = symbols.map((symbol: string, i: number) => [symbol, all.long_only.notional[i]]);
  const book = makeFiles(t).write('long_only.json', Object.fromEntries(held));
  const args = ['risk', 'backtest', '--returns', returns, '--portfolio', book, '--json'];
  const { code, out, err } = await runColin(t, ...args);
  assert.equal(code, 0, err);
  const { rolling } = JSON.parse(readFileSync(golden, 'utf8'));
  const count = compare(JSON.parse(out), rolling, 'rolling', 1e-8);
  assert.ok(count > 5000, `${count} numbers`);
});

test('risk: a small file of one’s own is enough for every subcommand, as a table', async (t) => {
  const files = makeFiles(t);
  const returns = files.write('returns.csv.gz', gzipSync(smallReturns()));
  const book = files.write('book.json', { 'BTC/USD': 1_000_000, 'ETH/USD': -250_000 });
  const both = ['--returns', returns, '--portfolio', book];
  const runs = await Promise.all([
    runColin(t, 'risk', 'var', ...both, '--paths', '2000', '--seed', 'a'),
    runColin(t, 'risk', 'covariance', '--returns', returns),
    runColin(t, 'risk', 'backtest', ...both, '--window', '30'),
    runColin(t, 'risk', 'stress', ...both, '--equity', '2000000'),
  ]);
  const says = [
    /gross 1,250,000, net 750,000[\s\S]*95\.0 %[\s\S]*historical +\d[\s\S]*99\.0 %/,
    /80 days 2024-01-01 to 2024-03-20, 2 symbols[\s\S]*ETH\/USD .* 1\.00\n\n.*: mean change/,
    /VaR of 50 days from 2024-01-31[\s\S]*historical_linear_0\.95 +50/,
    /mar-2020 +\d[\d,]* +\d+\.\d %[\s\S]*drawdown hard: 100,000 may still be lost[\s\S]*likeliest/,
  ];
  for (const [i, { code, out, err }] of runs.entries()) {
    assert.equal(code, 0, err);
    assert.match(out, says[i] ?? /$^/);
    assert.doesNotMatch(out, /NaN|undefined|Infinity/);
  }
});

test('risk var: the seed alone decides the simulation', async (t) => {
  const files = makeFiles(t);
  const returns = files.write('returns.csv', smallReturns());
  const book = files.write('book.json', { 'BTC/USD': 1000 });
  const figure = async (seed: string): Promise<number> => {
    const args = ['--returns', returns, '--portfolio', book, '--paths', '5000', '--json'];
    const { out } = await runColin(t, 'risk', 'var', ...args, '--seed', seed);
    return JSON.parse(out).levels['0.99'].monte_carlo_normal_zero_mean.var;
  };
  const [first, again, other] = await Promise.all(['a', 'a', 'b'].map(figure));
  assert.equal(first, again);
  assert.notEqual(first, other);
});

test('risk stress: a user’s scenario stands among the crises, worst first', async (t) => {
  const files = makeFiles(t);
  const book = files.write('book.json', {
    'BTC/USD': 100_000,
    'ETH/USDT:USDT': { notional: -50_000 },
    'BTC/USD:BTC': 10_000,
    'USDT/USD': 40_000,
  });
  const scenarios = files.write('mine.json', {
    name: 'mine',
    shocks: { BTC: -0.9, ETH: 0.5, USDT: -0.1 },
  });
  const args = ['--portfolio', book, '--scenarios', scenarios, '--equity', '200000', '--json'];
  const { code, out, err } = await runColin(t, 'risk', 'stress', ...args);
  assert.equal(code, 0, err);
  const document = JSON.parse(out);
  assert.equal(document.scenarios.length, 7);
  const [worst] = document.scenarios;
  assert.equal(worst.scenario, 'mine');
  // Spot 90,000; short linear: -50,000 (0.5 + 0.1) -> 30,000; inverse 9,000; USDT 4,000.
  assert.ok(Math.abs(worst.loss - 133_000) < 1e-6, worst.loss);
  assert.ok(Math.abs(worst.loss_of_equity - 0.665) < 1e-9);
  const inverse = worst.positions.find(
    ({ symbol }: { symbol: string }) => symbol === 'BTC/USD:BTC',
  );
  assert.ok(Math.abs(inverse.settle_loss - 90_000) < 1e-6);
  const losses = document.scenarios.map(({ loss }: { loss: number }) => loss);
  assert.deepEqual(
    losses,
    [...losses].sort((a, b) => b - a),
  );
  assert.deepEqual(
    document.reverse.map(({ limit }: { limit: string }) => limit),
    ['drawdown hard', 'whole equity'],
  );
});

test('risk: the process exits 2 for a wrong option and 3 for a file it cannot use', async (t) => {
  const usage = await runColin(t, 'risk', 'vra');
  assert.deepEqual([usage.code, usage.out], [2, '']);
  const file = await runColin(t, 'risk', 'covariance', '--returns', join(t.name, 'none.csv'));
  assert.deepEqual([file.code, file.out], [3, '']);
  assert.match(file.err, /none\.csv: cannot be read/);
});
