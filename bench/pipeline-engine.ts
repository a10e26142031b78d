// Owns the engine's process of the pipeline benchmark: the whole system on two real sockets.
// Promise: a tick passes the product's own code; only limits are opened, so nothing is refused.
import { rmSync } from 'node:fs';
import { housePath } from '../cli/invocation.ts';
import { makeReport } from '../cli/trade/report.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { knownInstrument } from '../engine/venues/binance/catalogue.ts';
import { configOf, openWiredEngine } from './wired-engine.ts';

/** What the parent process hands over, as JSON in argv. */
export interface PipelineTask {
  readonly url: string;
  readonly variant: 'direct' | 'model';
  readonly stateDir: string;
}

const OPEN_LIMITS = [
  'risk.ordersPerSecond=1000000',
  'risk.ordersBurst=1000000',
  'risk.maxPositionUsd=1000000000',
  'risk.maxOrderNotionalUsd=1000000000',
  'risk.maxPortfolioExposure=1',
  'risk.varLimit95OneDay=1',
  'risk.maxOpenOrders=100000',
  'main.defaultOrderNotionalUsd=1000',
];
const VARIANTS = {
  direct: ['execution.strategy=imbalance-taker', 'ai.forecastIntervalMs=1000000'],
  model: [
    'execution.strategy=signal-follower',
    'ai.forecastIntervalMs=0',
    'ai.confidenceThreshold=0.01',
    'ai.strongConfidence=0.01',
    'ai.signalSpacingMsMin=0',
    'main.signalIntervalMs=10',
  ],
} as const;

async function main({ url, stateDir, variant }: PipelineTask): Promise<void> {
  const config = configOf([...OPEN_LIMITS, ...VARIANTS[variant]]);
  const spec = knownInstrument('binance-usdm', 'BTCUSDT');
  if (spec === null) throw new Error('the catalogue does not know BTCUSDT');
  const { system, disconnect } = await openWiredEngine({
    url,
    stateDir,
    config,
    instruments: listInstruments([spec]),
    modelDir: variant === 'model' ? housePath(config.ai.modelDir) : null,
    askBooks: '{"id":"s","method":"snapshot","params":{}}',
    asksAgain: true,
  });
  process.once('message', async () => {
    disconnect();
    const ending = await system.stop('the benchmark ended');
    const report = await makeReport(system, ending, 'bench', stateDir, 0);
    rmSync(stateDir, { recursive: true, force: true });
    process.send?.(report, () => process.disconnect());
  });
}

await main(JSON.parse(process.argv[2] ?? '{}') as PipelineTask);
