/** What the API asks of customers and their saved payment methods. */
import type { PaymentMethod } from '../../domain/payment-state.ts';
import type { CustomerRow, NewCustomer, SavedMethodRow } from '../../db/customers.ts';
import type { MadeOnce } from '../../db/objects-made-once.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export interface Customers {
  create(
    principal: Principal,
    key: IdempotencyKey,
    input: NewCustomer,
  ): Promise<MadeOnce<CustomerRow>>;
  find(principal: Principal, id: string): Promise<CustomerRow | null>;
  /** Newest first. */
  list(principal: Principal, page: Page): Promise<Paged<CustomerRow>>;
  /** Refused: there is no such customer. */
  saveMethod(
    principal: Principal,
    key: IdempotencyKey,
    customerId: string,
    method: PaymentMethod,
  ): Promise<MadeOnce<SavedMethodRow>>;
  findMethod(principal: Principal, id: string): Promise<SavedMethodRow | null>;
  /** Of one customer, newest first, without those detached; null: no such customer. */
  methods(
    principal: Principal,
    customerId: string,
    page: Page,
  ): Promise<Paged<SavedMethodRow> | null>;
  detach(principal: Principal, key: IdempotencyKey, id: string): Promise<MadeOnce<SavedMethodRow>>;
}
