/** Changes one thing in a history, and keeps the numbers of its events in order. */
import type { History, HistoryEvent } from './history.ts';

export type Alteration = (history: History) => History;

/** As if these activities had been called instead of those. */
export function calling(instead: Readonly<Record<string, string>>): Alteration {
  return (history) => {
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
      if (scheduled === undefined) continue;
      scheduled.activityType.name =
        instead[scheduled.activityType.name] ?? scheduled.activityType.name;
    }
    return history;
  };
}

/** As if the first answer that named this step had been another. */
export function answering(kind: string, instead: object): Alteration {
  return ({ events }) => {
    const isIt = (data: string): boolean =>
      (JSON.parse(Buffer.from(data, 'base64').toString()) as { kind?: unknown }).kind === kind;
    const payloads = events.flatMap((event) => [
      ...(event.markerRecordedEventAttributes?.details['result']?.payloads ?? []),
      ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
    ]);
    const found = payloads.find(({ data }) => isIt(data));
    if (found === undefined) throw new Error(`no activity answered ${kind}`);
    found.data = Buffer.from(JSON.stringify(instead)).toString('base64');
    return { events };
  };
}

/** As if nothing of these types had happened. */
export function without(...types: readonly string[]): Alteration {
  return ({ events }) => {
    const left = events.filter(({ eventType }) => !types.includes(eventType));
    if (left.length === events.length) throw new Error(`no ${types.join(', ')} in it`);
    return renumbered(left);
  };
}

/** As if a command more had followed the first event of type `after`. */
export function inserting(after: string, command: Omit<HistoryEvent, 'eventId'>): Alteration {
  return ({ events }) => {
    const at = events.findIndex(({ eventType }) => eventType === after);
    const done = events.findIndex(({ eventType }) => eventType === taskCompleted);
    if (at < 0 || done < 0) throw new Error(`no ${after} in it`);
    const [kind, attributes] = Object.entries(command).find(([name]) => name !== 'eventType') ?? [];
    const workflowTaskCompletedEventId = events[done]?.eventId;
    const event = {
      // Any number that no other event has: the next step gives it the one of its place.
      eventId: '0',
      eventType: command.eventType,
      [kind ?? '']: { ...(attributes as object), workflowTaskCompletedEventId },
    };
    return renumbered(events.toSpliced(at + 1, 0, event));
  };
}

const taskCompleted = 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED';

/** Events count from 1; whoever refers to one follows it. */
function renumbered(events: readonly HistoryEvent[]): History {
  const numbers = new Map(events.map(({ eventId }, index) => [eventId, String(index + 1)]));
  const text = JSON.stringify(events).replaceAll(
    /"((?:\w+E|e)ventId)":"(\d+)"/g,
    (_, name: string, id: string) => `"${name}":"${numbers.get(id) ?? id}"`,
  );
  return { events: JSON.parse(text) as HistoryEvent[] };
}

export const timerStarted = {
  eventType: 'EVENT_TYPE_TIMER_STARTED',
  timerStartedEventAttributes: { timerId: '99', startToFireTimeout: '1s' },
} as const;

export const activityScheduled = {
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  activityTaskScheduledEventAttributes: {
    activityId: '1',
    activityType: { name: 'authorize' },
    taskQueue: { name: 'payments' },
  },
};
