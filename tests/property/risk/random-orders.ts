// Owns the run of many random orders past the kernel and the slow model, side by side.
// Promise: the seed and the index of an order give the same desk and the same order again.
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { CHECK_INPUT, CHECKS, LEVEL_SYSTEM } from '../../../wasm/layout.ts';
import type { Desk, DeskOrder } from './desk.ts';
import { createDeskMemory, type DeskMemory, type Reply } from './desk-memory.ts';
import { toDouble } from './exact.ts';
import { placeOf } from './facts.ts';
import { advance, drawDesk, type RandomDesk, rest, sumUp } from './random-desk.ts';
import { aim, createChanges, drawOrder, spoilDesk, spoilOrder } from './random-order.ts';
import type { Changes } from './random-venue.ts';
import { type Leeway, spend } from './slow-approval.ts';
import { type Answer, checkSlowly } from './slow-model.ts';

export interface Disagreement {
  readonly seed: string;
  readonly index: number;
  readonly what: readonly string[];
  readonly order: DeskOrder;
  readonly desk: Desk;
}

export interface CheckCount {
  alone: number; // times it was the only hard breach
  told: number; // times it was beyond soft alone
  close: number; // times it was kept within 1e-9 of its limit
}

export interface RandomOrdersResult {
  readonly seed: string;
  readonly orders: number;
  readonly approved: number;
  readonly refused: number;
  /** Orders too near a limit for doubles to tell: either answer is right. */
  readonly nearLimit: number;
  /** Orders at a desk with numbers that are none, of which the specification leaves open. */
  readonly leftOpen: number;
  readonly disagreements: readonly Disagreement[];
  readonly byCheck: readonly CheckCount[]; // by CHECK_*
}

const DISAGREEMENTS_MAX = 5;
const DESK_ORDERS = 300; // orders in the life of one desk

interface Run {
  readonly seed: string;
  readonly memory: DeskMemory;
  readonly changes: Changes;
  readonly byCheck: CheckCount[];
  readonly disagreements: Disagreement[];
  approved: number;
  nearLimit: number;
  leftOpen: number;
}

/** Puts random orders to the kernel and to the model. Ends early when they differ often. */
export function runRandomOrders(options: {
  readonly seed: string;
  readonly orders: number;
}): RandomOrdersResult {
  const { seed, orders } = options;
  const run: Run = {
    seed,
    memory: createDeskMemory(),
    changes: createChanges(),
    byCheck: Array.from({ length: CHECKS }, () => ({ alone: 0, told: 0, close: 0 })),
    disagreements: [],
    approved: 0,
    nearLimit: 0,
    leftOpen: 0,
  };
  let done = 0;
  while (done < orders && run.disagreements.length < DISAGREEMENTS_MAX) {
    done += liveOnce(run, done, Math.min(DESK_ORDERS, orders - done));
  }
  const { approved, nearLimit, leftOpen, disagreements, byCheck } = run;
  const refused = done - approved;
  return { seed, orders: done, approved, refused, nearLimit, leftOpen, disagreements, byCheck };
}

// One desk from its own seed, so that any order can be met again without those before its desk.
function liveOnce(run: Run, from: number, orders: number): number {
  const random = createRandom(`${run.seed}/${from}`);
  const drawn = drawDesk(random);
  run.memory.refresh(drawn.desk, sumUp(drawn));
  for (let k = 0; k < orders; k += 1) {
    drawn.nowUs += random.integer(8) === 0 ? -random.integer(1000) : random.integer(400_000);
    if (random.integer(8) === 0) {
      advance(random, drawn);
      run.memory.refresh(drawn.desk, sumUp(drawn));
    }
    askOnce(run, random, drawn, from + k);
    if (run.disagreements.length >= DISAGREEMENTS_MAX) return k + 1;
  }
  return orders;
}

function askOnce(run: Run, random: Random, drawn: RandomDesk, index: number): void {
  const { desk } = drawn;
  const order = drawOrder(random, drawn);
  const kind = change(run.changes, random, drawn, order, index);
  const answer = checkSlowly(desk, order);
  const reply = run.memory.ask(desk, order);
  count(run, answer, reply, kind);
  const what = differences(answer, reply);
  const seen = what.length > 0 ? structuredClone(desk) : desk; // as it was before the order
  const isSpent = reply.count === 0 && !order.isPreview;
  const leeways = isSpent && answer.facts !== null ? spend(answer.facts) : [];
  what.push(...follow(run.memory, desk, leeways), ...run.memory.differences(desk));
  if (what.length > 0) run.disagreements.push({ seed: run.seed, index, what, order, desk: seen });
  run.changes.undo();
  if (isSpent && kind === 'calm') rest(drawn, order);
}

const CALM = 10;

type Kind = 'calm' | 'aimed' | 'spoiled';

/** What is done to desk and order before it is asked. */
function change(
  changes: Changes,
  random: Random,
  drawn: RandomDesk,
  order: DeskOrder,
  index: number,
): Kind {
  const lot = random.integer(100);
  if (lot < CALM) return 'calm';
  if (lot < 75) aim(random, drawn, order, index % CHECKS, changes);
  else if (lot < 80) {
    aim(random, drawn, order, random.integer(CHECKS), changes);
    if (isKnown(drawn.desk, order)) aim(random, drawn, order, random.integer(CHECKS), changes);
  } else {
    if (lot < 84) spoilOrder(random, order);
    else spoilDesk(random, drawn, order, changes);
    return 'spoiled';
  }
  return 'aimed';
}

const isKnown = (desk: Desk, order: DeskOrder): boolean =>
  order.instrument < desk.rows.length &&
  order.portfolio < desk.portfolios.length &&
  order.strategy < desk.strategies.length;

// ---- What was said ------------------------------------------------------------------------------

function count(run: Run, answer: Answer, reply: Reply, kind: Kind): void {
  if (reply.count === 0) run.approved += 1;
  if (answer.approved === 'either' && kind === 'spoiled') run.leftOpen += 1;
  else if (answer.approved === 'either') run.nearLimit += 1;
  const { findings } = answer;
  const broken = findings.filter(({ hard }) => hard !== 'no');
  const told = findings.filter(({ soft }) => soft !== 'no');
  findings.forEach((found, check) => {
    const total = run.byCheck[check];
    if (total === undefined) return;
    if (broken.length === 1 && found.hard === 'yes') total.alone += 1;
    if (broken.length === 0 && told.length === 1 && found.soft === 'yes') total.told += 1;
    if (answer.approved === 'yes' && found.isClose) total.close += 1;
  });
}

/** Every way in which the kernel's answer is not what the model allows. */
function differences(answer: Answer, reply: Reply): string[] {
  const found: string[] = [];
  const bits = [...reply.hard.toString(2)].filter((bit) => bit === '1').length;
  if (reply.count !== bits) found.push(`returned ${reply.count}, ${bits} bits of ORDER_HARD set`);
  if (answer.isOpaque || answer.facts === null) {
    if (reply.count === 0) found.push('approved what cannot be read');
    if (answer.facts === null && (reply.hard >> BigInt(CHECK_INPUT)) % 2n === 0n) {
      found.push('unreadable, but CHECK_INPUT is not set');
    }
    return found;
  }
  answer.findings.forEach(({ hard, soft, asked, scale, power }, check) => {
    const isHard = (reply.hard >> BigInt(check)) % 2n === 1n;
    const isSoft = (reply.soft >> BigInt(check)) % 2n === 1n;
    if (hard === (isHard ? 'no' : 'yes')) found.push(`check ${check}: hard is ${isHard}`);
    if (soft === (isSoft ? 'no' : 'yes')) found.push(`check ${check}: soft is ${isSoft}`);
    const said = Math.sign(reply.asked(check)) * Math.abs(reply.asked(check)) ** power;
    if (!isNear(said, asked, scale)) found.push(`check ${check}: asked ${said}, is ${asked}`);
  });
  const { facts } = answer;
  const notional = toDouble(facts.notional);
  if (!isNear(reply.notional, notional, notional)) found.push(`notional ${reply.notional}`);
  const { gross } = placeOf(facts, LEVEL_SYSTEM);
  if (!isNear(reply.exposureAfter, toDouble(gross.asked), toDouble(gross.scale))) {
    found.push(`exposure after ${reply.exposureAfter}, is ${toDouble(gross.asked)}`);
  }
  return found;
}

// Within 2^-36 of the magnitudes that went in; what the model leaves open is anything.
function isNear(said: number, asked: number, scale: number): boolean {
  if (!Number.isFinite(asked) || !Number.isFinite(scale)) return true;
  return Math.abs(said - asked) <= scale * 2 ** -36 + 1e-280;
}

/** Takes the kernel's own number where the model allows several; says where it allows none. */
function follow(memory: DeskMemory, desk: Desk, leeways: readonly Leeway[]): readonly string[] {
  const found: string[] = [];
  for (const { what, holder, key, among, within } of leeways) {
    const left = memory.readBack(desk, holder, key);
    const isAllowed = among.some(
      (value) => Object.is(value, left) || Math.abs(value - left) <= within,
    );
    if (!isAllowed) found.push(`${what}: ${left}, not ${among.join(' or ')}`);
    if (key === 'probes') holder.probes = left;
    else if ('tokens' in holder) holder.tokens = left;
  }
  return found;
}
