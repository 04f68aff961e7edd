/** The systems in alternation, on the same servers, each at one and at 32 callers. */
import { readDurability } from './commits.ts';
import { callerCounts, measure } from './cells.ts';
import type { Cell, Meters } from './cells.ts';
import type { BenchOptions, SystemName } from './options.ts';
import { machineShares, readMachineTime } from './process-cpu.ts';
import { readHistories } from './runs.ts';
import type { HistoryCounts } from './runs.ts';
import { runLoad } from './load.ts';
import type { System } from './systems.ts';

export interface Measured {
  readonly cells: readonly Cell[];
  readonly histories: Readonly<Partial<Record<SystemName, HistoryCounts>>>;
  readonly durability: Readonly<Record<string, string>>;
  /** Of both cores, while it ran. */
  readonly machine: { readonly busy: number; readonly stolen: number };
}

export interface BenchRun {
  readonly options: BenchOptions;
  readonly systems: readonly System[];
  readonly meters: (system: SystemName) => Meters;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly report: (line: string) => void;
}

const warmUp = { callers: 8, seconds: 3 };
/** Runs per system whose events are counted. */
const counted = 20;

export async function runBench(run: BenchRun): Promise<Measured> {
  const { options, systems, report } = run;
  for (const system of systems) {
    const { errors } = await runLoad(system, warmUp.callers, warmUp.seconds);
    report(`warmed up ${system.name}${errors[0] === undefined ? '' : `: ${errors[0]}`}`);
  }
  const machineBefore = readMachineTime();
  const cells: Cell[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    // Forwards and backwards, so that nobody always comes after the same one.
    const order = round % 2 === 1 ? systems : systems.toReversed();
    for (const system of order) {
      for (const callers of callerCounts) {
        const cell = await measure(system, callers, options.seconds, run.meters(system.name));
        cells.push(cell);
        report(
          `round ${round}  ${system.name} x ${callers}: ${cell.latenciesMs.length} payments, ` +
            `${cell.errors.length} errors${cell.errors[0] === undefined ? '' : ` (${cell.errors[0]})`}`,
        );
      }
    }
  }
  const machine = machineShares(machineBefore, readMachineTime());
  const histories: Partial<Record<SystemName, HistoryCounts>> = {};
  for (const { name } of systems) {
    const ids = cells.filter((cell) => cell.system === name).flatMap((cell) => cell.workflowIds);
    histories[name] = await readHistories(run.temporal, ids.slice(0, counted));
  }
  const databaseUrl = run.meters('tender').databaseUrl;
  return { cells, histories, durability: await readDurability(databaseUrl), machine };
}

export { counted as countedRuns };
