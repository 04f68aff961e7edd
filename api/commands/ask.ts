/** The one transaction of a command on a payment that is there. */
import { commitChange } from '../../db/changes.ts';
import type { Db } from '../../db/client.ts';
import { claimKey, freezeRefusal, type HeldKey, type KeyClaim } from '../../db/idempotency-keys.ts';
import { isRefusedBy } from '../../db/errors.ts';
import { asMerchant, lockPayment } from '../../db/payments.ts';
import { paymentState, type PaymentSnapshot } from '../../db/snapshot.ts';
import type { Judgement } from '../../domain/commands.ts';
import type { PaymentState } from '../../domain/payment-state.ts';

/** What a field may name that is not there: nothing is written, and the key stays unused. */
export const unknownFields = {
  unknown_customer: { pointer: '/customer/id', detail: 'names no customer' },
  unknown_payment_method: {
    pointer: '/payment_method/id',
    detail: 'names no payment method of that type and customer',
  },
} as const;

export interface Question {
  readonly resource: HeldKey['resource_kind'];
  /** Id of what the answer waits for: the new operation, or the payment itself. */
  readonly awaitsId: string;
  readonly judge: (payment: PaymentState) => Judgement;
  /** What a constraint says that refuses the change, by its name. */
  readonly constraints?: Readonly<Record<string, Judgement>>;
}

export interface Asked {
  readonly resource: HeldKey['resource_kind'];
  readonly awaitsId: string;
  readonly paymentId: string;
}

type AskedInOneCommit =
  | { readonly kind: 'not_found' }
  | { readonly kind: 'held'; readonly held: HeldKey }
  | {
      readonly kind: 'refused';
      readonly judgement: Extract<Judgement, { kind: 'refused' }>;
      readonly snapshot: PaymentSnapshot;
    }
  | { readonly kind: 'accepted'; readonly snapshot: PaymentSnapshot };

/** What a constraint refused is judged once more, and the refusal kept under the key. */
export async function askOrRefuse(
  db: Db,
  key: KeyClaim,
  asked: Asked,
  question: Question,
): Promise<AskedInOneCommit> {
  try {
    return await askInOneCommit(db, key, asked, question);
  } catch (error) {
    const named = Object.entries(question.constraints ?? {});
    const refused = named.find(([constraint]) => isRefusedBy(error, constraint));
    if (refused === undefined) throw error;
    return askInOneCommit(db, key, asked, { ...question, judge: () => refused[1] });
  }
}

/** Key, judgement under the payment's lock, and what was asked for: together or not at all. */
function askInOneCommit(
  db: Db,
  key: KeyClaim,
  asked: Asked,
  question: Question,
): Promise<AskedInOneCommit> {
  const { paymentId } = asked;
  return asMerchant(db, key.merchant_id, async (trx) => {
    const snapshot = await lockPayment(trx, paymentId);
    if (snapshot === null) return { kind: 'not_found' as const };
    const held = await claimKey(trx, key, { kind: asked.resource, ...asked });
    if (held !== null) return { kind: 'held' as const, held };
    const payment = paymentState(snapshot);
    const judgement = question.judge(payment);
    if (judgement.kind === 'refused') {
      await freezeRefusal(trx, key, judgement.code, judgement.detail, snapshot);
      return { kind: 'refused' as const, judgement, snapshot };
    }
    const result = await commitChange(trx, payment, judgement.change);
    if (!result.committed) throw new Error(`payment ${paymentId} changed under its lock`);
    return { kind: 'accepted' as const, snapshot: result.snapshot };
  });
}
