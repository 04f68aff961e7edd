/** Ports for who knocks: credentials, shoppers coming back, health. */
import { findApiKey, arriveAtReturn, databaseAnswers, merchantExists } from '../../db/access.ts';
import type { Db } from '../../db/client.ts';
import { readPayment } from '../../db/payments.ts';
import type { Runs } from '../../runtime/runs.ts';
import type { Waiter } from '../commands/waiter.ts';
import { scopes, type Health, type Principals, type Returns } from '../ports.ts';

export function createPrincipals(db: Db): Principals {
  return {
    byApiKey: async (sha256) => {
      const row = await findApiKey(db, sha256);
      if (row === null) return null;
      return {
        merchantId: row.merchant_id,
        mode: row.mode,
        scopes: scopes.filter((scope) => row.scopes.includes(scope)),
        actor: { kind: 'api_key', id: row.id },
      };
    },
    merchantExists: (merchantId) => merchantExists(db, merchantId),
  };
}

export interface ReturnsBackend {
  readonly db: Db;
  readonly runs: () => Runs | undefined;
  readonly waiter: Waiter;
}

export function createReturns({ db, runs, waiter }: ReturnsBackend): Returns {
  return {
    arrive: async (token, returned, waitMs) => {
      const arrived = await arriveAtReturn(db, token, returned);
      if (arrived === null) return null;
      const { payment_id: paymentId, merchant_id: merchantId, return_url: returnUrl } = arrived;
      // The committed wake_at does it if this fails.
      await runs()
        ?.wake(paymentId)
        .catch(() => undefined);
      const check = async (): Promise<string | undefined> => {
        const snapshot = await readPayment(db, merchantId, paymentId);
        const status = snapshot?.payment.status;
        // The bank will tell in days: nobody waits for that in front of a page.
        if (snapshot?.attempts.at(-1)?.status === 'pending') return 'pending';
        return status === 'requires_action' || status === 'processing' ? undefined : status;
      };
      await waiter.until(paymentId, waitMs, { check });
      return { paymentId, returnUrl };
    },
  };
}

export function createHealth(
  db: Db,
  isWorking: () => boolean,
  metrics: NonNullable<Health['metrics']>,
): Health {
  return {
    metrics,
    check: async () => ({ database: await databaseAnswers(db), temporal: isWorking() }),
  };
}
