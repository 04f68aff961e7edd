import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationRow } from '../store/operations.ts';
import type { Store } from '../store/store.ts';

/** A sale really is two movements, both under the attempt's reference. */
export function bookAuthorization(store: Store, authorization: AuthorizationRow, at: number): void {
  const { provider, reference, amount, currency, key, id: provider_reference } = authorization;
  // A card that was only asked about: no money moved.
  if (amount === 0) return;
  const movement = { provider, reference, amount, currency, at, provider_reference, key };
  store.movements.append({ ...movement, operation: 'authorize' });
  if (authorization.sale === 1) store.movements.append({ ...movement, operation: 'capture' });
}

export function bookOperation(store: Store, operation: OperationRow, at: number): void {
  const { provider, reference, amount, currency, key, id: provider_reference } = operation;
  const movement = { provider, reference, amount, currency, at, provider_reference, key };
  store.movements.append({ ...movement, operation: operation.kind });
}
