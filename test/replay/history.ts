/** Recorded histories, and what can be read in one: which activities ran, what each said is next. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Payloads {
  readonly payloads?: readonly { data: string }[];
}

export interface HistoryEvent {
  eventId: string;
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  activityTaskStartedEventAttributes?: { readonly attempt: number };
  activityTaskCompletedEventAttributes?: { readonly result?: Payloads };
  markerRecordedEventAttributes?: { readonly details: Readonly<Record<string, Payloads>> };
  workflowExecutionStartedEventAttributes?: { workflowType: { name: string } };
  workflowTaskTimedOutEventAttributes?: { readonly timeoutType: string };
}

export interface History {
  events: HistoryEvent[];
}

export const historyFolder = join(import.meta.dirname, 'histories');

/** Of runs that schedules start. */
export const backgroundHistoryFolder = join(import.meta.dirname, 'background');

export function historyNames(folder = historyFolder): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readHistory(name: string, folder = historyFolder): History {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as History;
}

function decoded(payloads: Payloads | undefined): unknown {
  const data = payloads?.payloads?.[0]?.data;
  return data === undefined ? undefined : JSON.parse(Buffer.from(data, 'base64').toString());
}

interface LocalActivity {
  readonly activity_type: string;
  readonly attempt: number;
}

function localActivity(event: HistoryEvent): LocalActivity | undefined {
  const details = event.markerRecordedEventAttributes?.details;
  return decoded(details?.['data']) as LocalActivity | undefined;
}

/** Of all activities that were begun, local ones too, in order. */
export function activitiesOf({ events }: History): readonly string[] {
  return events.flatMap(
    (event) =>
      event.activityTaskScheduledEventAttributes?.activityType.name ??
      localActivity(event)?.activity_type ??
      [],
  );
}

/** The `kind` of every step that an activity answered with. */
export function stepsOf({ events }: History): readonly string[] {
  return events.flatMap((event) => {
    const local = event.markerRecordedEventAttributes?.details['result'];
    const answer = decoded(local ?? event.activityTaskCompletedEventAttributes?.result);
    return isAnswer(answer) && !notSteps.has(answer.kind) ? [answer.kind] : [];
  });
}

/** What `paymentScreen` and `attemptSubmit` answer with, on the way to a step. */
const notSteps: ReadonlySet<string> = new Set([
  ...['try', 'block', 'cancel', 'no_provider'],
  ...['answered', 'nothing_sent'],
]);

function isAnswer(value: unknown): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** What a run has beyond activities that succeed at once, in words. */
export function specialsOf(history: History): readonly string[] {
  const counts = new Map<string, number>();
  for (const event of history.events) {
    const word = special(event);
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => (count === 1 ? word : `${word} × ${String(count)}`));
}

const specialEvents: Readonly<Record<string, string>> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 'nudge',
  EVENT_TYPE_TIMER_FIRED: 'timer fired',
  EVENT_TYPE_TIMER_CANCELED: 'timer canceled',
  EVENT_TYPE_WORKFLOW_TASK_FAILED: 'task failed',
};

function special(event: HistoryEvent): string | undefined {
  const timeout = event.workflowTaskTimedOutEventAttributes?.timeoutType;
  if (timeout !== undefined) {
    return timeout === 'TIMEOUT_TYPE_SCHEDULE_TO_START' ? 'task not taken' : 'task timed out';
  }
  const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
  if (attempt > 1) return `activity attempt ${String(attempt)}`;
  const localAttempt = localActivity(event)?.attempt ?? 1;
  if (localAttempt > 1) return `local attempt ${String(localAttempt)}`;
  return specialEvents[event.eventType];
}
