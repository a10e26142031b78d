// Owns the first facts of a run: which engine this is, its whole state, what differs from before.
// Promise: from these records on the journal stands alone; what did not change is not told again.
import { formatAmount } from '../accounts/amount.ts';
import { decideOpening } from '../accounts/opening.ts';
import { assert } from '../core/assert.ts';
import { canonicalText, hashOf } from '../core/json.ts';
import type { Engine, Rooms } from '../engine.ts';
import { stepsOf } from '../execution/owners.ts';
import { JOURNAL_FORMAT } from '../facts/run.ts';
import { CONFIGURATION, toInstrumentRecord } from '../run/instruments-slice.ts';
import type { State } from '../state.ts';
import { depositsOf } from './deposits.ts';
import type { SystemOptions, VenueOpening } from './house.ts';
import type { RecoveredState } from './journal.ts';
import { treeInForce } from './risk-rooms.ts';

export interface Beginning {
  readonly options: Pick<
    SystemOptions,
    'config' | 'mode' | 'version' | 'seed' | 'model' | 'instruments' | 'startUs'
  >;
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly recovery: RecoveredState;
  readonly epoch: number;
}

/** Commits them all; order ids come next. */
export function commitBeginning(beginning: Beginning): void {
  const { options, rooms, engine, epoch } = beginning;
  const { config, mode, version, seed, model, instruments } = options;
  engine.commit({
    kind: 'run_started',
    format: JOURNAL_FORMAT,
    mode,
    version,
    configHash: hashOf(config),
    seed,
    instruments: instruments.map(({ key }) => key),
    model,
    epoch,
  });
  for (const fact of rooms.state.save()) engine.commit(fact);
  commitInstruments(beginning);
  commitLimits(beginning);
  commitDeposits(beginning);
  commitRecovery(beginning);
}

function commitInstruments({ options, rooms, engine }: Beginning): void {
  const { instruments: slice } = rooms.state;
  const by = CONFIGURATION;
  const keys = new Set(options.instruments.map(({ key }) => key));
  for (const instrument of options.instruments) {
    const record = toInstrumentRecord(instrument);
    const known = slice.recordOf(instrument.key);
    const isSame = known !== null && canonicalText(known) === canonicalText(record);
    if (isSame && slice.isTraded(instrument.key)) continue;
    engine.commit({ kind: 'instrument', change: 'added', instrument: record, by });
  }
  for (const key of slice.traded()) {
    const record = slice.recordOf(key);
    if (keys.has(key) || record === null) continue;
    engine.commit({ kind: 'instrument', change: 'retired', instrument: record, by });
  }
}

function commitLimits({ options, rooms, engine }: Beginning): void {
  const { state, names } = rooms;
  const tree = treeInForce(options.config, names, state);
  if (canonicalText(tree) === canonicalText(state.limits.tree())) return;
  engine.commit({ kind: 'limits_configured', tree });
}

/** Also where an engine died before its deposits were written: nothing else opens an account. */
function commitDeposits({ options, rooms, engine }: Beginning): void {
  const { config, instruments, startUs } = options;
  const [account = ''] = config.compliance.accounts;
  if (rooms.state.accounts.wasOpened(account)) return;
  const decision = decideOpening(rooms.money, account, depositsOf(config), instruments, startUs);
  assert(decision.kind === 'decided', 'deposits are looked at before a start');
  if (decision.fact !== null) engine.commit(decision.fact);
}

function commitRecovery({ rooms, engine, recovery }: Beginning): void {
  if (recovery.kind === 'fresh') return;
  const { records, tornBytes } = recovery;
  const unresolvedOrders = [...rooms.state.orders.open()].map(({ id }) => id);
  engine.commit({ kind: 'recovered', records, tornBytes, unresolvedOrders });
}

/** What the accounts hold, as a simulated venue that begins has to know it. */
export function openingOf({ accounts, instruments }: State): VenueOpening {
  const balances = [...accounts.ledgerRows()]
    .filter(({ book, amount }) => book === 'balance' && amount !== 0n)
    .map(({ account, venue, asset, amount }) => ({
      account,
      venue,
      asset,
      amount: formatAmount(amount),
    }));
  const positions = [...accounts.traded()].flatMap((key) => {
    const instrument = instruments.find(key);
    if (instrument === null || instrument.kind === 'spot') return [];
    return [...accounts.heldOf(key)]
      .filter(({ record, position }) => record.strategy === null && position.qty !== 0n)
      .map(({ record, position }) => ({
        account: record.account,
        instrument: key,
        qty: stepsOf(instrument, position.qty),
        cost: record.cost,
      }));
  });
  return { balances, positions };
}
