/** A row of the table as the server takes it, and whether what stands there is still that. */
import { createHash } from 'node:crypto';
import {
  decodeScheduleOverlapPolicy,
  encodeScheduleOverlapPolicy,
  type ScheduleDescription,
} from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex, toPayloads } from '@temporalio/common';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { schedulePrefix } from '../workflows/ids.ts';
import type { ScheduleRow } from '../workflows/schedules.ts';
import { cronFields, parseCron, range, type CronTimes } from './cron.ts';

/** As the server knows it, without its state: whether it is paused is not ours to say. */
export type Definition = Omit<NonNullable<ScheduleDescription['raw']['schedule']>, 'state'>;
type Calendar = NonNullable<NonNullable<Definition['spec']>['structuredCalendar']>[number];

/** The rows of one version of Tender, to be told from those of another that runs beside it. */
export interface ScheduleTable {
  readonly rows: readonly ScheduleRow[];
  readonly prefix: string;
  readonly taskQueue: string;
  /** The same for the same rows. */
  readonly digest: string;
}

export function scheduleTable(
  rows: readonly ScheduleRow[],
  taskQueue: string,
  prefix = schedulePrefix,
): ScheduleTable {
  const text = JSON.stringify([rows, taskQueue, prefix]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { rows, prefix, taskQueue, digest };
}

export function definitionOf(row: ScheduleRow, table: ScheduleTable): Definition {
  const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
  return {
    spec: { cronString: [row.cron] },
    action: {
      startWorkflow: {
        // The server adds the time of the turn.
        workflowId: `${table.prefix}${row.id}`,
        workflowType: { name: row.workflow },
        taskQueue: { name: table.taskQueue },
        input: { payloads: toPayloads(defaultPayloadConverter, ...row.args) ?? [] },
        memo: { fields: { table: payload(table.digest) } },
        userMetadata: { summary: payload(row.does) },
      },
    },
    policies: {
      overlapPolicy: encodeScheduleOverlapPolicy(row.overlap) ?? null,
      catchupWindow: msToTs(row.catchupWindow),
      pauseOnFailure: false,
    },
  };
}

/** Undefined where it is none of ours. */
export function digestOf({ action }: Pick<Definition, 'action'>): unknown {
  const payload = action?.startWorkflow?.memo?.fields?.['table'];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}

/** Whatever was changed in it, by another version of the table or by hand. */
export function isSame(found: Definition, wanted: Definition): boolean {
  return JSON.stringify(essence(found)) === JSON.stringify(essence(wanted));
}

/** The server answers a cron row with calendars, and fills in what it does by default. */
function essence({ spec, action, policies }: Definition): unknown {
  const run = action?.startWorkflow;
  const input = run?.input?.payloads ?? [];
  return {
    times: [
      ...(spec?.cronString ?? []).map((cron) => listed(parseCron(cron))),
      ...(spec?.structuredCalendar ?? []).map((calendar) => listed(timesOf(calendar))),
    ],
    // None of them is ours; years and seconds neither.
    others: [
      ...[spec?.interval, spec?.calendar, spec?.excludeStructuredCalendar].map(
        (o) => o?.length ?? 0,
      ),
      ...(spec?.structuredCalendar ?? []).filter((o) => (o.year ?? []).length > 0),
      ...[spec?.startTime, spec?.endTime, spec?.jitter].map((time) => time ?? null),
      spec?.timezoneName ?? '',
    ],
    run: [
      run?.workflowId,
      run?.workflowType?.name,
      run?.taskQueue?.name,
      digestOf({ action: action ?? null }),
    ],
    args: input.map((_, index) => fromPayloadsAtIndex(defaultPayloadConverter, index, input)),
    overlap: decodeScheduleOverlapPolicy(policies?.overlapPolicy),
    catchupMs: optionalTsToMs(policies?.catchupWindow),
    pauseOnFailure: policies?.pauseOnFailure ?? false,
  };
}

function listed(times: CronTimes): unknown {
  return cronFields.map((field) => [...times[field]].sort((a, b) => a - b));
}

function timesOf(calendar: Calendar): CronTimes {
  const sets = cronFields.map((field) => {
    const numbers = (calendar[field] ?? []).flatMap(({ start, end, step }) => {
      const from = start ?? 0;
      // Left out: one number, one by one.
      return range(from, Math.max(end ?? from, from), step === 0 ? 1 : (step ?? 1));
    });
    return [field, new Set(numbers)] as const;
  });
  return Object.fromEntries(sets) as unknown as CronTimes;
}
