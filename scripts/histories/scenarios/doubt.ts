/** How an unknown ends, and what a provider says after it was decided. */
import type { ProviderOutcome } from '../../../domain/provider.ts';
import type { Place } from '../place.ts';
import { attemptId, day, manual, type Scenarios } from '../scenario.ts';

const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'recorded' } as const;
const unknown: ProviderOutcome = { kind: 'unknown', evidence };

/** Starts a run that does not end by itself. */
async function begin(
  { bench, start }: Place,
  token: string,
  changes: Parameters<Place['pay']>[1] = {},
): Promise<string> {
  const id = await bench.accept(token, changes);
  await start(id);
  return id;
}

/** One provider refuses the connection, the next answers with errors that book nothing. */
const errorsAtBirch = [
  { provider: 'alder', operation: 'authorize', fault: 'refused', rate: 1 },
  { provider: 'birch', operation: 'authorize', fault: 'error_500', rate: 1 },
];

/** In doubt, and looked up so often in vain by earlier runs that the next lookup is far away. */
export async function lookedUpInVain(place: Place, times: number): Promise<string> {
  const { bench } = place;
  await bench.sandbox.setFaults([{ operation: 'lookup', fault: 'error_500', rate: 1 }]);
  const paymentId = await bench.accept('tok_lost_reply');
  await bench.activities.authorize({ paymentId });
  const attempt = { paymentId, attemptId: await attemptId(place, paymentId) };
  for (let n = 0; n < times; n += 1) {
    await bench.advance(60);
    await bench.activities.attemptResolve(attempt);
  }
  return paymentId;
}

async function absentAtBirch(place: Place): Promise<string> {
  await place.bench.sandbox.setFaults(errorsAtBirch);
  const id = await begin(place, 'tok_visa');
  await place.hurryToTheEnd(id, 15);
  return id;
}

export const doubt: Scenarios = {
  'lost-reply': {
    branch: 'a lost reply that a lookup finds: it was a yes',
    play: (place) => begin(place, 'tok_lost_reply'),
  },
  'lost-reply-authorization': {
    branch: 'a lost reply of an authorization that a lookup finds',
    play: (place) => begin(place, 'tok_lost_reply', manual),
  },
  'lost-reply-declined': {
    branch: 'a lost reply that a lookup finds: it was a no',
    play: async (place) => {
      await place.bench.sandbox.setFaults([
        { operation: 'authorize', fault: 'lost_reply', rate: 1 },
      ]);
      return begin(place, 'tok_declined_do_not_honor');
    },
  },
  'wrong-amount': {
    branch: 'a yes to another amount: unknown until looked up',
    play: async (place) => {
      await place.bench.sandbox.setFaults([
        { operation: 'authorize', fault: 'wrong_amount', rate: 1 },
      ]);
      return begin(place, 'tok_visa');
    },
  },
  'unknown-resent': {
    branch: 'it never arrived: sent once more under its key, inside the key window',
    play: async (place) => {
      place.use(place.bench.process({ provider: () => ({ authorize: async () => unknown }) }));
      const id = await begin(place, 'tok_visa');
      await place.waiting(id);
      place.use(place.bench.activities);
      await place.hurryToTheEnd(id, 5);
      return id;
    },
  },
  'unknown-voided-failover': {
    branch: 'it never arrived and is voided by reference, then the next provider',
    play: async (place) => {
      const id = await begin(place, 'tok_error_500');
      await place.hurryToTheEnd(id, 15);
      return id;
    },
  },
  'unknown-absent': {
    branch: 'two negative lookups past the age at which absence is final: not sent',
    play: absentAtBirch,
  },
  'unknown-absent-looked-again': {
    branch: 'an attempt closed by absence, looked up once more after a day',
    play: async (place) => {
      const id = await absentAtBirch(place);
      await place.bench.advance(day + 60);
      await place.wake(id);
      return id;
    },
  },
  'lookups-unanswered': {
    branch: 'lookups without an answer, each after a longer wait, its timers all fired',
    play: async (place) => {
      const { sandbox } = place.bench;
      await sandbox.setFaults([{ operation: 'lookup', fault: 'error_500', rate: 1 }]);
      const { activities } = place.bench;
      let lookups = 0;
      place.use({
        attemptResolve: async (input) => {
          lookups += 1;
          if (lookups > 3) await sandbox.setFaults([]);
          return activities.attemptResolve(input);
        },
      });
      return begin(place, 'tok_lost_reply');
    },
  },
  'unknown-to-rest': {
    branch: 'a lookup due only later than a run stays for: the run ends while it is unknown',
    play: async (place) => {
      const id = await lookedUpInVain(place, 6);
      await place.start(id);
      await place.hurryToTheEnd(id, 60);
      return id;
    },
  },
  'unknown-after-rest': {
    branch: 'another run takes up an attempt that is still unknown',
    play: async (place) => {
      const id = await lookedUpInVain(place, 8);
      await place.bench.sandbox.setFaults([]);
      await place.bench.advance(3_600);
      await place.wake(id);
      return id;
    },
  },
  'pending-then-told': {
    branch: 'a run for an attempt that the provider had accepted and now tells of',
    play: async (place) => {
      place.use(
        place.bench.process({
          provider: (real) => ({
            authorize: async (request) => {
              const outcome = await real.authorize(request);
              return outcome.kind === 'approved' ? { ...outcome, kind: 'pending' } : outcome;
            },
          }),
        }),
      );
      const id = await begin(place, 'tok_visa');
      await place.waiting(id);
      await place.hear(await attemptId(place, id));
      await place.wake(id);
      return id;
    },
  },
  'cancel-while-unknown-authorized': {
    branch: 'a cancel kept while unknown: it was authorized, so it is voided',
    play: async (place) => {
      const id = await begin(place, 'tok_lost_reply', manual);
      await place.waiting(id);
      await place.cancel(id);
      return id;
    },
  },
  'nudge-while-waiting': {
    branch: 'a cancel kept while unknown: it was a sale, so all of it is refunded',
    play: async (place) => {
      const id = await begin(place, 'tok_lost_reply');
      await place.waiting(id);
      await place.cancel(id);
      await place.wake(id);
      return id;
    },
  },
  'cancel-while-unknown-absent': {
    branch: 'a cancel kept while unknown: it never arrived, so it is canceled',
    play: async (place) => {
      const id = await begin(place, 'tok_error_500');
      await place.waiting(id);
      await place.cancel(id);
      await place.hurryToTheEnd(id, 10);
      return id;
    },
  },
  'late-success': {
    branch: 'a decline that was booked all the same: given back',
    play: async (place) => {
      const id = await place.pay('tok_late_success');
      await place.bench.advance(6);
      await place.hear(await attemptId(place, id));
      await place.wake(id);
      return id;
    },
  },
  'late-failure': {
    branch: 'a sale that the provider takes back',
    play: async (place) => {
      await place.bench.sandbox.setFaults([
        { operation: 'authorize', fault: 'late_failure', rate: 1 },
      ]);
      const id = await place.pay('tok_visa');
      await place.bench.advance(6);
      await place.hear(await attemptId(place, id));
      await place.wake(id);
      return id;
    },
  },
};
