// Owns the cases of users' files in real workers: found outside the checkout, stopped alone.
// Promise: files are written to a folder of the test; every wait is for news or for an exit.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import type { StrategyNews } from '../../../engine/strategies/calls.ts';
import type { InstanceSpec } from '../../../engine/strategies/instances.ts';
import { createStrategyModules } from '../../../engine/surroundings/strategy-modules.ts';
import { BTC, type House, openHouse, specOf, TRADED } from '../../strategies-fixture.ts';
import { at, intentOf } from '../../trading-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'colin-strategies-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

let files = 0;
function fileOf(text: string): string {
  files += 1;
  const path = join(folder, `strategy-${files}.ts`);
  writeFileSync(path, text);
  return path;
}

/** A file whose strategy has these handlers; `desk` is in scope. */
const handlersOf = (body: string): string =>
  fileOf(`export const strategy = { parameters: {}, create({ desk, parameters }) {
  const BTC = desk.instruments[0];
  const wish = { instrument: BTC, side: 'buy', qty: 10, price: 9990 };
  return { ${body} };
} };
`);

const GOOD = handlersOf(`onBook: () => desk.submit(wish)`);

interface World {
  readonly house: House;
  readonly printed: string[];
  readonly left: () => Promise<void>;
  /** Waits for news until `isSo`, moving the clock on; fails after 15 s. */
  until(isSo: () => boolean, what: string): Promise<void>;
}

async function openWorld(
  specs: readonly InstanceSpec[],
  parts: { isolatedTimeoutMs?: number; loadMsMax?: number } = {},
): Promise<World> {
  const limits = { loadMsMax: 10_000, isolatedTimeoutMs: 1000, isolatedMemoryMb: 32, ...parts };
  const house = openHouse(specs, limits);
  const news: (() => void)[] = [];
  let wake = (): void => undefined;
  const printed: string[] = [];
  const modules = createStrategyModules({
    traded: () => TRADED,
    limits,
    pathOf: (path) => path,
    onNews(name: string, one: StrategyNews) {
      news.push(() => house.host.onNews(name, one, at(house.nowUs)));
      wake();
    },
    onOutput: (name, text) => printed.push(`${name}: ${text}`),
  });
  house.open = (spec, opening) => modules.open(spec, opening);
  closers.push(() => modules.close());
  const opened = await modules.openAll(specs);
  house.start(Object.fromEntries(opened));
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const slice = () => house.slice.save();
    const deadline = performance.now() + 15_000;
    while (!isSo()) {
      assert.ok(performance.now() < deadline, `never: ${what}; ${JSON.stringify(slice())}`);
      house.nowNs = performance.now() * 1e6;
      for (const one of news.splice(0)) one();
      house.tick();
      house.clock(10_000);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setImmediate(resolve);
      });
    }
  };
  return { house, printed, until, left: modules.left };
}

const isolated = (name: string, module: string, parts: Partial<InstanceSpec> = {}): InstanceSpec =>
  specOf(name, { module, isolated: true, ...parts });

const reasonOf = ({ house }: World, name: string): string => house.slice.get(name)?.reason ?? '';
const stateOf = ({ house }: World, name: string): string => house.slice.get(name)?.state ?? 'none';
const sentBy = ({ house }: World, name: string): number =>
  house.intents.filter(({ strategy }) => strategy === name).length;

/** Two instances: one of a bad file and a good one that has to go on. */
async function withGood(
  bad: string,
  check: (world: World) => Promise<void> | void,
  parts: Parameters<typeof openWorld>[1] = {},
): Promise<void> {
  const world = await openWorld([isolated('bad', bad), isolated('good', GOOD)], parts);
  await check(world);
  const sent = sentBy(world, 'good');
  await world.until(() => sentBy(world, 'good') > sent, 'the good one goes on');
  assert.equal(stateOf(world, 'good'), 'running');
}

const MAKER = `import type { Order, StrategyModule } from 'TYPES';
import { away } from './prices.ts';
const parameters = {
  ticks: { kind: 'integer', default: 1, min: 0, max: 9, unit: 'ticks', doc: 'below the bid' },
} as const;
export const strategy: StrategyModule<typeof parameters> = {
  parameters,
  create({ parameters: { ticks }, desk }) {
    let orders = 0;
    return {
      load: (saved) => void (orders = Number(saved)),
      save: () => orders,
      onBook({ instrument, bid, openOrders, bookSequence }) {
        if (openOrders.length > 0 || orders > 2) return;
        const price = away(bid, ticks) as typeof bid;
        orders += 1;
        const reference = 'o' + orders;
        desk.submit({ instrument, side: 'buy', qty: instrument.lot, price, reference });
        console.log('asked at', bookSequence);
      },
      onOrder(order) {
        if (order.cancelRequested) return;
        const price = 9960 as never;
        if (order.price === 9970 && orders === 1) desk.amend('o1', { price }, 'lower');
        if (order.state === 'partially_filled') desk.cancel(order.id, 'enough');
      },
    };
  },
};
`;

test('isolated: a file outside the checkout trades, cancels and amends', async () => {
  mkdirSync(join(folder, 'own'), { recursive: true });
  const path = join(folder, 'own', 'maker.ts');
  const types = join(import.meta.dirname, '../../../engine/strategies/strategy.ts');
  writeFileSync(
    join(folder, 'own', 'prices.ts'),
    'export const away = (price: number, ticks: number): number => price - ticks * 10;\n',
  );
  writeFileSync(path, MAKER.replace('TYPES', types));
  const spec = isolated('maker', path, { parameters: { ticks: 2 } });
  const world = await openWorld([spec]);
  const { house } = world;
  await world.until(() => house.amends.length === 1, 'the order and its amendment');
  const [intent] = house.intents;
  assert.deepEqual(
    [intent?.price, intent?.qty, intent?.origin, intent?.bookSequence],
    [9_970, 1, { kind: 'strategy', reference: 'o1' }, 1],
  );
  assert.deepEqual(house.amends, [{ id: 'c1', by: 'maker', qty: 1, price: 9_960 }]);
  house.move('c1', 'partially_filled');
  await world.until(() => house.cancels.length === 1, 'the cancel');
  assert.deepEqual(house.cancels, [{ id: 'c1', by: 'maker', reason: 'enough' }]);
  house.move('c1', 'cancelled');
  await world.until(() => house.intents.length === 2, 'the next order');
  await world.until(() => world.printed.length === 2, 'what it prints');
  assert.equal(world.printed[0], 'maker: asked at 1');
  house.clock(10_000_000);
  await world.until(() => house.slice.get('maker')?.saved === 2, 'what it saved');
});

test('isolated: an endless loop is ended, its orders taken back, and others go on', async () => {
  const bad = handlersOf(`onBook() { desk.submit(wish); }, onOrder() { for (;;) {} }`);
  await withGood(
    bad,
    async (world) => {
      const hand = world.house.place(intentOf({ instrument: BTC, strategy: 'manual' }));
      await world.until(() => stateOf(world, 'bad') === 'failed', 'the loop is noticed');
      assert.match(reasonOf(world, 'bad'), /no answer for 300 ms/);
      assert.deepEqual(
        world.house.takenBack.map(({ strategy }) => strategy),
        ['bad'],
      );
      const own = [...world.house.orders.values()].filter(({ strategy }) => strategy === 'bad');
      assert.deepEqual(
        own.map(({ cancelRequested }) => cancelRequested),
        [true],
      );
      assert.equal(world.house.orders.get(hand.id)?.cancelRequested, false);
    },
    { isolatedTimeoutMs: 300 },
  );
});

test('isolated: an exception is told with its file and line', async () => {
  const bad = handlersOf(`onBook() {\n    throw new RangeError('beyond');\n  }`);
  await withGood(bad, async (world) => {
    await world.until(() => stateOf(world, 'bad') === 'failed', 'the exception');
    assert.match(reasonOf(world, 'bad'), /^RangeError: beyond \(strategy-\d+\.ts:5:11\)$/);
  });
});

const GARBAGE: readonly (readonly [string, string, RegExp])[] = [
  ['NaN', `desk.submit({ ...wish, qty: NaN })`, /qty must be steps above 0 .* not NaN.*\.ts:4/],
  [
    'an instrument of nobody',
    `desk.submit({ ...wish, instrument: { ...BTC, key: 'X' } })`,
    /X is none/,
  ],
  ['no wish at all', `desk.submit(null)`, /TypeError/],
  ['too many wishes', `for (;;) desk.submit(wish)`, /floods: more than 64/],
  ['a promise that fails', `Promise.reject(new Error('later'))`, /Error: later/],
  ['a promise it gives', `return Promise.reject(new Error('later'))`, /onBook\(\) gave a promise/],
  ['what has no text', `setTimeout(() => { throw Object.create(null); })`, /^threw \{\}$/],
  ['the end of its thread', `process.exit(3)`, /worker ended with code 3/],
];
for (const [what, body, text] of GARBAGE) {
  test(`isolated: ${what} stops it alone, with a clear word`, async () => {
    await withGood(handlersOf(`onBook() { ${body}; }`), async (world) => {
      await world.until(() => stateOf(world, 'bad') === 'failed', what);
      assert.match(reasonOf(world, 'bad'), text);
      assert.equal(sentBy(world, 'bad'), 0);
    });
  });
}

test('isolated: the order of a person or of another strategy is not its to cancel', async () => {
  const bad = handlersOf(`onBook() { desk.log(String(desk.cancel('c1', 'mine'))); }`);
  await withGood(bad, async (world) => {
    world.house.place(intentOf({ instrument: BTC, strategy: 'manual' }));
    await world.until(() => world.house.logs.includes('bad: false'), 'the answer');
    assert.deepEqual(world.house.cancels, []);
    assert.equal(stateOf(world, 'bad'), 'running');
  });
});

test('isolated: memory without end ends its worker, not the house', async () => {
  const bad = handlersOf(
    `onBook() { const all = []; for (;;) all.push(new Array(1e5).fill({})); }`,
  );
  await withGood(
    bad,
    async (world) => {
      await world.until(() => stateOf(world, 'bad') === 'failed', 'out of memory');
      assert.match(reasonOf(world, 'bad'), /memory/i);
    },
    { isolatedTimeoutMs: 10_000 },
  );
});

test('isolated: buffers without end end its worker, garbage does not', async () => {
  const bad = handlersOf(`all: [], onBook() { this.all.push(Buffer.alloc(2e7, 1)); }`);
  const churning = handlersOf(`n: 0, onBook() {
    for (let k = 0; k < 10; k += 1) this.last = Buffer.alloc(2e6, 1);
    this.n += 1;
    if (this.n === 100) desk.log('two gigabytes');
  }`);
  const world = await openWorld([isolated('bad', bad), isolated('churning', churning)]);
  await world.until(() => stateOf(world, 'bad') === 'failed', 'out of memory');
  assert.match(reasonOf(world, 'bad'), /^out of memory: its buffers take \d+ MB, at most 160 MB$/);
  await world.until(() => world.house.logs.includes('churning: two gigabytes'), 'its garbage');
  assert.equal(stateOf(world, 'churning'), 'running');
});

test('isolated: keys of the house are not in its environment', async () => {
  process.env.COLIN_TEST_SECRET = 'secret';
  const bad = handlersOf(`onBook() { desk.log('env ' + Object.keys(process.env).length); }`);
  await withGood(bad, async (world) => {
    await world.until(() => world.house.logs.some((line) => line.includes('env')), 'its word');
    assert.ok(world.house.logs.includes('bad: env 0'), world.house.logs.join());
  });
  delete process.env.COLIN_TEST_SECRET;
});

const UNLOADABLE: readonly (readonly [string, string, RegExp])[] = [
  [
    'does not compile',
    'const a = 1;\nexport const strategy = {',
    /does not load: SyntaxError.*\.ts:2/,
  ],
  ['uses what type stripping cannot', 'enum A { b }', /enum is not supported.*\.ts:1/],
  ['exports nothing', 'const a = 1;', /exports nothing; expected `export const strategy/],
  ['exports something else', 'export const bot = 1;', /exports bot; expected/],
  ['exports no function', 'export const strategy = { parameters: {} };', /create is no function/],
  [
    'has a parameter without a bound',
    `const parameters = { a: { kind: 'number', default: 1, doc: 'x' } };
     export const strategy = { parameters, create() {} };`,
    /strategy.parameters.a: min and max must be finite/,
  ],
  [
    'spells a handler wrong',
    'export const strategy = { parameters: {}, create: () => ({ onBooks() {} }) };',
    /no handler 'onBooks'; known: onStart/,
  ],
  [
    'gives no strategy',
    'export const strategy = { parameters: {}, create() {} };',
    /gave no strategy/,
  ],
  ['throws at load', `\nthrow new Error('at load');`, /Error: at load \(strategy-\d+\.ts:2:7\)/],
  ['imports what is not there', `import './gone.ts';`, /Cannot find module/],
  ['never returns from load', 'for (;;) {}', /not done within 3000 ms/],
  [
    'waits for ever at load',
    'await new Promise(() => setInterval(() => {}, 1e6));',
    /not done within 3000/,
  ],
  [
    'says something of its own at load',
    `import { parentPort } from 'node:worker_threads';\nparentPort.postMessage(null);`,
    /its worker said null, which is no opening/,
  ],
  ['throws what has no text', 'throw Object.create(null);', /does not load: threw \{\}/],
  ['ends its thread at load', 'process.exit(0);', /worker ended with code 0/],
];
for (const [what, text, reason] of UNLOADABLE) {
  test(`isolated: a file that ${what} fails its instance at start, and others run`, async () => {
    await withGood(
      fileOf(text),
      (world) => {
        assert.equal(stateOf(world, 'bad'), 'failed');
        assert.match(reasonOf(world, 'bad'), reason);
        assert.equal(world.house.slice.get('bad')?.by, 'configuration');
      },
      { loadMsMax: 3000 },
    );
  });
}

test('isolated: a file that is not there fails its instance at start', async () => {
  await withGood(join(folder, 'gone.ts'), (world) => {
    assert.match(reasonOf(world, 'bad'), /gone.ts cannot be read: ENOENT/);
  });
});

test('isolated: a parameter out of bounds is told by name', async () => {
  const path = fileOf(
    `const parameters = { n: { kind: 'integer', default: 1, min: 1, max: 3, doc: 'x' } };
     export const strategy = { parameters, create: () => ({ onBook() {} }) };`,
  );
  const world = await openWorld([isolated('bad', path, { parameters: { n: 4, m: 1 } })]);
  assert.match(reasonOf(world, 'bad'), /parameters.m there is no such parameter: n/);
  assert.match(reasonOf(world, 'bad'), /parameters.n must be a whole number from 1 to 3, not 4/);
});

test('isolated: a reload takes the new text, and keeps what was saved and the orders', async () => {
  const text = (
    version: number,
  ): string => `export const strategy = { parameters: {}, create({ desk }) {
    let seen = 0;
    return {
      load: (saved) => { seen = saved; },
      save: () => seen,
      onStart() {
        desk.log('version ${version} saw ' + seen + ' has ' + desk.openOrders().length);
      },
      onBook(view) { seen += 1; if (view.openOrders.length === 0) desk.submit(
        { instrument: view.instrument, side: 'buy', qty: 10, price: 9990, reference: 'r' }); },
    };
  } };`;
  const path = fileOf(text(1));
  const world = await openWorld([isolated('mine', path)]);
  const { house } = world;
  await world.until(() => house.orders.size === 1, 'its order');
  await world.until(() => {
    house.clock(10_000_000);
    return Number(house.slice.get('mine')?.saved) > 0;
  }, 'saved');
  writeFileSync(path, text(2));
  house.host.command('mine', 'reload', 'anna', 'new version', at(house.nowUs));
  await world.until(() => house.logs.some((line) => line.includes('version 2')), 'the new one');
  const line = house.logs.find((one) => one.includes('version 2')) ?? '';
  assert.match(line, /^mine: version 2 saw [1-9]\d* has 1$/);
  assert.deepEqual([house.orders.size, house.cancels.length], [1, 0]);
  assert.deepEqual([house.slice.get('mine')?.by, reasonOf(world, 'mine')], ['anna', 'new version']);
});

test('isolated: a stop is told, what is saved then counts, and a loop there ends', async () => {
  const saves = handlersOf(`books: 0, save() { return this.books; }, onBook() { this.books = 1; },
    onStop() { this.books = 'stopped'; desk.log('stops'); }`);
  const loops = handlersOf(`onStop() { for (;;) {} }, onBook() {}`);
  const specs = [isolated('saves', saves), isolated('loops', loops)];
  const { house, until, left } = await openWorld(specs, { isolatedTimeoutMs: 300 });
  await until(() => house.slice.get('saves')?.saved === 1, 'its first book');
  for (const { name } of specs) house.host.command(name, 'stop', 'anna', 'lunch', at(house.nowUs));
  await left();
  await until(() => house.slice.get('saves')?.saved === 'stopped', 'its last word');
  assert.ok(house.logs.includes('saves: stops'));
  for (const { name } of specs) assert.equal(house.slice.get(name)?.state, 'stopped');
});

test('isolated: the same file runs on the engine’s thread when it is trusted', async () => {
  const bad = handlersOf(`onBook() {\n    throw new RangeError('beyond');\n  }`);
  const specs = [isolated('good', GOOD), isolated('bad', bad)];
  const world = await openWorld(specs.map((spec) => ({ ...spec, isolated: false })));
  world.house.tick();
  assert.equal(sentBy(world, 'good'), 1, 'at once: nobody is waited for');
  assert.match(reasonOf(world, 'bad'), /^RangeError: beyond \(strategy-\d+\.ts:5:11\)$/);
});
