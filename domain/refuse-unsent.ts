/** An operation that ends before it is sent, because it can no longer be what was asked for. */
import type { Basis, Change } from './change.ts';
import type { OperationState } from './payment-state.ts';

/** `code`: as in `domain/messages.ts`. Nothing was reserved in the books, which happens with the permit. */
export function refuseUnsent(operation: OperationState, code: string): Change {
  const { id, kind } = operation;
  const basis: Basis = { kind: 'rule', detail: code };
  return {
    operations: {
      update: [
        {
          id,
          fromStatus: 'requested',
          status: 'failed',
          dueAt: null,
          basis,
          failure: { code, advice: 'do_not_retry', providerCode: '' },
        },
      ],
    },
    timeline: [
      {
        actor: 'tender',
        kind: `${kind}.failed`,
        fromStatus: 'requested',
        toStatus: 'failed',
        evidence: { ...basis, operation_id: id },
      },
    ],
    events: [{ type: `${kind}.failed`, operationId: id }],
    answers: [{ awaitsId: id, status: 402, code: `${kind}_declined` }],
  };
}
