/** The API's port to customers and their saved payment methods, over the database. */
import type { Db } from '../../db/client.ts';
import {
  detachMethod,
  findCustomer,
  findMethod,
  insertCustomer,
  insertMethod,
  listCustomers,
  listMethods,
} from '../../db/customers.ts';
import type { KeyClaim } from '../../db/idempotency-keys.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import { asMerchant } from '../../db/payments.ts';
import type { Customers } from '../customers/ports.ts';
import type { IdempotencyKey, Principal } from '../ports.ts';
import { paged } from './paged.ts';

export function createCustomers(db: Db): Customers {
  return {
    create: (principal, key, input) =>
      makeOnce(db, claim(principal, key), (trx) =>
        insertCustomer(trx, principal.merchantId, input),
      ),
    find: (principal, id) => asMerchant(db, principal.merchantId, (trx) => findCustomer(trx, id)),
    list: (principal, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listCustomers(trx, page), page.limit),
      ),
    saveMethod: (principal, key, customerId, method) =>
      makeOnce(db, claim(principal, key), (trx) =>
        insertMethod(trx, principal.merchantId, customerId, method),
      ),
    findMethod: (principal, id) =>
      asMerchant(db, principal.merchantId, (trx) => findMethod(trx, id)),
    methods: (principal, customerId, page) =>
      asMerchant(db, principal.merchantId, async (trx) => {
        if ((await findCustomer(trx, customerId)) === null) return null;
        return paged(await listMethods(trx, customerId, page), page.limit);
      }),
    detach: (principal, key, id) =>
      makeOnce(db, claim(principal, key), (trx) => detachMethod(trx, id)),
  };
}

function claim(principal: Principal, key: IdempotencyKey): KeyClaim {
  return { ...key, merchant_id: principal.merchantId, person: principal.person ?? '' };
}
