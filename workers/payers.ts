/** Through whom merchants are paid, each behind its guard, with a share of rate and places of its own. */
import type { Logger } from 'pino';
import type { PayoutDeps } from '../activities/payouts/drive-payout.ts';
import { createHealthStore, keepRouting } from '../activities/routing-keeper.ts';
import type { Db } from '../db/client.ts';
import { createLine } from '../providers/protection/line.ts';
import { createProviders, guardProviders } from '../providers/registry.ts';
import { newId } from '../runtime/ids.ts';

export interface PayersOptions {
  readonly db: Db;
  readonly sandbox: { readonly url: string; readonly webhookSecret: string } | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Payers extends Pick<PayoutDeps, 'providers' | 'waitInLine'> {
  /** Ends with the signal. */
  readonly ended: Promise<void>;
}

export function createPayers({ db, sandbox, log, signal }: PayersOptions): Payers {
  const process = newId('process');
  const { url: sandboxUrl, webhookSecret } = sandbox ?? {};
  const { guards, providers } = guardProviders(createProviders({ sandboxUrl, webhookSecret }), {
    store: createHealthStore(db, process),
    onError: (error) => {
      log.warn({ error: String(error) }, 'the health of a provider could not be shared');
    },
    use: 'payouts',
  });
  const { ended } = keepRouting({ db, guards, process, isCaller: false, log, signal });
  return { providers, waitInLine: createLine(guards, signal), ended };
}
