/** The API's port to what is in doubt: read as the merchant, resolved (after approval) as a worker. */
import type { Transaction } from 'kysely';
import { askForResolution, findApproval, openResolution } from '../../db/approvals.ts';
import { commitChange } from '../../db/changes.ts';
import type { Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { doubtTotals, listDoubts, type DoubtRow } from '../../db/doubts.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import { asMerchant, lockPayment } from '../../db/payments.ts';
import { paymentState, type PaymentSnapshot } from '../../db/snapshot.ts';
import { refuse } from '../../domain/commands.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import {
  fieldAmiss,
  findSubject,
  judgeResolution,
  resolutionLine,
} from '../../domain/forced-resolution.ts';
import { approvalLifeMs } from '../../domain/timing.ts';
import { newId } from '../../runtime/ids.ts';
import type { DoubtedPayment, Doubts, ResolutionAsked, ResolutionInput } from '../doubt/ports.ts';
import type { FieldError } from '../http-errors.ts';
import { minorUnits } from '../minor-units.ts';

type Trx = Transaction<Database>;

/** As it is kept under the key: of a request only its id, since what becomes of it is still open. */
interface Kept {
  readonly id: string;
  readonly refusal: {
    readonly code: RefusalCode;
    readonly detail: string;
    readonly snapshot: PaymentSnapshot;
  } | null;
}

interface Asking {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly input: ResolutionInput;
  readonly actor: string;
  readonly reason: string;
}

class FieldAmiss extends Error {
  readonly field: FieldError;
  constructor(field: FieldError) {
    super(field.detail);
    this.field = field;
  }
}

export function createDoubts(db: Db, workerDb: Db): Doubts {
  return {
    list: ({ merchantId }, page) =>
      asMerchant(db, merchantId, async (trx) => {
        const payments = byPayment(await listDoubts(trx, merchantId, page));
        const items = payments.slice(0, page.limit);
        return {
          page: { items, hasMore: payments.length > page.limit },
          totals: await doubtTotals(trx, merchantId),
        };
      }),
    resolve: async ({ merchantId, person = '' }, key, paymentId, input, by) => {
      const asking = { merchantId, paymentId, input, ...by };
      const claim = { ...key, merchant_id: merchantId, person };
      try {
        const statusOf = ({ refusal }: Kept): 201 | 409 => (refusal === null ? 201 : 409);
        const made = await makeOnce<Kept>(workerDb, claim, (trx) => ask(trx, asking), statusOf);
        return await resultOf(workerDb, merchantId, made);
      } catch (error) {
        if (!(error instanceof FieldAmiss)) throw error;
        return { kind: 'invalid', errors: [error.field] };
      }
    },
  };
}

/** They come sorted by payment. */
function byPayment(rows: readonly DoubtRow[]): readonly DoubtedPayment[] {
  const payments = new Map<string, DoubtedPayment>();
  for (const row of rows) {
    const before = payments.get(row.payment_id);
    payments.set(row.payment_id, before === undefined ? [row] : [...before, row]);
  }
  return [...payments.values()];
}

async function resultOf(
  workerDb: Db,
  merchantId: string,
  made: Awaited<ReturnType<typeof makeOnce<Kept>>>,
): Promise<ResolutionAsked> {
  if (made.kind === 'key_reused') return made;
  if (made.kind === 'refused') return { kind: 'not_found' };
  const { object, replayed } = made;
  if (object.refusal !== null) return { kind: 'refused', ...object.refusal, replayed };
  const approval = await findApproval(workerDb, merchantId, object.id);
  if (approval === null) throw new Error(`approval ${object.id} of a held key is not there`);
  return { kind: 'asked', approval };
}

/** Null: there is no such payment of this merchant, or nothing of that id in it. */
async function ask(trx: Trx, asking: Asking): Promise<Kept | null> {
  const { merchantId, paymentId, input, actor, reason } = asking;
  const snapshot = await lockPayment(trx, paymentId);
  // A worker sees everybody's.
  if (snapshot?.payment.merchant_id !== merchantId) return null;
  const payment = paymentState(snapshot);
  const subject = findSubject(payment, input.subjectId);
  if (subject === null) return null;
  const refusal =
    judgeResolution(payment, subject, input.outcome, input.amountMinor) ??
    ((await openResolution(trx, input.subjectId))
      ? refuse('resolution_pending', 'Another person is asked about this already.')
      : null);
  if (refusal?.kind === 'refused') {
    const { code, detail } = refusal;
    return { id: input.subjectId, refusal: { code, detail, snapshot } };
  }
  const amiss = fieldAmiss(payment, subject, input);
  if (amiss !== null) throw new FieldAmiss(amiss);
  const { outcome, providerReference, paidFrom, evidence } = input;
  const request = {
    outcome,
    ...(providerReference !== undefined && { provider_reference: providerReference }),
    ...(paidFrom !== undefined && { paid_from: paidFrom }),
    evidence,
  };
  const { amount, sentCount } = subject.operation ?? subject.attempt;
  const id = newId('apr');
  await askForResolution(trx, {
    ...{
      id,
      kind: 'resolution',
      merchantId,
      paymentId,
      request,
      actor,
      reason,
      lifeMs: approvalLifeMs,
    },
    binds: {
      id: input.subjectId,
      version: Number(payment.version),
      amount: minorUnits(amount),
      currency: payment.currency,
      sent_count: sentCount,
    },
  });
  const line = resolutionLine('requested', actor, subject, { approval_id: id, reason, ...request });
  const { committed } = await commitChange(trx, payment, { timeline: [line] });
  if (!committed) throw new Error(`payment ${paymentId} changed under its lock`);
  return { id, refusal: null };
}
