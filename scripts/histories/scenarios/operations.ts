/** Captures, voids and refunds, asked for after the first run has ended. */
import { able, type Provider, type ProviderOutcome } from '../../../domain/provider.ts';
import type { DisputeDesk } from '../../../domain/provider-disputes.ts';
import type { Place } from '../place.ts';
import { attemptId, day, manual, type Scenarios } from '../scenario.ts';

const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'recorded' } as const;
const decline = { code: 'declined', advice: 'retry_later', providerCode: 'declined' } as const;
const declined: ProviderOutcome = { kind: 'declined', decline, evidence };
const unknown: ProviderOutcome = { kind: 'unknown', evidence };

/** Authorized and at rest; then what is asked, and the run that does it. */
async function authorized(place: Place, ask: (id: string) => Promise<unknown>): Promise<string> {
  const id = await place.pay('tok_visa', manual);
  await ask(id);
  await place.wake(id);
  return id;
}

/** Sold and at rest; likewise. */
async function sold(place: Place, ask: (id: string) => Promise<unknown>): Promise<string> {
  const id = await place.pay('tok_visa');
  await ask(id);
  await place.wake(id);
  return id;
}

function answering(place: Place, provider: (real: Provider) => Partial<Provider>): void {
  place.use(place.bench.process({ provider }));
}

const deskThatTakes: DisputeDesk = {
  accept: async () => ({ kind: 'taken', evidence }),
  submitEvidence: async () => ({ kind: 'taken', evidence }),
  look: async () => ({ kind: 'no_answer', evidence }),
};

const lost = (operation: string) => [{ operation, fault: 'lost_reply', rate: 1 }];

export const captures: Scenarios = {
  capture: {
    branch: 'a capture of all',
    play: (place) => authorized(place, place.capture),
  },
  'capture-partial': {
    branch: 'a capture of a part: more may follow',
    play: (place) => authorized(place, (id) => place.capture(id, 30n)),
  },
  'capture-partial-twice': {
    branch: 'two captures of parts in one run',
    play: (place) =>
      authorized(place, async (id) => {
        await place.capture(id, 30n);
        await place.capture(id, 20n);
      }),
  },
  'capture-final': {
    branch: 'a part, then a final capture of less than is left, behind it',
    play: (place) =>
      authorized(place, async (id) => {
        await place.capture(id, 30n);
        await place.capture(id, 20n, true);
      }),
  },
  'capture-failed': {
    branch: 'a capture that the provider refuses',
    play: (place) =>
      authorized(place, async (id) => {
        answering(place, () => ({ capture: async () => declined }));
        await place.capture(id);
      }),
  },
  'capture-in-doubt': {
    branch: 'a capture without an answer: a lookup finds it done',
    play: (place) =>
      authorized(place, async (id) => {
        await place.bench.sandbox.setFaults(lost('capture'));
        await place.capture(id);
      }),
  },
  'capture-resent': {
    branch: 'a capture that never arrived: sent once more under its key',
    play: async (place) => {
      const id = await authorized(place, async (payment) => {
        answering(place, () => ({ capture: async () => unknown }));
        await place.capture(payment);
      });
      await place.waiting(id);
      place.use(place.bench.activities);
      await place.hurryToTheEnd(id, 5);
      return id;
    },
  },
  'capture-not-sent': {
    branch: 'a capture whose connection was refused: asked for again a little later',
    play: async (place) => {
      let refused = false;
      return authorized(place, async (id) => {
        answering(place, (real) => ({
          capture: async (request) => {
            if (refused) return able(real, 'capture').capture(request);
            refused = true;
            return { kind: 'not_sent', evidence };
          },
        }));
        await place.capture(id);
      });
    },
  },
};

export const voids: Scenarios = {
  cancel: {
    branch: 'a cancel of what is authorized',
    play: (place) => authorized(place, place.cancel),
  },
  'cancel-of-the-rest': {
    branch: 'a cancel of what a partial capture has left',
    play: async (place) => {
      const id = await authorized(place, (payment) => place.capture(payment, 30n));
      await place.ended(id);
      await place.cancel(id);
      await place.wake(id);
      return id;
    },
  },
  'cancel-behind-a-capture': {
    branch: 'a partial capture and a cancel at once: in that order',
    play: (place) =>
      authorized(place, async (id) => {
        await place.capture(id, 30n);
        await place.cancel(id);
      }),
  },
  'void-in-doubt': {
    branch: 'a void without an answer: a lookup finds it done',
    play: (place) =>
      authorized(place, async (id) => {
        await place.bench.sandbox.setFaults(lost('void'));
        await place.cancel(id);
      }),
  },
  expiry: {
    branch: 'an authorization that has run out is voided at the provider',
    play: (place) => authorized(place, () => place.bench.advance(7 * day + 60)),
  },
  'expiry-refused': {
    branch: 'the provider refuses the void of what has run out: tried again later',
    play: (place) =>
      authorized(place, () => {
        answering(place, () => ({ void: async () => declined }));
        return place.bench.advance(7 * day + 60);
      }),
  },
  'expiry-in-doubt': {
    branch: 'the void of what has run out gets no answer: a lookup finds it done',
    play: (place) =>
      authorized(place, async () => {
        await place.bench.sandbox.setFaults(lost('void'));
        await place.bench.advance(7 * day + 60);
      }),
  },
};

export const refunds: Scenarios = {
  'dispute-told': {
    branch: 'a dispute told of what was captured: recorded as told',
    play: (place) => sold(place, async (id) => place.dispute(await attemptId(place, id))),
  },
  'dispute-accepted': {
    branch: 'a dispute given up: sent once, by a row',
    play: async (place) => {
      answering(place, () => ({ disputes: deskThatTakes }));
      const id = await sold(place, async (payment) =>
        place.dispute(await attemptId(place, payment)),
      );
      await place.ended(id);
      await place.accept(id);
      await place.wake(id);
      return id;
    },
  },
  refund: { branch: 'a refund of all', play: (place) => sold(place, place.refund) },
  'refund-partial-twice': {
    branch: 'two refunds of parts in one run',
    play: (place) =>
      sold(place, async (id) => {
        await place.refund(id, 30n);
        await place.refund(id, 20n);
      }),
  },
  'refund-in-doubt': {
    branch: 'a refund without an answer: a lookup finds it done',
    play: (place) =>
      sold(place, async (id) => {
        await place.bench.sandbox.setFaults(lost('refund'));
        await place.refund(id);
      }),
  },
  'refund-failed': {
    branch: 'a refund that the provider refuses',
    play: (place) =>
      sold(place, async (id) => {
        answering(place, () => ({ refund: async () => declined }));
        await place.refund(id);
      }),
  },
  'refund-pending': {
    branch: 'a refund that the provider has accepted and tells of later',
    play: async (place) => {
      const id = await sold(place, async (payment) => {
        answering(place, (real) => ({
          refund: async (request) => {
            const outcome = await able(real, 'refund').refund(request);
            return outcome.kind === 'approved' ? { ...outcome, kind: 'pending' } : outcome;
          },
        }));
        await place.refund(payment);
      });
      await place.hurryToTheEnd(id, 30);
      return id;
    },
  },
  'refund-failed-late': {
    branch: 'a refund that had succeeded and that the provider takes back',
    play: async (place) => {
      const id = await place.pay('tok_visa');
      await place.bench.sandbox.setFaults([
        { operation: 'refund', fault: 'late_failure', rate: 1 },
      ]);
      const refundId = await place.refund(id);
      await place.wake(id);
      await place.ended(id);
      await place.bench.advance(6);
      await place.hear(refundId);
      await place.wake(id);
      return id;
    },
  },
};
