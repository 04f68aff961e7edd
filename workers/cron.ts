/** When a cron row is due, as sets of numbers: what two of them have in common with any other way to write it. */

const bounds = {
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  /** 0 is Sunday. */
  dayOfWeek: [0, 6],
} as const;
export type CronField = keyof typeof bounds;
export const cronFields = Object.keys(bounds) as readonly CronField[];

/** A minute is due when each of its numbers is in its set. */
export type CronTimes = Readonly<Record<CronField, ReadonlySet<number>>>;

const minuteMs = 60_000;
/** Beyond this no row of ours has not been due. */
const longMs = 40 * 24 * 60 * minuteMs;

/** Five fields of `*`, `5`, `1-5`, each with an optional `/2`, and lists of these. Throws for anything else. */
export function parseCron(text: string): CronTimes {
  const words = text.split(' ');
  if (words.length !== cronFields.length) throw new Error(`not five fields: ${text}`);
  const sets = cronFields.map((field, index) => {
    const parts = (words[index] ?? '').split(',').map((part) => numbersOf(part, field));
    return [field, new Set(parts.flat())] as const;
  });
  return Object.fromEntries(sets) as unknown as CronTimes;
}

function numbersOf(part: string, field: CronField): readonly number[] {
  const [least, most] = bounds[field];
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
  if (match === null) throw new Error(`no ${field}: ${part}`);
  const [, first, last, step] = match.map((digits?: string) =>
    digits === undefined ? undefined : Number(digits),
  );
  const from = first ?? least;
  // `5/15` begins at 5 and goes on to the end.
  const to =
    first === undefined || (last === undefined && step !== undefined) ? most : (last ?? from);
  if (from < least || to > most || from > to || step === 0) throw new Error(`no ${field}: ${part}`);
  return range(from, to, step ?? 1);
}

export function range(from: number, to: number, step: number): readonly number[] {
  return Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, index) => from + index * step,
  );
}

/** Whether it was due after `from` and up to `to`, both in milliseconds. After very long it always was. */
export function wasDue(times: CronTimes, from: number, to: number): boolean {
  if (to - from > longMs) return true;
  for (let at = Math.floor(from / minuteMs) + 1; at <= to / minuteMs; at += 1) {
    if (isDue(times, new Date(at * minuteMs))) return true;
  }
  return false;
}

function isDue(times: CronTimes, at: Date): boolean {
  return (
    times.minute.has(at.getUTCMinutes()) &&
    times.hour.has(at.getUTCHours()) &&
    times.dayOfMonth.has(at.getUTCDate()) &&
    times.month.has(at.getUTCMonth() + 1) &&
    times.dayOfWeek.has(at.getUTCDay())
  );
}
