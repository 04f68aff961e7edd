/** Ways of paying that take days: debits that a bank tells of later, transfers that payers make themselves. */
import { sendMoney } from '../../../sandbox/testing/bank.ts';
import type { Place } from '../place.ts';
import { attemptId, day, type Scenarios } from '../scenario.ts';

const atBank = (type: 'bank_debit' | 'bank_transfer', token?: string) =>
  ({
    currency: 'EUR',
    paymentMethod: { type, ...(token !== undefined && { token }) },
  }) as const;

/** Submitted to the bank, which says so much later what became of it; looked at by earlier runs already. */
async function debited(place: Place, token: string): Promise<string> {
  const { bench } = place;
  const id = await bench.accept('', atBank('bank_debit', token));
  await bench.activities.authorize({ paymentId: id });
  const attempt = { paymentId: id, attemptId: await attemptId(place, id) };
  for (let n = 0; n < 5; n += 1) {
    await bench.advance(60);
    await bench.activities.attemptResolve(attempt);
  }
  await place.start(id);
  await place.hurryToTheEnd(id, 60);
  return id;
}

/** The bank's event, days later; and the run that it begins is over. */
async function heard(place: Place, id: string, days: number): Promise<string> {
  await place.bench.advance(days * day);
  await place.hear(await attemptId(place, id), 'bank');
  await place.wake(id);
  return id;
}

async function transferAwaited(place: Place): Promise<{ id: string; reference: string }> {
  const id = await place.pay('', atBank('bank_transfer'));
  const { reference } = await place.bench.rows.one<{ reference: string }>(
    `select next_action ->> 'transferReference' as reference from payments where id = $1`,
    [id],
  );
  return { id, reference };
}

/** Came, told of, and looked at by a run of its own. */
async function sent(place: Place, payment: { id: string; reference: string }, amount: number) {
  await sendMoney(place.bench.sandbox, payment.reference, amount);
  await place.hear(await attemptId(place, payment.id), 'bank');
  await place.wake(payment.id);
}

export const bank: Scenarios = {
  'debit-submitted': {
    branch: 'a bank debit that is submitted and not told of yet: looked at until the run ends',
    play: (place) => debited(place, 'tok_debit_mandated'),
  },
  'debit-paid': {
    branch: 'a bank debit that is paid days after it was submitted',
    play: async (place) => heard(place, await debited(place, 'tok_debit_mandated'), 3),
  },
  'debit-failed': {
    branch: 'a bank debit that fails days after it was submitted',
    play: async (place) => heard(place, await debited(place, 'tok_debit_fails'), 3),
  },
  'debit-returned': {
    branch: 'a bank debit that was paid and that its payer has taken back',
    play: async (place) => {
      const id = await heard(place, await debited(place, 'tok_debit_returned'), 3);
      await place.ended(id);
      return heard(place, id, 14);
    },
  },
  'transfer-awaited': {
    branch: 'a bank transfer: the shopper is told where to send it, and the run ends',
    play: async (place) => (await transferAwaited(place)).id,
  },
  'transfer-in-parts': {
    branch: 'the second part of a transfer makes it whole',
    play: async (place) => {
      const payment = await transferAwaited(place);
      await sent(place, payment, 40);
      await place.ended(payment.id);
      await sent(place, payment, 60);
      return payment.id;
    },
  },
  'transfer-too-much': {
    branch: 'a transfer of too much: captured, and the rest sent back',
    play: async (place) => {
      const payment = await transferAwaited(place);
      await sent(place, payment, 130);
      await place.hurryToTheEnd(payment.id, day);
      return payment.id;
    },
  },
};
