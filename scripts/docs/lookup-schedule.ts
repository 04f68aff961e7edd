/** When an unknown is looked up: the delays as they are, and how long after the first doubt that is. */
import { lookupDelayMs } from '../../domain/timing.ts';
import { describeMs } from './describe-ms.ts';

export function lookupSchedule(): string {
  const delays = [lookupDelayMs(0)];
  while (lookupDelayMs(delays.length) !== delays.at(-1)) delays.push(lookupDelayMs(delays.length));
  const sum = (upTo: number): number => delays.slice(0, upTo + 1).reduce((a, b) => a + b, 0);
  return [
    '| Lookup | After another | In all about |',
    '|---|---|---|',
    ...delays.map((ms, i) => `| ${i + 1} | ${describeMs(ms)} | ${describeMs(sum(i))} |`),
    `| every later one | ${describeMs(delays.at(-1) ?? 0)} | |`,
  ].join('\n');
}
