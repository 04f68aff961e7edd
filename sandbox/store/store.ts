import { createDisputes } from '../disputes/store.ts';
import type { Disputes } from '../disputes/store.ts';
import { createAuthorizations } from './authorizations.ts';
import type { Authorizations } from './authorizations.ts';
import { createBankStore } from './bank.ts';
import type { BankStore } from './bank.ts';
import { createTransaction, findRow, openDatabase } from './database.ts';
import type { Transaction } from './database.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';
import type { IdempotencyKeys } from './idempotency-keys.ts';
import { createJobs } from './jobs.ts';
import type { Jobs } from './jobs.ts';
import { createMovements } from './movements.ts';
import type { Movements } from './movements.ts';
import { createOperations } from './operations.ts';
import type { Operations } from './operations.ts';
import { createTokens } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { createWebhooks } from './webhooks.ts';
import type { Webhooks } from './webhooks.ts';

export interface Store {
  readonly transaction: Transaction;
  readonly authorizations: Authorizations;
  readonly operations: Operations;
  readonly movements: Movements;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly jobs: Jobs;
  readonly tokens: Tokens;
  readonly webhooks: Webhooks;
  readonly bank: BankStore;
  readonly disputes: Disputes;
  readonly fences: {
    insert(provider: string, reference: string): void;
    has(provider: string, reference: string): boolean;
  };
  readonly state: {
    find(name: string): string | undefined;
    put(name: string, value: string): void;
  };
  close(): void;
}

/** `path` may be `:memory:` where nothing has to survive. */
export function openStore(path: string): Store {
  const database = openDatabase(path);
  const insertFence = database.prepare(
    'insert or ignore into fences (reference, provider) values (:reference, :provider)',
  );
  const findFence = database.prepare(
    'select 1 as found from fences where reference = :reference and provider = :provider',
  );
  const findState = database.prepare('select value from state where name = :name');
  const putState = database.prepare(
    'insert or replace into state (name, value) values (:name, :value)',
  );
  return {
    transaction: createTransaction(database),
    authorizations: createAuthorizations(database),
    operations: createOperations(database),
    movements: createMovements(database),
    idempotencyKeys: createIdempotencyKeys(database),
    jobs: createJobs(database),
    tokens: createTokens(database),
    webhooks: createWebhooks(database),
    bank: createBankStore(database),
    disputes: createDisputes(database),
    fences: {
      insert: (provider, reference) => void insertFence.run({ provider, reference }),
      has: (provider, reference) => findFence.get({ provider, reference }) !== undefined,
    },
    state: {
      find: (name) => findRow<{ value: string }>(findState, { name })?.value,
      put: (name, value) => void putState.run({ name, value }),
    },
    close: () => {
      database.close();
    },
  };
}
