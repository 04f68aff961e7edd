/** A refund above the limit, through the whole service: approved, rejected, and nobody there. */
import { describe, expect, test } from '@jest/globals';
import { booksOf } from '../support/books.ts';
import { byCard, paymentOf, type Reply } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

export interface ApprovalCase {
  readonly paymentId: string;
  readonly refundId: string;
  readonly approvalId: string;
  readonly refund: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Captured 100.00, and 60.00 of it asked for by support. */
export async function askForRefund(stack: TestStack): Promise<ApprovalCase> {
  const { apiKey: key, id: merchant } = stack.limited;
  const { id: paymentId } = paymentOf(
    await stack.api.post('/v1/payments', byCard('tok_visa'), { key }),
  );
  const asked = await stack.api.post(
    `/v1/payments/${paymentId}/refunds`,
    { amount: 6_000, reason: 'broken' },
    { key: stack.staff.support, headers: { 'tender-merchant': merchant } },
  );
  expect([asked.status, asked.body['status']]).toEqual([202, 'requires_approval']);
  const refundId = String(asked.body['id']);
  return {
    ...{ paymentId, refundId, approvalId: String(asked.body['approval_id']) },
    refund: async () => (await stack.api.get(`/v1/refunds/${refundId}`, { key })).body,
  };
}

export function decide(
  stack: TestStack,
  approvalId: string,
  verdict: 'approve' | 'reject',
): Promise<Reply> {
  return stack.api.post(
    `/v1/approvals/${approvalId}/${verdict}`,
    {},
    {
      key: stack.staff.support2,
      headers: { 'tender-merchant': stack.limited.id, 'x-reason': 'looked at it' },
    },
  );
}

export function describeApprovals(stack: () => TestStack): void {
  describe('a refund above the limit', () => {
    test.concurrent('that a second person approves is given back, once', async () => {
      const { paymentId, approvalId, refund } = await askForRefund(stack());
      expect(await booksOf(stack(), paymentId)).toEqual(['authorize', 'capture']);
      const answers = await Promise.all(
        [1, 2, 3].map(() => decide(stack(), approvalId, 'approve')),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      const deadline = performance.now() + 15_000;
      while ((await refund())['status'] !== 'succeeded' && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await refund()).toMatchObject({ status: 'succeeded', approval_id: approvalId });
      expect(await booksOf(stack(), paymentId)).toEqual(['authorize', 'capture', 'refund']);
    });

    test.concurrent(
      'that a second person rejects never leaves, and its amount is free',
      async () => {
        const { paymentId, approvalId, refund } = await askForRefund(stack());
        expect((await decide(stack(), approvalId, 'reject')).status).toBe(200);
        expect(await refund()).toMatchObject({
          status: 'rejected',
          failure: { code: 'not_approved' },
        });
        const { apiKey: key } = stack().limited;
        const rest = await stack().api.post(`/v1/payments/${paymentId}/refunds`, { amount: 5_000, reason: 'x' }, { key }); // prettier-ignore
        expect([rest.status, rest.body['status']]).toEqual([201, 'succeeded']);
        expect(await booksOf(stack(), paymentId)).toEqual(['authorize', 'capture', 'refund']);
      },
    );
  });
}
