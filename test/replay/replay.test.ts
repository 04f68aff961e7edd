/**
 * Runs that were recorded must go the same way with the code of today: a worker of today takes over
 * runs that one of yesterday began. `scripts/record-histories.ts` records them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { testAddresses } from '../support/addresses.ts';
import { quietRuntime } from '../support/runs.ts';

jest.setTimeout(60_000);
beforeAll(quietRuntime);

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

interface HistoryEvent {
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  readonly markerRecordedEventAttributes?: {
    details: Record<string, { payloads: { data: string }[] }>;
  };
}

interface History {
  readonly events: readonly HistoryEvent[];
}

function read(name: string): History {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as History;
}

async function replay(history: History): Promise<void> {
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: testAddresses().workflowBundle } },
    history,
    'payment/recorded',
  );
}

/** The names of all activities of all recorded runs, in the marker of local ones too. */
function activitiesOf({ events }: History): string[] {
  return events.flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes?.activityType.name;
    const marker = event.markerRecordedEventAttributes?.details['data']?.payloads[0]?.data;
    const local =
      marker === undefined
        ? undefined
        : (JSON.parse(Buffer.from(marker, 'base64').toString()) as { activity_type?: string });
    return [scheduled, local?.activity_type].filter((name) => name !== undefined);
  });
}

describe('a recorded run', () => {
  test.each(files)('goes the same way today: %s', async (name) => {
    await replay(read(name));
  });

  test('is there for every activity the workflow has, for a wait and for a nudge', () => {
    const recorded = files.map(read);
    expect([...new Set(recorded.flatMap(activitiesOf))].sort()).toEqual([
      'attemptRecord',
      'attemptResolve',
      'attemptSubmit',
      'authorize',
      'operationExecute',
      'operationResolve',
      'paymentApplyTimers',
      'paymentLoad',
      'paymentScreen',
    ]);
    const events = new Set(recorded.flatMap((one) => one.events.map(({ eventType }) => eventType)));
    expect(events).toContain('EVENT_TYPE_TIMER_FIRED');
    expect(events).toContain('EVENT_TYPE_TIMER_CANCELED');
    expect(events).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED');
  });
});

describe('a run that went another way is told apart', () => {
  const expectViolation = (history: History): Promise<void> =>
    expect(replay(history)).rejects.toMatchObject({ name: DeterminismViolationError.name });

  test('by the activity it called', async () => {
    const history = read('lost-reply.json');
    for (const event of history.events) {
      const attributes = event.activityTaskScheduledEventAttributes;
      if (attributes !== undefined) attributes.activityType.name = 'operationResolve';
    }
    await expectViolation(history);
  });

  test('by going on where it ended', async () => {
    const history = read('sale.json');
    const answer = Buffer.from(JSON.stringify({ kind: 'apply_timers' })).toString('base64');
    for (const { markerRecordedEventAttributes: marker } of history.events) {
      const [result] = marker?.details['result']?.payloads ?? [];
      if (result !== undefined) result.data = answer;
    }
    await expectViolation(history);
  });

  test('by ending where it went on', async () => {
    const history = read('refund.json');
    const answer = Buffer.from(JSON.stringify({ kind: 'rest' })).toString('base64');
    for (const { markerRecordedEventAttributes: marker } of history.events) {
      const [result] = marker?.details['result']?.payloads ?? [];
      if (result !== undefined) result.data = answer;
    }
    await expectViolation(history);
  });
});
