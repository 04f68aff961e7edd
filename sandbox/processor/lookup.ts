import type { Context } from '../context.ts';
import { errorBody } from '../http/reply.ts';
import { presentAuthorization, presentOperation } from './present.ts';
import type { Result } from './result.ts';

export const lookupKinds = ['authorize', 'capture', 'void', 'refund', 'increment'] as const;
export type LookupKind = (typeof lookupKinds)[number];

/** Nothing has come under this reference, as far as is known here. */
export function notFound(reference: string): Result {
  const body = errorBody('not_found', 'reference_not_found', 'nothing under it', { reference });
  return { status: 404, body };
}

function lookupAuthorization(context: Context, provider: string, reference: string): Result {
  const { store, clock } = context;
  const [row] = store.authorizations.listByReference(provider, reference);
  if (row !== undefined) {
    // What became of that request: raised since, it is still what was asked for under this reference.
    const amount = row.amount - store.operations.incrementOf(row.id);
    const asked = { ...row, amount };
    return { status: 200, body: presentAuthorization(asked, clock.now(), context.publicUrl()) };
  }
  if (!store.fences.has(provider, reference)) return notFound(reference);
  const decline = { status: 'declined', decline_code: 'reference_voided' };
  return { status: 200, body: { object: 'authorization', reference, ...decline } };
}

/** What became of the request with our client's reference, as far as it got here. */
export function lookup(
  context: Context,
  provider: string,
  kind: LookupKind,
  reference: string,
): Result {
  if (kind === 'authorize') return lookupAuthorization(context, provider, reference);
  const row = context.store.operations.findByReference(provider, kind, reference);
  return row === undefined ? notFound(reference) : { status: 200, body: presentOperation(row) };
}
