/** What a first run does: all of it in the first workflow task, or one provider after the other. */
import { attemptId, day, manual, type Scenarios } from '../scenario.ts';

export const firstTry: Scenarios = {
  sale: { branch: 'a sale in the first workflow task', play: ({ pay }) => pay('tok_visa') },
  authorization: {
    branch: 'an authorization, its capture left to the merchant',
    play: ({ pay }) => pay('tok_visa', manual),
  },
  decline: {
    branch: 'a definite no of the provider',
    play: ({ pay }) => pay('tok_declined_do_not_honor'),
  },
  'decline-another-try': {
    branch: 'after a decline another card, approved',
    play: async (place) => {
      const id = await place.pay('tok_declined_insufficient_funds');
      await place.retry(id, 'tok_mastercard');
      await place.wake(id);
      return id;
    },
  },
  'blocked-regulated': {
    branch: 'regulated goods: refused before any provider is asked',
    play: ({ pay }) => pay('tok_visa', { regulated: { category: 'alcohol' } }),
  },
  'not-submitted-in-time': {
    branch: 'the time to submit was over before the first run: canceled, never sent',
    play: async ({ bench, start }) => {
      const id = await bench.accept('tok_visa', { submitWithinMs: 60_000 });
      await bench.advance(61);
      await start(id);
      return id;
    },
  },
  'canceled-before-submission': {
    branch: 'a cancel that came before the first run',
    play: async (place) => {
      const id = await place.bench.accept('tok_visa');
      await place.cancel(id);
      await place.start(id);
      return id;
    },
  },
  'failover-authorize-capture': {
    branch:
      'the first provider refused the connection, the second took it: authorize, then capture',
    play: ({ pay }) => pay('tok_refused_connection'),
  },
  'failover-authorization': {
    branch: 'the first provider refused the connection, the second authorized',
    play: ({ pay }) => pay('tok_refused_connection', manual),
  },
  'failover-decline': {
    branch: 'the first provider refused the connection, the second said no',
    play: async ({ bench, pay }) => {
      await bench.sandbox.setFaults([{ provider: 'alder', fault: 'refused', rate: 1 }]);
      return pay('tok_declined_do_not_honor');
    },
  },
  'refused-everywhere': {
    branch: 'every provider refused the connection: none is left',
    play: async ({ bench, pay }) => {
      await bench.sandbox.setFaults([{ operation: 'authorize', fault: 'refused', rate: 1 }]);
      return pay('tok_visa');
    },
  },
  'failover-canceled-meanwhile': {
    branch: 'a cancel that came between two providers: the second is never asked',
    play: async (place) => {
      const { activities } = place.bench;
      place.use({
        paymentScreen: async (input) => {
          await place.cancel(input.paymentId);
          return activities.paymentScreen(input);
        },
      });
      return place.pay('tok_refused_connection');
    },
  },
  'failover-decision-overtaken': {
    branch:
      'a cancel between screening and submitting the next try: nothing is sent, screened again',
    play: async (place) => {
      const { activities } = place.bench;
      let canceled = false;
      place.use({
        attemptSubmit: async (input) => {
          if (!canceled) await place.cancel(input.paymentId);
          canceled = true;
          return activities.attemptSubmit(input);
        },
      });
      return place.pay('tok_refused_connection');
    },
  },
  'slow-reply': {
    branch: 'a provider that takes longer than a workflow task gives: its heartbeats',
    play: ({ pay }) => pay('tok_slow'),
  },
  'three-d-secure-page': {
    branch: 'the shopper is sent to a page of the bank: the run ends',
    play: ({ pay }) => pay('tok_3ds'),
  },
  'three-d-secure': {
    branch: 'the shopper comes back from the page, approved',
    play: async (place) => {
      const id = await place.pay('tok_3ds');
      await place.answerPage(id, 'approve');
      await place.wake(id);
      return id;
    },
  },
  'three-d-secure-failed': {
    branch: 'the shopper comes back from the page, refused',
    play: async (place) => {
      const id = await place.pay('tok_3ds');
      await place.answerPage(id, 'reject');
      await place.wake(id);
      return id;
    },
  },
  'three-d-secure-expired': {
    branch: 'nobody came back from the page: closed at the provider first',
    play: async (place) => {
      const id = await place.pay('tok_3ds');
      await place.bench.advance(16 * 60);
      await place.wake(id);
      return id;
    },
  },
  'three-d-secure-canceled': {
    branch: 'a cancel while the shopper is at the page',
    play: async (place) => {
      const id = await place.pay('tok_3ds');
      await place.cancel(id);
      await place.wake(id);
      return id;
    },
  },
  'no-other-try-in-time': {
    branch: 'a declined payment whose time for another try is over',
    play: async (place) => {
      const id = await place.pay('tok_declined_do_not_honor');
      await place.bench.advance(day + 60);
      await place.wake(id);
      return id;
    },
  },
  'started-at-rest': {
    branch: 'a run for a payment that needs nothing',
    play: async (place) => {
      const id = await place.pay('tok_visa');
      await place.start(id);
      return id;
    },
  },
  'woken-at-rest': {
    branch: 'a run for a payment that needs nothing, begun by a nudge',
    play: async (place) => {
      const id = await place.pay('tok_visa');
      await place.hear(await attemptId(place, id));
      await place.bench.activities.attemptResolve({
        paymentId: id,
        attemptId: await attemptId(place, id),
      });
      await place.wake(id);
      return id;
    },
  },
};
