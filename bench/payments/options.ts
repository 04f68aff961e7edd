/** What `npm run bench:payments` is told on its command line. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** How often all systems take their turn. */
  readonly rounds: number;
  /** Of one cell: one system at one number of callers. */
  readonly seconds: number;
  readonly systems: readonly SystemName[];
  /** Without the SDK's guard against endless workflow code (docs/performance.md): figures apart. */
  readonly unguarded: boolean;
}

export const systemNames = ['naive', 'empty', 'tender'] as const;
export type SystemName = (typeof systemNames)[number];

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '8' },
      systems: { type: 'string', default: systemNames.join(',') },
      unguarded: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    systems: values.systems.split(',').map(systemNamed),
    unguarded: values.unguarded,
  };
}

function systemNamed(name: string): SystemName {
  const found = systemNames.find((known) => known === name);
  if (found === undefined) throw new Error(`--systems: ${name} is none of ${systemNames.join()}`);
  return found;
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name}: must be a whole number above 0`);
  return Number(text);
}
