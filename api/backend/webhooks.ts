/** Providers' events: verified, committed to the inbox, and the payment sent to look where that is news. */
import { receiveWebhook } from '../../db/access.ts';
import type { Db } from '../../db/client.ts';
import { receiveDispute } from '../../db/disputes.ts';
import type { Provider } from '../../domain/provider.ts';
import type { Runs } from '../../runtime/runs.ts';
import type { ProviderWebhooks } from '../ports.ts';

/** A signal that lands in a run's first workflow task makes the server drop that task's work: hence 2 s. */
const nudgeAfterMs = 2_000;

export interface WebhooksBackend {
  readonly db: Db;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly runs: () => Runs | undefined;
}

export function createProviderWebhooks({ db, providers, runs }: WebhooksBackend): ProviderWebhooks {
  /** One nudge for all that comes about one payment meanwhile. */
  const nudged = new Set<string>();
  const nudgeSoon = (paymentId: string): void => {
    if (nudged.has(paymentId)) return;
    nudged.add(paymentId);
    const nudge = (): void => {
      nudged.delete(paymentId);
      // The committed wake_at does it if this fails, or if this process ends before.
      runs()
        ?.wake(paymentId)
        .catch(() => undefined);
    };
    setTimeout(nudge, nudgeAfterMs).unref();
  };
  const askForReports = (provider: string): void => {
    // The schedule's own turn does it if this fails.
    runs()
      ?.trigger(`reconcile-${provider}`)
      .catch(() => undefined);
  };
  return {
    receive: async (name, rawBody, headers) => {
      const provider = providers.get(name);
      if (provider === undefined) return 'unknown_provider';
      const event = provider.readWebhook(rawBody, headers);
      if (event === null) return 'refused';
      const told = { provider: name, ...event, raw: rawBody };
      const { dispute, announcesReport } = event;
      const {
        payment_id: paymentId,
        fresh,
        state,
      } = dispute === undefined
        ? await receiveWebhook(db, told, nudgeAfterMs)
        : await receiveDispute(db, told, dispute, nudgeAfterMs);
      if (fresh && paymentId !== null && state !== 'confirmed') nudgeSoon(paymentId);
      if (fresh && announcesReport) askForReports(name);
      return 'accepted';
    },
  };
}
