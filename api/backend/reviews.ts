/** The API's port to the review queue: read as the merchant, decided as a worker, key and decision in one commit. */
import type { Transaction } from 'kysely';
import type { Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { isRefusedBy } from '../../db/errors.ts';
import { makeOnce, type MadeOnce } from '../../db/objects-made-once.ts';
import { decideReview, findReview, listReviews, verdictOf, type ReviewRow, type ReviewVerdict } from '../../db/reviews.ts'; // prettier-ignore
import type { ReviewAnswer, Reviews } from '../reviews/ports.ts';
import { paged } from './paged.ts';

export interface ReviewsBackend {
  /** One merchant at a time. */
  readonly db: Db;
  readonly workerDb: Db;
  /** Best effort: `wake_at` is committed. */
  readonly nudge: (paymentId: string) => Promise<void>;
}

/** As it is kept under the key. */
interface Kept {
  readonly id: string;
  readonly answer: 'as_asked' | 'review_decided' | 'review_lapsed';
  readonly review: ReviewRow;
}

export function createReviews({ db, workerDb, nudge }: ReviewsBackend): Reviews {
  return {
    find: ({ merchantId }, id) => findReview(db, merchantId, id),
    list: async ({ merchantId }, filter, page) =>
      paged(await listReviews(db, merchantId, filter, page), page.limit),
    decide: async (principal, key, id, verdict, by) => {
      const { merchantId, person = '' } = principal;
      if ((await findReview(db, merchantId, id)) === null) return { kind: 'not_found' };
      const once = (): Promise<MadeOnce<Kept>> =>
        makeOnce<Kept>(
          workerDb,
          { ...key, merchant_id: merchantId, person },
          (trx) => decide(trx, id, verdict, by),
          ({ answer }) => (answer === 'as_asked' ? 200 : 409),
        );
      // It lapsed between being read and being written: nothing was, and read again it says so.
      const made = await once().catch((error: unknown) => {
        if (!isRefusedBy(error, 'review_lapsed')) throw error;
        return once();
      });
      const answer = answerOf(made);
      if (answer.kind === 'as_asked') await nudge(answer.review.payment_id).catch(() => undefined);
      return answer;
    },
  };
}

function answerOf(made: MadeOnce<Kept>): ReviewAnswer {
  if (made.kind === 'key_reused') return made;
  if (made.kind === 'refused') return { kind: 'not_found' };
  const { answer, review } = made.object;
  return { kind: answer, review, replayed: made.replayed };
}

async function decide(
  trx: Transaction<Database>,
  id: string,
  verdict: ReviewVerdict,
  by: { readonly actor: string; readonly reason: string },
): Promise<Kept> {
  const { decided, review } = await decideReview(trx, id, verdict, by);
  // Still open, and not to be decided: nobody has written down yet that its time is over.
  const isOver = review.status === 'lapsed' || review.status === 'open';
  if (decided || (!isOver && verdictOf(review) === verdict)) {
    return { id, answer: 'as_asked', review };
  }
  return { id, answer: isOver ? 'review_lapsed' : 'review_decided', review };
}
