// Owns the shapes in which a client changes limits and states, strict.
// Promise: a limit its scope may not have, or a soft level above the hard one, is named here.
import { z } from 'zod';
import {
  kindOfScope,
  LIMIT_UNITS,
  LIMITS_OF,
  type LimitName,
  type LimitScope,
} from '../engine/core/limit.ts';

const SCOPE = /^(?:system|(?:portfolio|strategy|venue|instrument):[A-Za-z0-9/._:-]{1,64})$/;
const CHANGES_MAX = 64;

export const isScope = (text: string): text is LimitScope => SCOPE.test(text);

const scope = z.string().refine(isScope, {
  error: 'must be system, or portfolio:, strategy:, venue: or instrument: with a name',
  abort: true, // what follows looks the scope up
});
const limitNames = Object.keys(LIMIT_UNITS) as [LimitName, ...LimitName[]];
const level = z.number({ error: 'must be a number above 0' }).positive();
const reason = z.string().trim().min(1, { error: 'say why, for the journal' }).max(200);

const change = z
  .strictObject({
    scope,
    limit: z.enum(limitNames, { error: `must be one of ${limitNames.join(', ')}` }),
    hard: level,
    soft: level.optional(),
  })
  .superRefine(({ scope: where, limit, hard, soft }, check) => {
    const complain = (path: string, message: string): void =>
      check.addIssue({ code: 'custom', path: [path], message });
    const kind = kindOfScope(where);
    const names: readonly LimitName[] = LIMITS_OF[kind];
    if (!names.includes(limit)) {
      complain('limit', `a ${kind} has no ${limit}; it has ${names.join(', ')}`);
    }
    if (soft !== undefined && soft > hard) complain('soft', `${soft} is above the hard ${hard}`);
  });

export const newLimits = z.strictObject({
  changes: z.array(change).min(1).max(CHANGES_MAX),
  reason,
});

export const decision = z.strictObject({ reason: reason.default('no reason given') });

export const proposalQuery = z.strictObject({
  state: z
    .enum(['pending', 'approved', 'rejected', 'expired'], {
      error: 'must be one of pending, approved, rejected, expired',
    })
    .optional(),
});

export const newTradingState = z.strictObject({
  state: z
    .string()
    .max(32)
    .transform((text) => text.toLowerCase())
    .pipe(
      z.enum(['active', 'reducing', 'halted'], {
        error: 'must be one of active, reducing, halted',
      }),
    ),
  reason,
  flatten: z.boolean().default(false), // close every position as well
  drill: z.boolean().default(false), // afterwards trading is as it was
});
