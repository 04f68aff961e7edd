/** Schedules on the real Temporal server: made once, kept, paused, and what they start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Closing } from '../../activities/background.ts';
import { startDyingWorker } from '../support/dying-worker.ts';
import { quietRuntime } from '../support/runs.ts';
import { aRow, openScheduling, type SchedulingBench } from '../support/scheduling.ts';
import { waitFor } from '../support/wait.ts';

jest.setTimeout(60_000);

const benches: SchedulingBench[] = [];
async function open(): Promise<SchedulingBench> {
  const bench = await openScheduling();
  benches.push(bench);
  return bench;
}
beforeAll(quietRuntime);
afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.close()));
});

const gone = { name: 'ScheduleNotFoundError' };
const nothing: Closing = { closed: [], held: null, more: false };
const exists = (bench: SchedulingBench, id = 'close-days') =>
  waitFor(() => bench.handle(id).describe());
/** So many of the runs that a schedule has started, oldest first, each with what came of it. */
async function runsOf(bench: SchedulingBench, count: number, id = 'close-days') {
  const { info } = await waitFor(async () => {
    const found = await bench.handle(id).describe();
    expect(found.info.numActionsTaken).toBe(count);
    return found;
  });
  return info.recentActions.map(({ action }) =>
    bench.client.workflow.getHandle(action.workflow.workflowId),
  );
}

describe('a schedule', () => {
  test.concurrent('is made once by any number of keepers, and runs at once', async () => {
    const bench = await open();
    const rows = [aRow(), aRow({ id: 'another', cron: '*/5 1-3 * * 1' })];
    await bench.keeping(rows, () => waitFor(() => exists(bench, 'another')), 5);
    await waitFor(async () => expect(await bench.schedules.list(`${bench.taskQueue}/`)).toHaveLength(2)); // prettier-ignore
    expect(bench.said.filter((said) => said === 'schedule created')).toHaveLength(2);
    expect(bench.said.filter((said) => said === 'schedule changed')).toEqual([]);
    expect((await bench.handle('close-days').describe()).info.numActionsTaken).toBe(1);
    const { policies, action } = await bench.handle('close-days').describe();
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: false });
    expect(action).toMatchObject({
      ...{ workflowType: 'closePeriodsWorkflow', taskQueue: bench.taskQueue },
      args: [{ kind: 'day', afterDays: 0 }],
    });
  });

  test.concurrent('that is as the table says is left alone by the next start', async () => {
    const bench = await open();
    for (const cron of ['*/5 * * * *', '3,4 1-20/3 * * *', '0 0 1-7 1,6 1-5', '7/20 0 * * *']) {
      await bench.keeping([aRow({ id: cron.replaceAll('/', '_'), cron })], () => exists(bench, cron.replaceAll('/', '_'))); // prettier-ignore
      await bench.keeping([aRow({ id: cron.replaceAll('/', '_'), cron })], () => sleep(400));
    }
    expect(bench.said.filter((said) => said === 'schedule changed')).toEqual([]);
  });

  test.concurrent.each([
    ['another time', { cron: '20 0 1 1 *' }],
    ['another overlap', { overlap: 'BUFFER_ONE' as const }],
    ['another window', { catchupWindow: '1 hour' as const }],
    ['other arguments', { args: [{ kind: 'month', afterDays: 4 }] as const }],
  ])('is changed where the table is: %s', async (_, values) => {
    const bench = await open();
    await bench.keeping([aRow()], () => exists(bench));
    await bench.handle('close-days').pause('audit');
    await bench.keeping([aRow(values as object)], () =>
      waitFor(() => expect(bench.said).toContain('schedule changed')),
    );
    const after = await bench.handle('close-days').describe();
    // Whoever paused it has the last word.
    expect(after.state).toMatchObject({ paused: true, note: 'audit' });
    const [calendar] = after.spec.calendars ?? [];
    expect([
      calendar?.minute[0]?.start,
      after.policies.overlap,
      after.policies.catchupWindow,
      after.action.args,
    ]).toEqual([
      'cron' in values ? 20 : 10,
      'overlap' in values ? 'BUFFER_ONE' : 'SKIP',
      'catchupWindow' in values ? 3_600_000 : 86_400_000,
      'args' in values ? values.args : aRow().args,
    ]);
  });

  test.concurrent('that was changed by hand is changed back at the next start', async () => {
    const bench = await open();
    await bench.keeping([aRow()], () => exists(bench));
    await bench.handle('close-days').update((found) => ({
      ...found,
      spec: { calendars: [{ hour: 5 }], intervals: [{ every: '1 hour' }] },
    }));
    await bench.keeping([aRow()], () =>
      waitFor(() => expect(bench.said).toContain('schedule changed')),
    );
    const { spec } = await bench.handle('close-days').describe();
    expect([spec.intervals, spec.calendars?.[0]?.hour[0]?.start]).toEqual([[], 0]);
  });

  test.concurrent('paused between being read and changed stays paused', async () => {
    const bench = await open();
    await bench.keeping([aRow()], () => exists(bench));
    const [row] = bench.table([aRow()]).rows;
    const found = await bench.schedules.find(`${bench.taskQueue}/${row?.id ?? ''}`);
    if (found === undefined) throw new Error('it was not made');
    await bench.handle('close-days').pause('just now');
    // The server refuses it, or takes no notice.
    await bench.schedules.update(found, found.definition).catch(() => undefined);
    await sleep(300);
    const { state } = await bench.handle('close-days').describe();
    expect(state).toMatchObject({ paused: true, note: 'just now' });
  });

  test.concurrent('that left the table is removed, and what is not ours stays', async () => {
    const bench = await open();
    await bench.keeping([aRow(), aRow({ id: 'old' })], () => exists(bench, 'old'));
    const foreign = `not-${bench.taskQueue}`;
    const { action } = await bench.handle('old').describe();
    const spec = { calendars: [{ month: 'JANUARY' as const }] };
    await bench.client.schedule.create({ scheduleId: foreign, spec, action: { ...action, type: 'startWorkflow' } }); // prettier-ignore
    await waitFor(async () => expect(await bench.schedules.list(`${bench.taskQueue}/`)).toHaveLength(2)); // prettier-ignore
    await bench.keeping([aRow()], () =>
      waitFor(async () => {
        await expect(bench.handle('old').describe()).rejects.toMatchObject(gone);
      }),
    );
    await bench.handle('close-days').describe();
    await bench.client.schedule.getHandle(foreign).delete();
  });

  test.concurrent(
    'that is gone is made again, paused if it was, and not while others roll out',
    async () => {
      const bench = await open();
      await bench.keeping([aRow(), aRow({ id: 'paused' })], async () => {
        await exists(bench, 'paused');
        await bench.handle('paused').pause('until the audit is over');
        await waitFor(async () => expect(await bench.rows.all('select schedule, note from schedule_pauses')).toEqual([{ schedule: 'paused', note: 'until the audit is over' }])); // prettier-ignore
        await Promise.all([bench.handle('paused').delete(), bench.handle('close-days').delete()]);
        await exists(bench);
        const { state, info } = await exists(bench, 'paused');
        expect(state).toMatchObject({ paused: true, note: 'until the audit is over' });
        expect(info.numActionsTaken).toBe(0);
        await bench.handle('paused').unpause();
        await waitFor(async () => expect(await bench.rows.all('select from schedule_pauses')).toEqual([])); // prettier-ignore
      });
      // An old process that is still there, and a new version without `paused`.
      await bench.keeping([aRow(), aRow({ id: 'paused' })], async () => {
        await exists(bench, 'paused');
        await sleep(1_500);
        await bench.keeping([aRow()], async () => {
          await waitFor(() =>
            expect(bench.handle('paused').describe()).rejects.toMatchObject(gone),
          );
          await sleep(800);
          await expect(bench.handle('paused').describe()).rejects.toMatchObject(gone);
        });
      });
    },
  );
});

describe('a run', () => {
  test.concurrent(
    'of a schedule that is triggered does the work, and says what it did',
    async () => {
      const bench = await open();
      const answers: Closing[] = [
        { closed: ['2026-11-01'], held: null, more: true },
        { closed: ['2026-11-02', '2026-11-03'], held: null, more: false },
      ];
      const asked: unknown[] = [];
      const closePeriods = async (rule: object) => (asked.push(rule), answers.shift() ?? nothing);
      await bench.working({ closePeriods }, async () => {
        await bench.keeping([aRow()], () => exists(bench));
        const [first] = await runsOf(bench, 1);
        expect(await first?.result()).toEqual({ closed: 3, last: '2026-11-03', held: null });
        await bench.handle('close-days').trigger();
        const [, second] = await runsOf(bench, 2);
        expect(await second?.result()).toEqual({ closed: 0, last: null, held: null });
      });
      expect(asked).toEqual(Array(3).fill({ kind: 'day', afterDays: 0 }));
    },
  );

  test.concurrent('that is still at it makes the next turn be skipped', async () => {
    const bench = await open();
    const gate = Promise.withResolvers<Closing>();
    let times = 0;
    const closePeriods = async () => ((times += 1), gate.promise);
    await bench.working({ closePeriods }, async () => {
      await bench.keeping([aRow()], () => exists(bench));
      await waitFor(() => expect(times).toBe(1));
      await bench.handle('close-days').trigger('SKIP');
      await waitFor(async () => {
        const { info } = await bench.handle('close-days').describe();
        expect(info.numActionsSkippedOverlap).toBe(1);
      });
      gate.resolve(nothing);
      const [run] = await runsOf(bench, 1);
      await run?.result();
    });
    expect(times).toBe(1);
  });

  test.concurrent('whose worker is killed is taken up by another, and does the work', async () => {
    const bench = await open();
    const dying = await startDyingWorker(bench.taskQueue);
    await bench.keeping([aRow()], () => exists(bench));
    await dying.killInTheMiddle();
    const began = performance.now();
    const closed: Closing = { closed: ['2026-11-01'], held: null, more: false };
    await bench.working({ closePeriods: async () => closed }, async () => {
      const [run] = await runsOf(bench, 1);
      expect(await run?.result()).toEqual({ closed: 1, last: '2026-11-01', held: null });
    });
    // By its heartbeats, not by its quarter of an hour.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test.concurrent('is made for a time that was missed, when it is asked for', async () => {
    const bench = await open();
    await bench.working({ closePeriods: async () => nothing }, async () => {
      await bench.keeping([aRow({ cron: '0 12 * * *' })], () => exists(bench));
      await runsOf(bench, 1);
      await bench.handle('close-days').backfill({
        start: new Date('2026-01-01T00:00:00Z'),
        end: new Date('2026-01-03T23:00:00Z'),
        overlap: 'BUFFER_ALL',
      });
      const runs = await runsOf(bench, 4);
      await Promise.all(runs.map((run) => run.result()));
      const ids = runs.slice(1).map(({ workflowId }) => workflowId.split('close-days-')[1]);
      expect(ids).toEqual(['2026-01-01T12:00:00Z', '2026-01-02T12:00:00Z', '2026-01-03T12:00:00Z']);
    });
  });
});
