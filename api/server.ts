/**
 * Composition root of the API and, in the same process, the payment worker, so that starts can be eager.
 * It listens before anything else is there: PostgreSQL and Temporal may come later, or go and come back.
 */
import { createServer } from 'node:http';
import { createActivities } from '../activities/index.ts';
import { createHealthStore, keepRouting } from '../activities/routing-keeper.ts';
import { candidatesOf } from '../activities/routing.ts';
import { setClockOffset } from '../db/access.ts';
import { connectDb, type Db } from '../db/client.ts';
import { createImportStore } from '../db/import-store.ts';
import { isTransient } from '../db/errors.ts';
import { probeWorkerRole } from '../db/probe.ts';
import type { Runs } from '../runtime/runs.ts';
import type { ProviderContract } from '../domain/provider.ts';
import { factCatalogue } from '../domain/risk/facts.ts';
import { featureNames } from '../domain/risk/features.ts';
import type { RoutingView } from '../domain/routing.ts';
import { fileWaitMs } from '../domain/verified-money.ts';
import type { Guard } from '../providers/protection/guard.ts';
import { createProviders, guardProviders } from '../providers/registry.ts';
import { apiSettings } from '../runtime/env.ts';
import { newId, newReturnToken } from '../runtime/ids.ts';
import { createLogger } from '../runtime/logger.ts';
import { announceReady } from '../runtime/ready.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import type { PaymentHost } from '../workers/payment-host.ts';
import { createApp } from './app.ts';
import { createAudit } from './backend/audit.ts';
import { createApprovals } from './backend/approvals.ts';
import { createHealth, createPrincipals, createReturns } from './backend/edges.ts';
import { createBooks } from './backend/books.ts';
import { createBreaks } from './backend/breaks.ts';
import { createReconciliations } from './backend/reconciliations.ts';
import { createCustomers } from './backend/customers.ts';
import { createDisputes } from './backend/disputes.ts';
import { createDoubts } from './backend/doubts.ts';
import { createEvents } from './backend/events.ts';
import { createPayouts } from './backend/payouts.ts';
import { createLedger } from './backend/ledger.ts';
import { createLedgerGate } from './backend/ledger-gate.ts';
import { createMetrics } from './backend/metrics.ts';
import { createPaymentMethods } from './backend/payment-methods.ts';
import { createPayments } from './backend/payments.ts';
import { createReviews } from './backend/reviews.ts';
import { createRiskJudge } from '../workers/risk-judge.ts';
import { createRisk } from './backend/risk.ts';
import { createRouting } from './backend/routing.ts';
import { createSettings } from './backend/settings.ts';
import { createVerifiedMoney } from './backend/verified-money.ts';
import { createWebhookEvents } from './backend/webhook-events.ts';
import { createProviderWebhooks } from './backend/webhooks.ts';
import { createCommands } from './commands/commands.ts';
import { createFreshPayments } from './commands/fresh-payments.ts';
import { createWaiter } from './commands/waiter.ts';
import { createStaffTokens } from './staff-tokens.ts';

const settings = apiSettings();
const log = createLogger('api', settings.logLevel);
const stopping = new AbortController();

function connect(url: string, applicationName: string): Db {
  const onError = (error: Error): void => {
    log.warn({ error: error.message }, 'database connection lost');
  };
  return connectDb({ url, applicationName, poolSize: 10, onError });
}
const db = connect(settings.apiDatabaseUrl, 'tender-api');
const workerDb = connect(settings.workerDatabaseUrl, 'tender-worker');
const risk = createRiskJudge({
  ...{ ...settings.risk, url: settings.workerDatabaseUrl, mode: settings.mode, log },
});

const processName = newId('process');
const configured = createProviders({
  sandboxUrl: settings.sandbox?.url,
  webhookSecret: settings.sandbox?.webhookSecret,
  stripe: settings.stripe,
  adyen: settings.adyen,
});
const { guards, providers: guarded } = guardProviders(configured, {
  store: createHealthStore(workerDb, processName),
  onError: (error) =>
    log.warn({ error: String(error) }, 'the health of a provider could not be shared'),
  use: 'payments',
});
const providers = settings.protection ? guarded : configured;
const routing = keepRouting({
  ...{ db: workerDb, guards, process: processName, log, signal: stopping.signal },
});
const cyclesMs = new Map(
  [...providers].map(([name, { contract }]) => [name, contract.settlementCycleMs]),
);
const waitsMs = new Map([...cyclesMs].map(([name, cycleMs]) => [name, fileWaitMs(cycleMs)]));
function contractOf(name: string): ProviderContract {
  const provider = providers.get(name);
  if (provider === undefined) throw new Error(`provider ${name} is not configured`);
  return provider.contract;
}

function guardOf(name: string): Guard {
  const guard = guards.get(name);
  if (guard === undefined) throw new Error(`provider ${name} is not configured`);
  return guard;
}

async function routingView(): Promise<RoutingView> {
  return {
    rules: await routing.rules(),
    candidates: candidatesOf(providers, (name) => routing.healthOf(name)),
  };
}

/** Opens its connections with the first file. */
const store = createImportStore({
  url: settings.workerDatabaseUrl,
  onError: (error) => {
    log.warn({ error: error.message }, 'database connection lost');
  },
});
const waiter = createWaiter();
const fresh = createFreshPayments();
let host: PaymentHost | undefined;
function runs(): Runs | undefined {
  return host?.runs();
}
const commands = createCommands({ db, runs, waiter, fresh, log });

const app = createApp({
  settings: {
    mode: settings.mode,
    publicUrl: settings.publicUrl,
    requestsPerSecondMax: settings.requestsPerSecondMax,
  },
  ports: {
    principals: createPrincipals(db),
    payments: createPayments({ db, commands, contractOf, gate: createLedgerGate(db, log) }),
    approvals: createApprovals({
      ...{ workerDb, contractOf },
      nudge: async (paymentId) => runs()?.wake(paymentId),
      refreshRouting: () => routing.refresh(),
    }),
    doubts: createDoubts(db, workerDb),
    settings: createSettings(workerDb),
    customers: createCustomers(db),
    disputes: createDisputes({ db, commands, contractOf }),
    paymentMethods: createPaymentMethods(routingView),
    ledger: createLedger(db),
    books: createBooks(workerDb),
    breaks: createBreaks(workerDb),
    reconciliations: createReconciliations({
      ...{ workerDb, store },
      nudge: async (provider) => {
        await runs()
          ?.trigger(`reconcile-${provider}`)
          .catch((error: unknown) => {
            log.warn({ provider, error: String(error) }, 'a file waits for its schedule');
          });
      },
    }),
    payouts: createPayouts(db, workerDb),
    audit: createAudit(workerDb),
    verifiedMoney: createVerifiedMoney(workerDb, waitsMs),
    events: createEvents(db, workerDb),
    webhookEvents: createWebhookEvents(workerDb),
    webhooks: createProviderWebhooks({ db, providers, runs }),
    returns: createReturns({ db, runs, waiter }),
    routing: createRouting({
      ...{ db, workerDb, providers },
      view: routingView,
      healthOf: (name) => guardOf(name).view(),
    }),
    risk: createRisk({ workerDb, facts: factCatalogue(featureNames) }),
    reviews: createReviews({
      ...{ db, workerDb },
      nudge: async (paymentId) => runs()?.wake(paymentId),
    }),
    health: createHealth(db, () => host?.working() ?? false, createMetrics(workerDb, cyclesMs)),
  },
  staff: settings.staff === undefined ? null : await createStaffTokens(settings.staff),
  sandboxClock:
    settings.mode === 'live' || settings.sandbox === undefined
      ? null
      : {
          clock: { setOffset: (seconds) => setClockOffset(db, seconds) },
          // The one in use; others are only accepted.
          secret: settings.sandbox.webhookSecret.replace(/,.*/, ''),
        },
  isUnavailable: isTransient,
  log,
});

const server = createServer(app);
server.listen(settings.port, settings.host, () => {
  announceReady({ port: settings.port });
});

// Loaded only now: the SDK takes a quarter of a second, and a restarted API is to be back before that.
const hosting = import('../workers/payment-host.ts').then(({ hostPayments }) => {
  if (stopping.signal.aborted) return;
  host = hostPayments({
    temporal: settings.temporal,
    workflowBundle: settings.workflowBundle,
    log,
    activities: createActivities({
      db: workerDb,
      providers,
      routing,
      risk: risk.judge,
      newId,
      newReturnToken,
      returnUrl: `${settings.publicUrl}/return`,
      onCommitted: waiter.notify,
      takeFresh: fresh.take,
      log,
    }),
  });
});
void probeWorkerRole(workerDb, stopping.signal, (error) => {
  log.fatal({ error: error.message }, 'wrong database role');
  process.exit(1);
});

onShutdown(
  async () => {
    stopping.abort();
    // New requests are refused, those under way get their answers, then the worker finishes its tasks.
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeIdleConnections();
    });
    await hosting;
    await host?.stop();
    await routing.ended;
    await Promise.all([db.destroy(), workerDb.destroy(), risk.close(), store.close()]);
  },
  { watchParent: settings.parentWatch },
);
