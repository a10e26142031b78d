// Owns the help texts: what each command does, its options, and examples that work as they stand.
// Promise: every command of main.ts is here; an option that is not listed does not exist.

const GLOBAL = `Everywhere:
  --json        one JSON document on stdout instead of a table
  --state DIR   where journals and databases live (default: state of the checkout)
  --config FILE configuration (default: colin.config.json beside the launcher, when there is one)
  --set G.K=V   one setting, e.g. --set risk.maxLeverage=2 (repeatable)
  --help        this text
Paths of options start where you stand, paths of the configuration (--set too) at the checkout.
`;

export const USAGE = `colin - market data in, calibrated forecasts, risk in microseconds, orders out

Usage: colin COMMAND [options]

  run        the whole system; --mode test needs no key and no network
  replay     recorded market data through the whole system; ends with a report
  train      fit and calibrate a model on recorded data, write ONNX
  risk       value at risk, covariance, backtests and stress tests of a book
  strategy   a strategy of your own: new, check, list
  status     whether a running system is ready, what it holds, what stands still
  accounts   what the accounts of a running system hold; move money in a simulation
  kill       stop a running system: block, cancel, confirm zero open at every venue
  resume     let it trade again
  audit      verify, search, export and explain the journal
  validate   prove what is promised: measured against promised, row by row
  bench      measure: accounts, kernels, pipeline, the risk check of a running engine
  config     show, check, schema
  test       this checkout's own tests
  version    what this is

colin help COMMAND tells more. Exit codes: 0 done, 1 fault, 2 usage, 3 configuration,
4 a check said no, 5 a dependency is unavailable.

Examples:
  colin run --mode test
  colin replay --data recording.ndjson.gz --json
`;

const TEXTS: Readonly<Record<string, string>> = {
  run: `colin run --mode test [--for 20s] [--symbols N] [--seed TEXT] [--port N] [--ws-port N]

Runs the whole system on a generated market with a simulated venue. It serves the dashboard
until Ctrl-C; with --for it stops by itself and prints a report. Ctrl-C and SIGTERM end it in
good order, also in the middle of a start; one more, 5 s after the first, ends it at once.

  --mode test     the one mode so far: generated market, simulated fills
  --for TIME      stop after 500ms, 20s, 5m, 1h and print the report
  --symbols N     how many instruments to trade, 1 to 1000 (default 20)
  --scenario S    mixed (default), calm, or crash: all prices fall 12 % from the 20th to the
                  80th second while a small account is long 2.5 times its equity (limits are
                  opened for that): breakers trip, positions are reduced, trading halts
  --seed TEXT     the same seed gives the same market (default: main.seed)
  --port N        REST and dashboard (default main.apiPort, 8000; 0 takes a free one)
  --ws-port N     WebSocket (default main.webSocketPort, 8001)
  --record DIR    keep the generated frames as capture files

It says where its log lies: colin.log in --state, unless storage.logFile is set. A strategy that
fails is said at once and in the report, and a run at whose end one is failed exits 4.

Examples:
  colin run --mode test
  colin run --mode test --for 20s --json
  colin run --mode test --scenario crash --for 100s --state /tmp/crash
  colin run --mode test --symbols 5 --seed monday --port 0 --ws-port 0
`,
  replay: `colin replay --data FILE [--data FILE …] [--features FILE.csv] [--speed max|N]

Replays recorded frames ("<receive ns> <json>" lines, plain or gz) through feed, books, features,
model, compliance, risk and the simulated venue. Several files run in time order. The same input
gives the same stateHash and journal head. Exits 4 when a recording is damaged or a strategy
failed; what strategies log is told on stderr.

  --data FILE      a recording; repeat it for more
  --features FILE  write one CSV row for every feature vector computed
  --speed max|N    as fast as possible (default), or N times real time
  --model DIR      model to use (default ai.modelDir), or none

Examples:
  colin replay --data binance-usdm-btcusdt.ndjson.gz
  colin replay --data monday.ndjson.gz --data tuesday.ndjson.gz --json --state /tmp/two-days
`,
  accounts: `colin accounts [--account NAME] [--venue NAME]
colin accounts deposit|withdraw AMOUNT ASSET --venue NAME [--account NAME]
colin accounts transfer AMOUNT ASSET --venue FROM [--to-venue TO] [--to-account NAME]

What the accounts of a running system hold at each venue, as its ledger has it, and what each
strategy has earned (in dollars, since ever; manual is what was ordered by hand). In test and
development money can be put in, taken out and moved between venues and accounts; real money is
moved at its venue, and the ledger follows.

  --venue NAME       binance-spot, binance-usdm, …; of a transfer: where it comes from
  --account NAME     whose (default main)
  --to-venue NAME    of a transfer (default: the same venue)
  --to-account NAME  of a transfer (default: the same account)
  --reason TEXT      for the journal
  --url URL          of the running system

Examples:
  colin accounts
  colin accounts deposit 5 BTC --venue binance-spot
  colin accounts transfer 100000 USDT --venue binance-spot --to-venue binance-usdm
`,
  train: `colin train --model linear --data FILE [--data FILE …] [--horizon 1s] [--delay 100ms]

Fits a logistic model on recorded data, calibrates it on a later block, tests it on a still later
one, and writes model.onnx with its manifest.

  --horizon TIME  how far ahead the mid's direction is asked for (default 1s)
  --delay TIME    reaction time between the features and the start of the horizon (default 100ms)
  --out DIR       where the model goes (default models/<name>/<version>)
  --seed TEXT     everything random

Example:
  colin train --model linear --data monday.ndjson.gz --out /tmp/model --json
`,
  risk: `colin risk var|covariance|backtest|stress|check [options]

Analytics on a book in a file, over daily log returns in a CSV ("date,SYMBOL,…", plain or gz).

  var         VaR and expected shortfall: every method, level and horizon, with contributions
  covariance  every estimator, correlation, shrinkage, conditioning, clusters
  backtest    how often VaR was exceeded: Kupiec, Christoffersen, Basel
  stress      six crises of the past and your own scenarios; what would break a limit

  --returns FILE     daily log returns; at most 20,000 rows, 500 symbols, rows x symbols^2 1e9
  --portfolio FILE   {"BTC/USD": 1000000, "ETH/USDT:USDT": -250000}: notional in US dollars
  --incremental S=N  var: what an order of N in S would change (repeatable)
  --paths N          var: paths of the Monte Carlo (default 100000)
  --seed TEXT        var: seed of the Monte Carlo (default colin)
  --window N         covariance: the last N rows (repeatable); backtest: rows a forecast sees (250)
  --scenarios FILE   stress: your own, {"name": "x", "shocks": {"BTC": -0.3, "*": -0.5}}
  --equity USD       stress: losses as shares of it, and the move that breaks the hard drawdown
  --loss-limit USD   stress: the move that loses this much
  --day              stress: the worst day of each crisis instead of the whole fall

Without files var, covariance and stress report on the book of a running system, and

  check SYMBOL SIDE QTY [--price P] [--reduce-only]

says what it would answer to this order, without sending it: exit 0 approved, 4 refused.

  --price P          check: of a limit order; without one it is a market order
  --reduce-only      check: an order that may only shrink a position
  --url URL          the running system (default main.host and main.apiPort)
  COLIN_API_KEY      its key; else the key file that run leaves in --state

Examples:
  colin risk var --returns returns.csv.gz --portfolio book.json
  colin risk covariance --returns returns.csv --json
  colin risk stress --portfolio book.json --scenarios mine.json --equity 1000000
`,
  strategy: `colin strategy new NAME [FILE] | check FILE | list

  new     writes FILE (default NAME.ts here), a small strategy that works, and says how to run it
  check   loads FILE as the system would and runs it on two minutes of a generated market with a
          stub of a venue; says what it did. Exit 0 when it ran, 4 when it failed, with why
  list    the configured instances, and the built-in strategies with their parameters

  --parameters JSON  check: its parameters, e.g. '{"restMs":1000}'
  --seed TEXT        check: another market (default colin)
  --inside           check: on this thread, as with "isolated": false; a file you trust

Examples:
  colin strategy new my-maker /tmp/my-maker.ts
  colin strategy check /tmp/my-maker.ts --parameters '{"restMs":1000}'
  colin strategy check signal-follower
  colin strategy list --json
`,
  status: `colin status [--url URL]

What a running system says of itself: ready or not, trading or not, equity, exposure, limits,
breakers, and every scope that stands still. Exit 0 ready, 4 not ready, 5 nobody answers.

  --url URL      the running system (default main.host and main.apiPort)
  COLIN_API_KEY  its key; else the key file that run leaves in --state

Example:
  colin status --json
`,
  kill: `colin kill [--flatten] [--drill] [--reason TEXT] [--url URL]

Stops a running system: blocks new orders, cancels every open one, asks each venue until it says
that nothing is open, and prints what happened with the time of every order. Trading stays halted
until 'colin resume'. Exit 0 when zero open is confirmed, 4 when it is not: then it says what is
left and what to do.

  --flatten      close every position as well
  --drill        an exercise: afterwards trading is as it was before
  --reason TEXT  for the journal
  --url URL      the running system (default main.host and main.apiPort)
  COLIN_API_KEY  its key; else the key file that run leaves in --state

Examples:
  colin kill --reason 'venue misprices'
  colin kill --drill --json
`,
  resume: `colin resume [--scope SCOPE] [--reason TEXT] [--url URL]

Takes back what a person has set: the scope is active again unless a breaker or a drawdown still
holds it; then it says which, and exits 4. A drawdown at its hard limit starts again from a new peak
when two people say so, or one who says it again after risk.drawdownCoolOffMs (15 minutes). Needs
the role risk or admin.

  --scope SCOPE  system (default), portfolio:NAME, strategy:NAME, venue:NAME, instrument:KEY
  --reason TEXT  for the journal
  --url URL      the running system (default main.host and main.apiPort)
  COLIN_API_KEY  its key; else the key file that run leaves in --state

Example:
  colin resume --scope strategy:signal-follower --reason 'checked'
`,
  audit: `colin audit verify|search|export|explain [--state DIR]

  verify             recompute the hash chain; exit 4 names the first damaged record
  search             --kind K --order ID --from TIME --to TIME --limit N
  explain ORDER      every record of one order, in words
  export             --format jsonl|csv

Examples:
  colin audit verify
  colin audit explain c0001x00000000
`,
  validate: `colin validate config|phase3 [--quick]

  config   says every problem of the configuration at once; exit 3 when there is one
  phase3   risk: speed of the kernels and of a running engine, limits below, at and above, golden
           numbers, a million random orders against an exact model, mutants of the risk kernel, a
           crash from breaker to halt, a kill with 200 open orders. A quarter of an hour.

  --quick  a tenth of the random orders and a sample of the mutants

Each row shows what was measured, what is promised and under which conditions. Exit 0 when all
passed, 4 when one did not, 5 when something it needs is missing: a checkout, the shared data.

Examples:
  colin validate config
  colin validate phase3 --json
`,
  bench: `colin bench accounts|kernels|pipeline|risk [--json] [--baseline FILE] [--save FILE]

  --tiny     a moment's run that shows it works; its figures mean nothing

  accounts   what a fill costs among 20 and among 1,000 instruments; facts folded a second
  kernels    the WASM kernels against the same algorithms in plain TypeScript
  pipeline   tick in on a socket to order out on a socket; load and clock in another process
  risk       the pre-trade check in a running engine: 1,000 instruments, 20,000 frames a second,
             200 assets held; exit 4 when it did not run as promised

Example:
  colin bench pipeline --json
`,
  config: `colin config show|check|schema

  show     the configuration as it resolves here, without secrets
  check    says every problem at once; exit 3 when there is one
  schema   JSON Schema of colin.config.json

Example:
  colin config check --set risk.maxLeverage=2
`,
  test: `colin test [PATTERN]

Type check, lint and all tests, with line coverage; with PATTERN only the matching test files.

Example:
  colin test unit/core
`,
  version: `colin version

The version of Colin and of Node, and the platform.
`,
};

/** Help of one command; the general text for a name nobody knows. */
export function usageOf(command: string): string {
  const text = Object.hasOwn(TEXTS, command) ? TEXTS[command] : undefined;
  return text === undefined ? USAGE : `${text}\n${GLOBAL}`;
}
