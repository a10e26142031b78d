// Owns how one number is held against one limit, exactly, with three possible answers.
// Promise: NaN refuses whatever the exemption; equal passes; what doubles cannot tell is `either`.
import {
  abs,
  add,
  and,
  compare,
  type Exact,
  exact,
  isFiniteExact,
  isGreater,
  isNaNExact,
  mul,
  not,
  or,
  size,
  sub,
  type Truth,
  toDouble,
  truth,
  ZERO,
} from './exact.ts';

export interface Finding {
  readonly hard: Truth; // broken
  readonly soft: Truth; // kept within hard, beyond soft
  /** What the check should report, and by how much doubles may miss it; NaN: not laid down. */
  readonly asked: number;
  readonly scale: number;
  /** 2 where asked and scale are squares, because a root has no exact value. */
  readonly power: 1 | 2;
  /** Kept, and within 1e-9 of the limit. */
  readonly isClose: boolean;
}

export interface Question {
  readonly asked: Exact;
  readonly hard: Exact;
  readonly soft: Exact;
  readonly scale: Exact; // sum of the magnitudes that went into `asked`
  readonly exempt: Truth;
}

/** asked <= hard, with 0 <= asked < Infinity, unless exempt; NaN is never exempt. */
export function judge(question: Question): Finding {
  const { asked, hard, soft, exempt } = question;
  if (isNaNExact(asked) || isNaNExact(hard)) return closed;
  const scale = isFiniteExact(hard) ? size(question.scale, hard) : question.scale;
  if (isHuge(asked) || isHuge(question.scale)) return judgeHuge(question);
  const broken = and(isBeyond(question, scale), not(exempt));
  const told = isNaNExact(soft) ? 'either' : isGreater(asked, soft, scale);
  return {
    hard: broken,
    soft: and(not(broken), told),
    asked: toDouble(asked),
    scale: toDouble(question.scale),
    power: 1,
    isClose: isJustWithin(asked, hard, scale),
  };
}

// Infinite, or so large that a product of doubles on the way may be.
export const isHuge = (x: Exact): boolean => !(Math.abs(toDouble(x)) < 1e280);

// No amount that a desk can have: beyond every limit that is a number, and an infinite one beyond
// every limit. The specification leaves open whether an order that shrinks passes it.
export function judgeHuge({ asked, hard, scale, exempt }: Question): Finding {
  const isBroken =
    !isFiniteExact(asked) || (isHuge(asked) && !isHuge(hard) && !isRest(asked, scale));
  return { ...closed, hard: exempt === 'no' && isBroken ? 'yes' : 'either', soft: 'either' };
}

// What huge amounts leave of one another is their rounding, and doubles may round it away.
const isRest = (asked: Exact, scale: Exact): boolean =>
  Math.abs(toDouble(asked)) < toDouble(scale) * 2 ** -36;

// An asked below zero is no number a desk can have either.
function isBeyond({ asked, hard, exempt }: Question, scale: Exact): Truth {
  if (compare(asked, ZERO) < 0) return exempt === 'no' ? isGreater(ZERO, asked, scale) : 'either';
  return isGreater(asked, hard, scale);
}

const CLOSE_BITS = 30;

// Within 2^-30 = 9.3e-10 of the magnitudes that went in.
function isJustWithin(asked: Exact, hard: Exact, scale: Exact): boolean {
  if (!isFiniteExact(asked) || !isFiniteExact(hard)) return false;
  const room = sub(hard, asked);
  if (!isFiniteExact(room) || room.m < 0n) return false;
  return compare({ m: room.m, e: room.e + CLOSE_BITS }, scale) <= 0;
}

/**
 * asked / whole against the limit, without dividing. Nothing is a share of a whole that is not
 * above zero: refused unless exempt.
 */
export function judgeShare(question: Question, whole: Exact): Finding {
  const { asked, hard, soft, exempt } = question;
  if (isNaNExact(asked) || isNaNExact(hard) || !isFiniteExact(whole)) return closed;
  if (compare(whole, ZERO) <= 0) {
    return { ...closed, hard: not(exempt), soft: exempt === 'no' ? 'no' : 'either' };
  }
  const unit = toDouble(whole);
  if (isHuge(exact(toDouble(asked) / unit))) return judgeHuge(question);
  const found = judge({ ...question, hard: mul(hard, whole), soft: mul(soft, whole) });
  return { ...found, asked: found.asked / unit, scale: found.scale / unit };
}

/** asked >= 0 is known by its square alone; the limit is squared here. */
export function judgeRoot(question: Question): Finding {
  const { hard, soft } = question;
  const found = judge({ ...question, hard: squared(hard), soft: squared(soft) });
  return { ...found, power: 2 };
}

// Keeps the sign, so that a limit below zero stays below every root.
const squared = (x: Exact): Exact => mul(x, abs(x));

/** A check with nothing to measure: broken or not. */
export const judgeFlag = (broken: Truth): Finding => ({
  ...closed,
  hard: broken,
  isClose: broken === 'no',
});

/** A count or a rank against what is allowed: whole numbers, so never in doubt. */
export const judgeCount = (asked: number, allowed: number): Finding => ({
  ...judgeFlag(truth(asked > allowed)),
  asked,
  isClose: asked === allowed,
});

/** A check that a liquidation does not have to keep; what it tells then is left open. */
export function skipIf(skipped: Truth, found: Finding): Finding {
  if (skipped === 'no') return found;
  return { ...found, hard: and(found.hard, not(skipped)), soft: 'either', asked: Number.NaN };
}

export const worse = (a: Finding, b: Truth): Finding => ({
  ...a,
  hard: or(a.hard, b),
  isClose: a.isClose && b === 'no',
});

export const ageOf = (now: number, then: number): Exact => abs(add(exact(now), exact(-then)));

const closed: Finding = {
  hard: 'yes',
  soft: 'no',
  asked: Number.NaN,
  scale: 0,
  power: 1,
  isClose: false,
};
