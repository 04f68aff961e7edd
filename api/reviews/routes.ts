/** Payments whose capture waits for a person: the queue, and that person's word. */
import { z } from 'zod';
import type { ReviewVerdict } from '../../db/reviews.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { ReviewAnswer, Reviews } from './ports.ts';
import { presentReview } from './presenter.ts';
import { reviewParams, reviewSchema, reviewsQuery } from './schema.ts';

const reads = { tag: 'Reviews', scopes: ['reviews:read'] } as const;
const review = { description: 'The review', schema: reviewSchema };

export function reviewRoutes(reviews: Reviews): readonly Route[] {
  return [
    listRoute(reviews),
    readOneRoute(reviews),
    decisionRoute(reviews, 'approve'),
    decisionRoute(reviews, 'decline'),
  ];
}

function listRoute(reviews: Reviews): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/reviews',
      operationId: 'listReviews',
      summary: "This merchant's reviews, the greatest risk first, then the oldest",
      query: reviewsQuery,
      answers: { 200: { description: 'A page', schema: listSchema(reviewSchema) } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const { status, payment_id: paymentId, opened_before: openedBefore } = query;
      const filter = { status, paymentId, openedBefore };
      const page = await reviews.list(principal, filter, pageOf(query));
      return { status: 200, body: presentList(page, ({ id }) => id, presentReview) };
    },
  );
}

function readOneRoute(reviews: Reviews): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/reviews/{review_id}',
      operationId: 'getReview',
      summary: 'One review',
      params: reviewParams,
      answers: { 200: review },
    },
    async ({ principal, params }) => {
      requireStaff(principal);
      const found = await reviews.find(principal, requireId('rev', params.review_id));
      if (found === null) throw new HttpError('not_found', 'There is no such review.');
      return { status: 200, body: presentReview(found) };
    },
  );
}

function decisionRoute(reviews: Reviews, verdict: ReviewVerdict): Route {
  const summaries = {
    approve: 'Let the payment go on; X-Reason says why',
    decline: 'End the payment: what is held is released; X-Reason says why',
  };
  return commandRoute(
    {
      tag: 'Reviews',
      scopes: ['reviews:decide'],
      path: `/v1/reviews/{review_id}/${verdict}`,
      operationId: `${verdict}Review`,
      summary: summaries[verdict],
      params: reviewParams,
      body: z.strictObject({}),
      answers: {
        200: review,
        409: { description: 'Decided otherwise, or its time is over', schema: problemSchema },
      },
    },
    async ({ principal, key, params }) => {
      const by = staffAct(principal);
      const id = requireId('rev', params.review_id);
      return decisionReply(await reviews.decide(principal, key, id, verdict, by));
    },
  );
}

const details = {
  review_decided: 'Somebody has decided it otherwise.',
  review_lapsed: 'Nobody decided it in time: what the merchant wants then holds.',
};

function decisionReply(answer: ReviewAnswer): Reply {
  if (answer.kind === 'not_found') throw new HttpError('not_found', 'There is no such review.');
  if (answer.kind === 'key_reused') {
    throw new HttpError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
    );
  }
  const headers = answer.replayed ? { 'Idempotent-Replayed': 'true' } : {};
  const body = presentReview(answer.review);
  if (answer.kind === 'as_asked') return { status: 200, headers, body };
  const { kind: code } = answer;
  return { headers, problem: { code, detail: details[code], members: { review: body } } };
}
