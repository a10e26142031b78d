// Owns what people ask of a shaken house: orders, cancels, money, states, strategies, limits.
// Promise: drawn from the seed of the house; some of it makes no sense, as with people.
import type { Command, EngineEvent } from '../../engine/core/event.ts';
import type { Random } from '../../engine/core/ports.ts';
import { asEpochUs, asPrice, asQty } from '../../engine/core/units.ts';
import { at, between, type Life } from './whole-life.ts';

// ---- Commands -------------------------------------------------------------------------------

export function command(life: Life): void {
  const event: EngineEvent = {
    kind: 'command',
    correlation: 0,
    command: drawCommand(life),
  };
  life.system.apply(event);
}

function drawCommand(life: Life): Command {
  const { random, system } = life;
  const chance = random.uniform();
  if (chance < 0.6) return { kind: 'submit', intent: drawIntent(life) };
  if (chance < 0.75) {
    const open = [...system.rooms.state.orders.open()];
    const order = open[between(random, 0, Math.max(0, open.length - 1))];
    return { kind: 'cancel', orderId: order?.id ?? 'c0001x00000000', by: 'ann', reason: 'drawn' };
  }
  if (chance < 0.85) return drawMovement(life);
  if (chance < 0.9) return drawState(life);
  if (chance < 0.93) return drawStrategy(random);
  if (chance < 0.95) return drawInstrument(life);
  if (chance < 0.975) return drawLimits(life);
  return { kind: 'checkpoint' };
}

function drawIntent(life: Life): Extract<Command, { kind: 'submit' }>['intent'] {
  const { random, instruments, mids, nowUs } = life;
  const index = between(random, 0, instruments.length - 1);
  const { listed } = life.system.rooms;
  const instrument = listed.byKey(at(instruments, index).key) ?? at(instruments, index);
  const { tick, lot, priceScale, multiplier, kind, qtyScale } = instrument;
  const mid = at(mids, index);
  const isMarket = random.uniform() < 0.4;
  const worth = kind === 'inverse' ? multiplier : mid * (instrument.quote === 'BTC' ? 60_000 : 1);
  const wanted = (between(random, 100, 20_000) / worth) * 10 ** qtyScale;
  const away = 1 + (random.uniform() - 0.5) * 0.004;
  const price = Math.round((mid * away * 10 ** priceScale) / tick) * tick;
  return {
    kind: 'intent',
    instrument,
    account: random.uniform() < 0.5 ? 'main' : 'fund',
    strategy: 'manual',
    parentId: null,
    side: random.uniform() < 0.5 ? 'buy' : 'sell',
    type: isMarket ? 'market' : 'limit',
    qty: asQty(Math.max(lot, Math.round(wanted / lot) * lot)),
    price: isMarket ? null : asPrice(price),
    timeInForce: isMarket ? 'IOC' : random.uniform() < 0.8 ? 'GTC' : 'FOK',
    postOnly: false,
    reduceOnly: random.uniform() < 0.1,
    origin: { kind: 'api', key: 'ann' },
    client: drawKey(life),
    metadata: random.uniform() < 0.1 ? { desk: 'a', n: between(random, 1, 9) } : null,
    bookSequence: 1,
    createdUs: asEpochUs(nowUs),
    tickNs: 0,
  };
}

/** Half have none; some come twice, a few with another body. */
function drawKey({ random, keys }: Life): { key: string; bodyHash: string } | null {
  if (random.uniform() < 0.5) return null;
  const old = keys[between(random, 0, Math.max(0, keys.length - 1))];
  const key = old !== undefined && random.uniform() < 0.2 ? old : `ann/${keys.length}`;
  if (key !== old) keys.push(key);
  const digit = random.uniform() < 0.95 ? 'a' : 'b';
  return { key, bodyHash: digit.repeat(64) };
}

/** Assets that are moved, and the most of each. */
const ASSETS: Readonly<Record<string, number>> = { USDT: 300_000, BTC: 5, ETH: 20, NOPE: 1 };

function drawMovement({ random }: Life): Command {
  const movement = (['deposit', 'withdrawal', 'transfer'] as const)[between(random, 0, 2)];
  const venues = ['binance-usdm', 'binance-spot', 'binance-coinm'];
  const venue = venues[between(random, 0, 2)] ?? '';
  const account = random.uniform() < 0.5 ? 'main' : 'fund';
  const isTransfer = movement === 'transfer';
  const asset = Object.keys(ASSETS)[between(random, 0, 3)] ?? '';
  return {
    kind: 'move_money',
    movement: movement ?? 'deposit',
    account,
    venue,
    toAccount: isTransfer && random.uniform() < 0.5 ? 'fund' : account,
    toVenue: isTransfer ? (venues[between(random, 0, 2)] ?? '') : venue,
    asset,
    amount: ((between(random, 0, 100_000) / 100_000) * (ASSETS[asset] ?? 1)).toFixed(5),
    reason: 'drawn',
    by: 'ann',
  };
}

function drawState({ random, instruments }: Life): Command {
  const scopes = [
    'system',
    'portfolio:main',
    'strategy:taker',
    'venue:binance-spot',
    `instrument:${at(instruments, 0).key}`,
  ] as const;
  const states = ['active', 'active', 'active', 'active', 'reducing', 'halted'] as const;
  return {
    kind: 'trading_state',
    scope: scopes[between(random, 0, scopes.length - 1)] ?? 'system',
    state: states[between(random, 0, states.length - 1)] ?? 'active',
    reason: 'drawn',
    by: 'ann',
  };
}

/** ETH comes and goes; what it is held or owed in refuses it now and then. */
function drawInstrument({ random, instruments, system }: Life): Command {
  const instrument = at(instruments, between(random, 2, 3));
  const { key, index: _, ...spec } = instrument;
  const asked = { kind: 'instrument', reason: 'drawn', by: 'ann' } as const;
  return system.rooms.listed.byKey(key) === null
    ? { ...asked, change: 'added', instrument: { ...spec, key } }
    : { ...asked, change: 'retired', key };
}

function drawStrategy(random: Random): Command {
  const name = ['taker', 'follower', 'holder', 'nobody'][between(random, 0, 3)] ?? '';
  const action = (['start', 'stop', 'reload'] as const)[between(random, 0, 2)] ?? 'start';
  return { kind: 'strategy', name, action, reason: 'drawn', by: 'ann' };
}

function drawLimits({ random, system }: Life): Command {
  const { limits } = system.rooms.state;
  const [first] = limits.proposals();
  if (first !== undefined) {
    const approve = random.uniform() < 0.5;
    const { proposal } = first;
    return { kind: 'decide_limits', proposal, approve, reason: 'drawn', by: 'bob' };
  }
  const hard = 1e6 + between(random, 0, 1000);
  const changes = [{ scope: 'strategy:taker', limit: 'gross', hard, soft: hard } as const];
  const { version } = limits.tree();
  return { kind: 'propose_limits', changes, version, reason: 'drawn', by: 'ann' };
}
