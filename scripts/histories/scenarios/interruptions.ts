/** Nudges at bad moments, errors, and workers that die. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Activities } from '../../../activities/index.ts';
import type { Place } from '../place.ts';
import { manual, type Scenarios } from '../scenario.ts';
import { lookedUpInVain } from './doubt.ts';

function real({ bench }: Place, name: keyof Activities): (input: never) => Promise<unknown> {
  return (input) => bench.activities[name](input);
}

/** Does something beside the first call of an activity, and holds its answer back meanwhile. */
function during(place: Place, name: keyof Activities, act: () => Promise<unknown>): void {
  const activity = real(place, name);
  let done = false;
  const changed = async (input: never): Promise<unknown> => {
    const answer = await activity(input);
    if (!done) {
      done = true;
      await act();
    }
    return answer;
  };
  place.use({ [name]: changed });
}

/** Fails so many times before it does its work. */
function failing(place: Place, name: keyof Activities, times: number): void {
  const activity = real(place, name);
  let failures = 0;
  const changed = async (input: never): Promise<unknown> => {
    failures += 1;
    if (failures <= times) throw new Error('the database is restarting');
    return activity(input);
  };
  place.use({ [name]: changed });
}

async function begin({ bench, start }: Place, token: string, changes = {}): Promise<string> {
  const id = await bench.accept(token, changes);
  await start(id);
  return id;
}

export const nudges: Scenarios = {
  'nudge-in-the-first-task': {
    branch: 'a nudge during the first workflow task: its work is dropped and done again',
    play: async (place) => {
      const id = await place.bench.accept('tok_visa');
      during(place, 'authorize', async () => {
        await place.wake(id);
        await sleep(500);
      });
      await place.start(id);
      return id;
    },
  },
  'nudge-in-the-last-step': {
    branch: 'a second refund asked for while the first is made: loaded again instead of ending',
    play: async (place) => {
      const id = await place.pay('tok_visa');
      await place.refund(id, 30n);
      during(place, 'operationExecute', async () => {
        await place.refund(id, 20n);
        await place.wake(id);
      });
      await place.wake(id);
      return id;
    },
  },
  'nudge-during-a-load': {
    branch: 'a nudge while the payment is loaded, beyond the heartbeat of the task: loaded again',
    play: async (place) => {
      const id = await place.bench.accept('tok_lost_reply', manual);
      during(place, 'paymentLoad', async () => {
        await place.wake(id);
        await sleep(4_300);
      });
      await place.start(id);
      return id;
    },
  },
  'nudges-while-waiting': {
    branch: 'three nudges at once while waiting: one timer canceled',
    play: async (place) => {
      const id = await begin(place, 'tok_lost_reply', manual);
      await place.waiting(id);
      await Promise.all([place.wake(id), place.wake(id), place.wake(id)]);
      return id;
    },
  },
  'long-wait-cut-short': {
    branch: 'a wait of half a minute, ended by a nudge',
    play: async (place) => {
      const id = await lookedUpInVain(place, 5);
      await place.start(id);
      await place.waiting(id);
      await place.bench.sandbox.setFaults([]);
      await place.hurry(id, 30);
      return id;
    },
  },
};

export const errors: Scenarios = {
  'local-activity-retried': {
    branch: 'the first activity fails twice: tried again inside its task',
    play: async (place) => {
      failing(place, 'authorize', 2);
      return begin(place, 'tok_visa');
    },
  },
  'local-activity-backs-off': {
    branch: 'the first activity fails for so long that a timer of the server takes over',
    play: async (place) => {
      failing(place, 'authorize', 6);
      return begin(place, 'tok_visa');
    },
  },
  'load-retried': {
    branch: 'a load after a wait that fails once',
    play: async (place) => {
      failing(place, 'paymentLoad', 1);
      return begin(place, 'tok_lost_reply', manual);
    },
  },
  'activity-retried': {
    branch: 'an ordinary activity fails twice before it does its work',
    play: async (place) => {
      const id = await place.pay('tok_visa', manual);
      failing(place, 'operationExecute', 2);
      await place.capture(id);
      await place.wake(id);
      return id;
    },
  },
};

export const deaths: Scenarios = {
  'worker-killed-in-the-first-task': {
    branch: 'a worker killed before it sent: the task times out, another does it',
    play: async (place) => {
      const id = await place.bench.accept('tok_visa');
      await place.withKilledWorker({ in: 'authorize' }, () => place.start(id));
      return id;
    },
  },
  'worker-killed-in-the-call': {
    branch: 'a worker killed when the provider had taken the money: looked up, never sent again',
    play: async (place) => {
      const id = await place.bench.accept('tok_visa');
      await place.withKilledWorker({ after: 'authorize' }, () => place.start(id));
      return id;
    },
  },
  'worker-killed-in-a-capture': {
    branch:
      'a worker killed when the provider had captured: tried again without sending, looked up',
    play: async (place) => {
      const id = await place.pay('tok_visa', manual);
      await place.capture(id);
      await place.withKilledWorker({ after: 'capture' }, () => place.wake(id));
      return id;
    },
  },
  'worker-killed-in-a-lookup': {
    branch: 'a worker killed during a lookup: its activity times out and is tried again',
    play: async (place) => {
      const id = await place.bench.accept('tok_lost_reply');
      await place.withKilledWorker({ in: 'attemptResolve' }, () => place.start(id));
      return id;
    },
  },
  'worker-killed-while-waiting': {
    branch: 'a worker killed while a run waits: the next task times out at it, another takes over',
    play: async (place) => {
      const id = await place.bench.accept('tok_lost_reply', manual);
      await place.withKilledWorker('afterwards', async () => {
        await place.start(id);
        await place.waiting(id);
      });
      return id;
    },
  },
};
