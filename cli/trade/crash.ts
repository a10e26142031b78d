// Owns the desk of `run --scenario crash`: where it stands when the market falls.
// Promise: settings only; breakers, drawdown controller and reductions keep their defaults.

/**
 * The crash is a rehearsal of the emergency, so it starts where one hurts: a small account, long
 * two and a half times its equity, with limits wide enough to let it get there. What then has to
 * hold are the breakers, the drawdown controller and its reductions, with their usual settings.
 * Settings of the user outweigh these.
 */
export const CRASH_SETTINGS = [
  'execution.strategy=buy-and-hold',
  'execution.parameters.exposure=2.5',
  'execution.deposits={"USDT":"1000000"}',
  'main.defaultOrderNotionalUsd=25000',
  'risk.maxPositionUsd=350000',
  'risk.maxPortfolioExposure=3',
  'risk.maxConcentration=1.5',
  'risk.varLimit95OneDay=1',
  'risk.historicalVarLimit95OneDay=1',
  'risk.stressLossLimit=3',
  'risk.strategyDrawdownWarning=0.5',
  'risk.strategyDrawdownHard=0.6',
];
