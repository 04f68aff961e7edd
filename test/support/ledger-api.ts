/** The API over a real database, without a worker: what is asked for is stored and waits. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { createBooks } from '../../api/backend/books.ts';
import { createPrincipals } from '../../api/backend/edges.ts';
import { createLedger } from '../../api/backend/ledger.ts';
import { createLedgerGate } from '../../api/backend/ledger-gate.ts';
import { createPayments } from '../../api/backend/payments.ts';
import { createCommands } from '../../api/commands/commands.ts';
import { createFreshPayments } from '../../api/commands/fresh-payments.ts';
import { createWaiter } from '../../api/commands/waiter.ts';
import type { StaffMember } from '../../api/staff-tokens.ts';
import { fakePorts, startApi, testKey, type TestApi } from './api.ts';
import type { PaymentDatabase } from './payment-database.ts';
import { aContract } from './payments.ts';

/** `testKey` is the merchant's; any other token is `staff`. */
export async function startLedgerApi(
  on: PaymentDatabase,
  merchantId: string,
  staff: StaffMember = { subject: 'ada', scopes: ['ledger:read', 'ledger:close'] },
): Promise<TestApi> {
  await on.rows.all(
    `insert into api_keys (merchant_id, name, mode, secret_hash, last4, scopes)
     values ($1, 'test', 'test', $2, '0000', '{payments:read,payments:write,refunds:write,ledger:read,ledger:close}')`,
    [merchantId, createHash('sha256').update(testKey).digest()],
  );
  const { api: db } = on;
  const log = pino({ level: 'silent' });
  const commands = createCommands({
    ...{ db, log, runs: () => undefined },
    ...{ waiter: createWaiter(), fresh: createFreshPayments() },
  });
  const contractOf = (name: string): ReturnType<typeof aContract> => aContract({ name });
  const ports = {
    ...fakePorts(),
    principals: createPrincipals(db),
    payments: createPayments({ db, commands, contractOf, gate: createLedgerGate(db, log) }),
    ledger: createLedger(db),
    books: createBooks(on.worker),
  };
  return startApi(ports, { staff: { verify: async () => staff } });
}
