/** Schedules and findings as tables. */
import type { Client } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { Detection } from '../../db/detections.ts';
import type { ScheduleRow } from '../../workflows/schedules.ts';

export type Line = readonly string[];

/** Left-aligned columns as wide as they must be. */
export function tableOf(lines: readonly Line[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** To the second, without the marks that a table of UTC needs nowhere. */
const time = (at: Date | undefined): string =>
  at?.toISOString().slice(0, 19).replace('T', ' ') ?? '-';

export async function listSchedules(
  client: Client,
  rows: readonly ScheduleRow[],
  prefix: string,
): Promise<readonly Line[]> {
  const lines = rows.map((row) => scheduleLine(client, row, prefix));
  const head = ['SCHEDULE', 'CRON (UTC)', 'NEXT', 'LAST', 'TURNS', 'SKIPPED', 'STATE', 'DOES'];
  return [head, ...(await Promise.all(lines))];
}

async function scheduleLine(client: Client, row: ScheduleRow, prefix: string): Promise<Line> {
  const { id, cron, does } = row;
  try {
    const { info, state } = await client.schedule.getHandle(`${prefix}${id}`).describe();
    const last = info.recentActions.at(-1);
    const run = last?.action.workflow.workflowId;
    const came = run === undefined ? '' : await outcomeOf(client, run);
    const next = state.paused ? undefined : info.nextActionTimes[0];
    const paused = `paused${state.note === undefined || state.note === '' ? '' : `: ${state.note}`}`;
    return [
      ...[id, cron, time(next), last === undefined ? '-' : `${time(last.takenAt)} ${came}`],
      ...[String(info.numActionsTaken), String(info.numActionsSkippedOverlap)],
      ...[state.paused ? paused : 'on', does],
    ];
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return [id, cron, '-', '-', '-', '-', 'not made: does a background process run?', does];
  }
}

/** Temporal forgets a run after its retention. */
async function outcomeOf(client: Client, workflowId: string): Promise<string> {
  return client.workflow
    .getHandle(workflowId)
    .describe()
    .then(({ status }) => status.name.toLowerCase())
    .catch(() => '');
}

export function listFindings(findings: readonly Detection[]): readonly Line[] {
  const lines = findings.map(({ kind, subject, provider, payment_id, since, detail }) => [
    ...[kind, subject, provider ?? '-', payment_id ?? '-', time(since), JSON.stringify(detail)],
  ]);
  return [['KIND', 'SUBJECT', 'PROVIDER', 'PAYMENT', 'SINCE (UTC)', 'DETAIL'], ...lines];
}
