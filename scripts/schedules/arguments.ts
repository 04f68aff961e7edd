/** What `npm run schedules` is asked for. Throws with a text for people where it makes no sense. */
import { parseArgs } from 'node:util';

export type Request =
  | { readonly command: 'list' }
  | { readonly command: 'findings' }
  | { readonly command: 'trigger' | 'unpause'; readonly id: string }
  | { readonly command: 'pause'; readonly id: string; readonly note: string }
  | { readonly command: 'backfill'; readonly id: string; readonly from: Date; readonly to: Date };

export const usage = `usage: npm run schedules -- COMMAND
  list                               what is due when, and how the last turn went
  findings                           what has stood still for longer than it should
  trigger ID                         one turn now; after the one under way, if there is one
  pause ID [--note WHY]              no more turns, until
  unpause ID
  backfill ID --from TIME --to TIME  the turns of that time, one after the other
Times are ISO 8601, 2026-11-26 or 2026-11-26T12:00:00Z.`;

export class UsageError extends Error {
  override name = 'UsageError';
}

export function parseRequest(args: readonly string[], known: readonly string[]): Request {
  const { values, positionals } = readArguments(args);
  const [command, id, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`too much: ${more.join(' ')}`);
  const allowed = command === 'pause' ? ['note'] : command === 'backfill' ? ['from', 'to'] : [];
  const strange = Object.keys(values).find((option) => !allowed.includes(option));
  if (strange !== undefined) throw new UsageError(`${command ?? ''} takes no --${strange}`);
  switch (command) {
    case 'list':
    case 'findings':
      if (id !== undefined) throw new UsageError(`${command} is of all, not of ${id}`);
      return { command };
    case 'trigger':
    case 'unpause':
      return { command, id: knownId(id, known) };
    case 'pause':
      return { command, id: knownId(id, known), note: values.note ?? 'paused by hand' };
    case 'backfill': {
      const [from, to] = [timeOf('from', values.from), timeOf('to', values.to)];
      if (from >= to) throw new UsageError('--from is not before --to');
      return { command, id: knownId(id, known), from, to };
    }
    case undefined:
      throw new UsageError('no command');
    default:
      throw new UsageError(`no command is called ${command}`);
  }
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { note: text, from: text, to: text };
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function knownId(id: string | undefined, known: readonly string[]): string {
  if (id === undefined) throw new UsageError('of which schedule?');
  if (!known.includes(id)) {
    throw new UsageError(`no schedule is called ${id}; there are ${known.join(', ')}`);
  }
  return id;
}

function timeOf(name: string, text: string | undefined): Date {
  if (text === undefined) throw new UsageError(`--${name} is missing`);
  const at = new Date(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text) ? text : NaN);
  if (Number.isNaN(at.getTime())) throw new UsageError(`--${name} ${text} is no time in UTC`);
  return at;
}
