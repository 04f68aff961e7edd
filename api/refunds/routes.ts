import { z } from 'zod';
import { HttpError } from '../http-errors.ts';
import { findOperation, presentOperation } from '../payments/present-operation.ts';
import { refundViewSchema } from '../payments/payment-schema.ts';
import type { Payments } from '../ports.ts';
import { readRoute, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';

/** Refunds are asked for at their payment; here they are read by themselves. */
export function refundRoutes(payments: Payments): readonly Route[] {
  return [
    readRoute(
      {
        path: '/v1/refunds/{refund_id}',
        operationId: 'getRefund',
        tag: 'Refunds',
        summary: 'One refund',
        scopes: ['payments:read'],
        params: z.strictObject({ refund_id: z.string() }),
        answers: { 200: { description: 'The refund', schema: refundViewSchema } },
      },
      async ({ principal, params }) => {
        const id = requireId('ref', params.refund_id);
        const snapshot = await payments.findRefund(principal, id);
        const row = snapshot === null ? undefined : findOperation(snapshot, id);
        if (row?.kind !== 'refund') throw new HttpError('not_found', 'There is no such refund.');
        return { status: 200, body: presentOperation(row) };
      },
    ),
  ];
}
