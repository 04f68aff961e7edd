/** What callers were told, held against the records and the books. */
import { addUp } from './holdings.ts';
import { paymentIdOf } from './checkout.ts';
import type { Asked, Checkout } from './checkout.ts';
import type { Finding } from './compare.ts';
import type { OperationRecord, Records } from './records.ts';
import type { Movement } from './sandbox-books.ts';
import { referenceOf } from './stories.ts';

export interface ClientView {
  readonly findings: readonly Finding[];
  /** Two answers to one key, a 5xx that is not 503, a no to what was charged. */
  readonly contradictions: readonly string[];
  /** Keys without a clear answer, even when asked again at the end. */
  readonly unanswered: readonly string[];
}

export function judgeAnswers(
  checkout: Checkout,
  run: string,
  records: Records,
  books: readonly Movement[],
): ClientView {
  const creates = checkout.asked.filter(({ purpose }) => purpose === 'create');
  return {
    findings: [
      ...creates.flatMap((asked) => judgeCreate(asked, run, records)),
      ...judgeUnasked(creates, run, records),
      ...checkout.asked.flatMap((asked) => judgeOperationAnswer(asked, records)),
      ...judgeAmounts(checkout.asked, records),
    ],
    contradictions: [
      ...checkout.tally.wrong,
      ...checkout.asked.flatMap(({ key, contradictions }) =>
        contradictions.map((text) => `${key}: ${text}`),
      ),
      ...judgeNoes(checkout, records, books),
    ],
    unanswered: checkout.asked.filter(({ clear }) => clear === undefined).map(({ key }) => key),
  };
}

function judgeCreate(asked: Asked, run: string, records: Records): readonly Finding[] {
  if (asked.accepted === undefined) return [];
  const id = paymentIdOf(asked.accepted);
  const subject = id ?? asked.key;
  const payment = records.payments.find((row) => row.id === id);
  if (payment === undefined) {
    return [{ fault: 'lost_payment', subject, text: 'accepted, and not in the database' }];
  }
  const clear = asked.clear && paymentIdOf(asked.clear);
  if (clear !== undefined && clear !== id) {
    return [{ fault: 'double_charge', subject, text: `one key also made ${clear}` }];
  }
  const agrees =
    payment.merchant_reference === referenceOf(run, asked.story) &&
    isAmount(payment.amount, asked.body['amount']) &&
    payment.currency === asked.body['currency'];
  return agrees ? [] : [{ fault: 'lost_payment', subject, text: 'is another than was asked for' }];
}

function isAmount(recorded: bigint, asked: unknown): boolean {
  return typeof asked === 'number' && recorded === BigInt(asked);
}

/** A payment nobody asked for is as bad as one that is gone. */
function judgeUnasked(
  creates: readonly Asked[],
  run: string,
  records: Records,
): readonly Finding[] {
  // prettier-ignore
  const asked = new Set(creates.map(({ story }) => referenceOf(run, story)));
  return records.payments
    .filter(({ merchant_reference }) => !asked.has(merchant_reference ?? ''))
    .map(({ id }) => ({
      fault: 'double_charge' as const,
      subject: id,
      text: 'nobody asked for this payment',
    }));
}

/** A capture or refund that was answered as done, or as refused, is so on record. */
function judgeOperationAnswer(asked: Asked, records: Records): readonly Finding[] {
  const { clear, purpose } = asked;
  if (clear === undefined || (purpose !== 'capture' && purpose !== 'refund')) return [];
  const say = (text: string): Finding[] => [
    { fault: 'lost_payment', subject: paymentIdOf(clear) ?? asked.key, text: `${asked.key}: ${text}` }, // prettier-ignore
  ];
  const told = clear.status === 201 ? clear.body : clear.body['operation'];
  if (clear.status === 409) return [];
  const id = typeof told === 'object' && told !== null && 'id' in told ? told.id : undefined;
  const row: OperationRecord | undefined = records.operations.find((o) => o.id === id);
  if (row === undefined) return say(`answered ${clear.status}, and not in the database`);
  const expected = clear.status === 201 ? 'succeeded' : 'failed';
  if (row.status !== expected) return say(`answered ${clear.status}, on record ${row.status}`);
  return [];
}

/** What was done under a key is what was asked under it, answered or not. */
function judgeAmounts(all: readonly Asked[], records: Records): readonly Finding[] {
  const done = new Map(records.keys.map(({ key, awaits_id }) => [key, awaits_id]));
  const operations = new Map(records.operations.map((row) => [row.id, row]));
  return all.flatMap(({ purpose, key, body }) => {
    const row = operations.get(done.get(key) ?? '');
    if (row === undefined || (purpose !== 'capture' && purpose !== 'refund')) return [];
    const asked = body['amount'];
    if (row.kind === purpose && isAmount(row.amount, asked)) return [];
    const isMore = purpose === 'capture' && typeof asked === 'number' && row.amount > BigInt(asked);
    return [
      {
        fault: isMore ? ('double_charge' as const) : ('lost_payment' as const),
        subject: row.payment_id,
        text: `${key} asked for a ${purpose} of ${String(asked)}, done was a ${row.kind} of ${row.amount}`,
      },
    ];
  });
}

/** Told no, and nothing was asked after it: then nothing may be charged or held. */
function judgeNoes(
  checkout: Checkout,
  records: Records,
  books: readonly Movement[],
): readonly string[] {
  const { holdings } = addUp(records, books);
  const triedAgain = new Set(
    checkout.asked.filter(({ purpose }) => purpose === 'attempt').map(({ story }) => story),
  );
  return checkout.asked.flatMap(({ purpose, clear, story, key }) => {
    if (purpose !== 'create' || clear?.status !== 402 || triedAgain.has(story)) return [];
    const id = paymentIdOf(clear);
    const taken = holdings.filter(
      ({ attempt, open, captured, refunded }) =>
        attempt.payment_id === id && (open !== 0n || captured !== refunded),
    );
    return taken.map(({ attempt }) => `${key}: answered 402, yet ${attempt.id} is charged`);
  });
}
