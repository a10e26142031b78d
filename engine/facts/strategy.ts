// Owns the facts about models and strategies: signals, lives of instances, what was refused.
// Promise: what a strategy saved is plain JSON of bounded size.

import type { LimitCode } from '../core/decision.ts';
import type { Json } from '../core/json.ts';

export type StrategyState = 'running' | 'stopped' | 'failed';

export type StrategyFact =
  | {
      readonly kind: 'signal';
      readonly id: number;
      readonly instrument: string;
      readonly direction: 'up' | 'down' | 'flat';
      readonly probability: number;
      readonly confidence: number;
      readonly strength: number;
      readonly horizonUs: number;
      readonly model: string;
      readonly bookSequence: number;
      readonly mid: number;
      readonly action: 'trade' | 'hold';
    }
  | {
      readonly kind: 'strategy';
      readonly name: string; // of the instance
      readonly state: StrategyState;
      readonly module: string; // 'signal-follower', or the path of a user's file
      readonly moduleHash: string; // SHA-256 of that file, '' for built-in ones
      readonly reason: string;
      readonly by: string; // a person's key, 'configuration', or 'host' where it failed
    }
  /** What an instance wants to find again after a restart; null: nothing. */
  | { readonly kind: 'strategy_saved'; readonly name: string; readonly saved: Json }
  /** Intents that were refused for the same reasons one after the other, told once. */
  | {
      readonly kind: 'refusals';
      readonly strategy: string;
      readonly instrument: string;
      readonly limits: readonly LimitCode[];
      readonly count: number; // besides the one whose verdict was recorded
      readonly fromUs: number;
      readonly toUs: number;
    };
