import type { Context } from '../context.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { settleLateFailures } from './late.ts';
import { shownState } from './present.ts';
import { conflict } from './result.ts';
import type { Result } from './result.ts';
import { remainingAmount } from './rules.ts';

function release(context: Context, row: AuthorizationRow): void {
  const { store, clock } = context;
  const now = clock.now();
  store.jobs.remove(row.id);
  const { status } = shownState(row, now);
  if (status !== 'authorized' && status !== 'requires_action') return;
  const amount = remainingAmount(row);
  store.authorizations.update({
    ...row,
    status: 'voided',
    decline_code: 'reference_voided',
    released: row.released + amount,
    closed: 1,
  });
  if (status === 'requires_action') return;
  store.movements.append({
    provider: row.provider,
    reference: row.reference,
    operation: 'void',
    amount,
    currency: row.currency,
    at: now,
    provider_reference: row.id,
    key: `void_by_reference/${row.reference}`,
  });
}

/**
 * After it nothing under the reference holds money or ever will: what is there is voided, and a
 * request that is still on its way will be refused. One transaction, the caller's.
 */
export function fence(context: Context, provider: string, reference: string): Result {
  const { store } = context;
  for (const row of store.authorizations.listByReference(provider, reference)) {
    settleLateFailures(context, row.id);
  }
  const rows = store.authorizations.listByReference(provider, reference);
  if (rows.some((row) => row.captured > 0)) {
    const refused = conflict('already_captured', 'captured funds can only be refunded');
    return { ...refused, body: { ...refused.body, reference } };
  }
  store.fences.insert(provider, reference);
  for (const row of rows) release(context, row);
  return { status: 200, body: { object: 'fence', reference, status: 'fenced' } };
}
