// Owns the table of the strategies that come with the house.
// Promise: each is a module like a user's, and runs on the engine's thread.
import { buyAndHold } from './buy-and-hold.ts';
import { imbalanceTaker } from './imbalance-taker.ts';
import { signalFollower } from './signal-follower.ts';
import type { Context, ParameterSchema, Strategy, StrategyModule } from './strategy.ts';

/** A module whose parameters were checked against its own schema, whichever that is. */
export interface AnyModule {
  readonly parameters: ParameterSchema;
  create(context: Context): Strategy;
}

// The values were read by the module's own schema: this is where that is forgotten.
const open = <Schema extends ParameterSchema>(module: StrategyModule<Schema>): AnyModule => ({
  parameters: module.parameters,
  create: (context) => module.create(context as unknown as Context<Schema>),
});

export const BUILT_INS: ReadonlyMap<string, AnyModule> = new Map([
  ['signal-follower', open(signalFollower)],
  ['imbalance-taker', open(imbalanceTaker)],
  ['buy-and-hold', open(buyAndHold)],
]);

export const builtInOf = (module: string): AnyModule | null => BUILT_INS.get(module) ?? null;
