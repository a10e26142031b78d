// Owns the cases of the generated market as a source: what is due, and who answers for a book.
// Promise: the frames are counted as they are fed; nothing decodes them here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import type { MarketSource } from '../../../engine/surroundings/house.ts';
import { createGeneratedMarket } from '../../../engine/surroundings/market-generated.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';

const START = 1_700_000_000_000_000;
const instruments = listInstruments(testInstruments(2)); // of two venues
const ETH = inferInstrument('binance-usdm', 'ETHUSDT', 2, 3);

interface Fed {
  readonly us: number;
  readonly key: string;
  readonly text: string;
}

function openMarket() {
  const sent: string[] = []; // as the recorder sees it
  const fed: Fed[] = [];
  const opened: (readonly Instrument[])[] = [];
  const told: string[] = []; // to the lines
  const onFrame = (us: number, text: string): number => sent.push(`${us} ${text}`);
  const market = createGeneratedMarket(
    { seed: 'a', instruments, scenario: 'calm', onFrame },
    asEpochUs(START),
  );
  market.connect((own) => {
    opened.push(own);
    let source: Instrument | null = null;
    return {
      setSource(instrument) {
        source = instrument;
      },
      take(bytes, start, end, us) {
        const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
        fed.push({ us, key: source?.key ?? '', text });
        return null;
      },
      list: ({ key }) => told.push(`list ${key}`),
      unlist: ({ key }) => told.push(`unlist ${key}`),
    };
  });
  return { market, fed, sent, opened, told };
}

test('generated market: a step hands on what is due at the time that was named', () => {
  const { market, fed } = openMarket();
  let before = START;
  for (let step = 0; step < 50; step += 1) {
    const us = market.nextUs();
    const count = fed.length;
    assert.ok(us >= before, `step ${step}`);
    market.step();
    assert.ok(fed.length > count);
    assert.ok(fed.slice(count).every((frame) => frame.us === us));
    before = us;
  }
});

test('generated market: a line for each venue, and every frame names its instrument', () => {
  const { market, fed, sent, opened } = openMarket();
  assert.deepEqual(
    opened,
    instruments.map((one) => [one]),
  );
  for (let step = 0; step < 50; step += 1) market.step();
  assert.deepEqual(new Set(fed.map(({ key }) => key)), new Set(instruments.map(({ key }) => key)));
  assert.deepEqual(
    fed.map(({ us, text }) => `${us} ${text}`),
    sent,
    'what is recorded is what was fed',
  );
});

test('generated market: a snapshot follows the frame in hand, once', () => {
  const { market, fed } = openMarket();
  const [, asked] = instruments;
  assert.ok(asked);
  market.requestSnapshot(asked);
  const us = market.nextUs();
  market.step();
  const isSnapshot = ({ text }: Fed): boolean => text.includes('lastUpdateId');
  assert.deepEqual(fed.map(isSnapshot).indexOf(true), 1, 'behind the first frame');
  assert.deepEqual([fed[1]?.key, fed[1]?.us], [asked.key, us]);
  for (let step = 0; step < 20; step += 1) market.step();
  assert.equal(fed.filter(isSnapshot).length, 1);
});

test('generated market: one that comes is fed until it goes, others are as before', () => {
  const [plain, listed] = [openMarket(), openMarket()];
  const [, , coming] = listInstruments([...testInstruments(2), ETH]);
  assert.ok(coming !== undefined);
  const until = (market: MarketSource, us: number): void => {
    while (market.nextUs() <= us) market.step();
  };
  const second = 1_000_000;
  until(listed.market, START + second);
  listed.market.list(coming, asEpochUs(START + second));
  until(listed.market, START + 3 * second);
  const own = listed.fed.filter(({ key }) => key === coming.key);
  assert.ok(own.length > 20, `${own.length} frames`);
  assert.ok(own.every(({ us }) => us > START + second));
  listed.market.requestSnapshot(coming);
  listed.market.unlist(coming);
  const { length } = listed.fed;
  until(listed.market, START + 4 * second);
  assert.ok(listed.fed.length > length);
  assert.ok(listed.fed.slice(length).every(({ key }) => key !== coming.key));
  assert.deepEqual(listed.told, [`list ${coming.key}`, `unlist ${coming.key}`]);
  until(plain.market, START + second);
  const before = listed.fed.filter(({ us }) => us <= START + second);
  assert.deepEqual(plain.fed, before);
});

test('generated market: one that was kept comes before lines are open', () => {
  const fed: string[] = [];
  const source = { seed: 'a', instruments, scenario: 'calm', onFrame: () => 0 } as const;
  const market = createGeneratedMarket(source, asEpochUs(START));
  const [, , kept] = listInstruments([...testInstruments(2), ETH]);
  assert.ok(kept !== undefined);
  market.list(kept, asEpochUs(START));
  market.connect((own) => ({
    setSource: () => undefined,
    list: () => undefined,
    unlist: () => undefined,
    take() {
      fed.push(own.map(({ key }) => key).join(' '));
      return null;
    },
  }));
  for (let step = 0; step < 50; step += 1) market.step();
  assert.ok(fed.some((keys) => keys.includes(kept.key)));
});
