import type { CustomerRow, SavedMethodRow } from '../../db/customers.ts';
import { presentInstant } from '../instant.ts';
import type { CustomerView, SavedMethodView } from './schema.ts';

export function presentCustomer(row: CustomerRow): CustomerView {
  const { id, email, name, metadata } = row;
  const created_at = presentInstant(row.created_at);
  return { id, object: 'customer', email, name, metadata, created_at };
}

export function presentSavedMethod(row: SavedMethodRow): SavedMethodView {
  const { type, wallet, brand, last4, tokens } = row.method;
  return {
    id: row.id,
    object: 'payment_method',
    customer_id: row.customer_id,
    type,
    wallet: wallet ?? null,
    brand: brand ?? null,
    last4: last4 ?? null,
    providers: tokens === undefined ? null : Object.keys(tokens).sort(),
    status: row.detached_at === null ? 'active' : 'detached',
    payment_id: row.payment_id,
    created_at: presentInstant(row.created_at),
  };
}
