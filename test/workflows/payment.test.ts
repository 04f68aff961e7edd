/** The story of a payment on the real Temporal server, its activities scripted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Activities } from '../../activities/index.ts';
import type { Step } from '../../domain/next-step.ts';
import { connectRuns, disconnectRuns, openRuns } from '../support/runs.ts';
import { waitFor } from '../support/wait.ts';

jest.setTimeout(60_000);
beforeAll(connectRuns);
afterAll(disconnectRuns);

const rest: Step = { kind: 'rest' };

describe('a run', () => {
  test.concurrent('whose payment is at rest ends after one activity', async () => {
    const runs = openRuns();
    const called: unknown[] = [];
    const authorize = async (input: object): Promise<Step> => (called.push(input), rest);
    await runs.working({ authorize }, async () => (await runs.start()).result());
    expect(called).toEqual([{ paymentId: runs.id }]);
  });

  test.concurrent(
    'of the same id can be started again once it has ended, years later too',
    async () => {
      const runs = openRuns();
      let times = 0;
      const authorize = async (): Promise<Step> => ((times += 1), rest);
      await runs.working({ authorize }, async () => {
        const first = await runs.start();
        await first.result();
        const second = await runs.start();
        await second.result();
        expect(second.firstExecutionRunId).not.toBe(first.firstExecutionRunId);
      });
      expect(times).toBe(2);
    },
  );

  test.concurrent('that is under way is joined by a second start, not doubled', async () => {
    const runs = openRuns();
    const gate = Promise.withResolvers<Step>();
    let times = 0;
    await runs.working({ authorize: () => ((times += 1), gate.promise) }, async () => {
      const first = await runs.start();
      const second = await runs.start();
      expect(second.firstExecutionRunId).toBe(first.firstExecutionRunId);
      await waitFor(() => expect(times).toBe(1));
      gate.resolve(rest);
      await first.result();
    });
    expect(times).toBe(1);
  });
});

describe('each step leads to its activity', () => {
  const answers: readonly (readonly [Step, keyof Activities, object])[] = [
    [{ kind: 'resolve_attempt', attemptId: 'att_1' }, 'attemptResolve', { attemptId: 'att_1' }],
    [
      { kind: 'submit_operation', operationId: 'op_1' },
      'operationExecute',
      { operationId: 'op_1' },
    ],
    [
      { kind: 'resolve_operation', operationId: 'op_1' },
      'operationResolve',
      { operationId: 'op_1' },
    ],
    [{ kind: 'apply_timers' }, 'paymentApplyTimers', {}],
    [{ kind: 'record_disputes' }, 'paymentRecordDisputes', {}],
    [{ kind: 'answer_dispute', answerId: 'dsa_1' }, 'disputeAnswer', { answerId: 'dsa_1' }],
    [{ kind: 'wait', ms: 50 }, 'paymentLoad', {}],
  ];

  test.concurrent('one after the other, in one run', async () => {
    const runs = openRuns();
    const called: string[] = [];
    // Each activity answers with the next step of the table, the last one with rest.
    const scripted = answers.map(([, name, more], index) => {
      const next = answers[index + 1]?.[0] ?? rest;
      const activity = async (input: object): Promise<Step> => {
        expect(input).toEqual({ paymentId: runs.id, ...more });
        called.push(name);
        return next;
      };
      return [name, activity] as const;
    });
    const authorize = async (): Promise<Step> => answers[0]?.[0] ?? rest;
    const activities = { ...Object.fromEntries(scripted), authorize };
    await runs.working(activities, async () => (await runs.start()).result());
    expect(called).toEqual(answers.map(([, name]) => name));
  });

  test.concurrent(
    'and another try is screened, submitted and recorded, each in the open',
    async () => {
      const runs = openRuns();
      const called: string[] = [];
      const decision = { kind: 'try', provider: 'birch', token: 'tok_visa', excluded: [] } as const;
      const submitted = { kind: 'nothing_sent' } as const;
      const activities: Partial<Activities> = {
        authorize: async () => ({ kind: 'authorize' }),
        paymentScreen: async () => (called.push('screen'), decision),
        attemptSubmit: async (input) => {
          expect(input).toEqual({ paymentId: runs.id, decision });
          called.push('submit');
          return submitted;
        },
        attemptRecord: async (input) => {
          expect(input).toEqual({ paymentId: runs.id, submitted });
          called.push('record');
          return rest;
        },
      };
      await runs.working(activities, async () => (await runs.start()).result());
      expect(called).toEqual(['screen', 'submit', 'record']);
    },
  );
});

describe('a nudge', () => {
  test.concurrent('wakes a run that waits, long before its time', async () => {
    const runs = openRuns();
    const woken = Promise.withResolvers<undefined>();
    const activities: Partial<Activities> = {
      authorize: async () => ({ kind: 'wait', ms: 60_000 }),
      paymentLoad: async () => (woken.resolve(undefined), rest),
    };
    const began = performance.now();
    await runs.working(activities, async () => {
      const run = await runs.start();
      await runs.wake();
      await woken.promise;
      await run.result();
    });
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test.concurrent('that arrives during the last step makes the run look once more', async () => {
    const runs = openRuns();
    let loads = 0;
    const activities: Partial<Activities> = {
      authorize: async () => ({ kind: 'apply_timers' }),
      paymentApplyTimers: async () => {
        await runs.wake();
        return rest;
      },
      paymentLoad: async () => ((loads += 1), rest),
    };
    await runs.working(activities, async () => (await runs.start()).result());
    expect(loads).toBe(1);
  });

  test.concurrent('that arrives during the last load makes another load', async () => {
    const runs = openRuns();
    let loads = 0;
    const activities: Partial<Activities> = {
      authorize: async () => ({ kind: 'wait', ms: 50 }),
      paymentLoad: async () => {
        loads += 1;
        if (loads === 1) {
          await runs.wake();
          // Held beyond the heartbeat of the workflow task, which is when the run hears of the nudge.
          await sleep(4_300);
        }
        return rest;
      },
    };
    await runs.working(activities, async () => (await runs.start()).result());
    expect(loads).toBeGreaterThanOrEqual(2);
  });

  test.concurrent('to an id without a run starts one', async () => {
    const runs = openRuns();
    let times = 0;
    await runs.working(
      { authorize: async () => ((times += 1), rest), paymentLoad: async () => rest },
      async () => {
        await runs.wake();
        await runs.client.workflow.getHandle(runs.id).result();
      },
    );
    expect(times).toBe(1);
  });

  test.concurrent(
    'is never lost: work of 4 senders x 50 on one id is all seen, while runs end',
    async () => {
      const runs = openRuns();
      let committed = 0;
      let seen = 0;
      const look = async (): Promise<Step> => ((seen = committed), rest);
      await runs.working({ authorize: look, paymentLoad: look }, async () => {
        const sender = async (): Promise<void> => {
          for (let n = 0; n < 50; n += 1) {
            // As a command does it: first the commit, then the nudge.
            committed += 1;
            await runs.wake();
            // Now and then long enough for the run to end.
            if (n % 10 === 0) await sleep(100);
          }
        };
        await Promise.all([sender(), sender(), sender(), sender()]);
        await waitFor(() => expect(seen).toBe(200));
        const started = await countRuns(runs);
        expect(started).toBeGreaterThan(1);
      });
    },
  );
});

async function countRuns(runs: ReturnType<typeof openRuns>): Promise<number> {
  return waitFor(async () => {
    const { count } = await runs.client.workflow.count(`WorkflowId = '${runs.id}'`);
    expect(count).toBeGreaterThan(1);
    return count;
  });
}

describe('an activity that fails', () => {
  test.concurrent.each(['authorize', 'paymentApplyTimers'] as const)(
    'is retried without limit, and the run does not: %s',
    async (name) => {
      const runs = openRuns();
      let tries = 0;
      const flaky = async (): Promise<Step> => {
        tries += 1;
        if (tries < 3) throw new TypeError('the database is restarting');
        return rest;
      };
      const activities = {
        authorize: async (): Promise<Step> => ({ kind: 'apply_timers' }),
        [name]: flaky,
      };
      await runs.working(activities, async () => {
        const run = await runs.start();
        await run.result();
        expect((await run.describe()).status.name).toBe('COMPLETED');
      });
      expect(tries).toBe(3);
    },
  );

  test.concurrent('keeps its run running for as long as it fails', async () => {
    const runs = openRuns();
    let tries = 0;
    const activities: Partial<Activities> = {
      authorize: async () => ({ kind: 'apply_timers' }),
      paymentApplyTimers: async () => {
        tries += 1;
        throw new Error('never again');
      },
    };
    await runs.working(activities, async () => {
      const run = await runs.start();
      await waitFor(() => expect(tries).toBeGreaterThanOrEqual(3));
      expect((await run.describe()).status.name).toBe('RUNNING');
      await run.terminate();
    });
  });
});

test.concurrent('a worker that stops in the middle leaves its run to the next one', async () => {
  const runs = openRuns();
  const called: string[] = [];
  const first: Partial<Activities> = {
    authorize: async () => (called.push('first'), { kind: 'wait', ms: 1_000 }),
  };
  const run = await runs.working(first, async () => {
    const started = await runs.start();
    await waitFor(() => expect(called).toEqual(['first']));
    return started;
  });
  const second: Partial<Activities> = { paymentLoad: async () => (called.push('second'), rest) };
  await runs.working(second, () => run.result());
  expect(called).toEqual(['first', 'second']);
});
