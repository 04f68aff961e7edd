/**
 * Tender for a day that passes in minutes: its API over HTTP, the judge of risk, the keeper of counters and the
 * activities of payments as in service, on a real PostgreSQL, with the sandbox over HTTP as processors. Only
 * Temporal is left out: the loop of a payment's run is taken here, turn by turn.
 */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createActivities, type Activities } from '../../../activities/index.ts';
import { createPrincipals, createReturns } from '../../../api/backend/edges.ts';
import { createLedgerGate } from '../../../api/backend/ledger-gate.ts';
import { createPayments } from '../../../api/backend/payments.ts';
import { createRiskJudge } from '../../../workers/risk-judge.ts';
import { createCommands } from '../../../api/commands/commands.ts';
import { createFreshPayments } from '../../../api/commands/fresh-payments.ts';
import { createWaiter } from '../../../api/commands/waiter.ts';
import { setClockOffset } from '../../../db/access.ts';
import { connectDb, type Db } from '../../../db/client.ts';
import { seedMerchants } from '../../../db/seed.ts';
import type { ProviderContract } from '../../../domain/provider.ts';
import { createProviders } from '../../../providers/registry.ts';
import { newId, newReturnToken } from '../../../runtime/ids.ts';
import type { Runs } from '../../../runtime/runs.ts';
import { startTestSandbox, type TestSandbox } from '../../../sandbox/testing/client.ts';
import { fakePorts, startApi, type TestApi } from '../../../test/support/api.ts';
import { keepRisk } from '../../../workers/risk-keeper.ts';
import { shops } from './asks.ts';

export interface Addresses {
  /** The superuser. */
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
}

export interface Service {
  readonly api: TestApi;
  /** One of each shop, in their order. */
  readonly keys: readonly string[];
  /** Tender's clock and the sandbox's; seconds since the day began, never back. */
  readonly moveTo: (seconds: number) => Promise<void>;
  /** All that was set in motion has come to rest. */
  readonly atRest: () => Promise<void>;
  close(): Promise<void>;
}

const quiet = pino({ level: 'silent' });
const stepsMax = 20;
/** The sandbox's clock may be so far behind: nothing of it is due within seconds. */
const sandboxLagSeconds = 60;

export async function openService(addresses: Addresses): Promise<Service> {
  const connect = (url: string): Db =>
    connectDb({ url, applicationName: 'drill', poolSize: 6, onError: () => undefined });
  const keys = await openShops(connect(addresses.ownerUrl));
  const [db, worker, keeper] = [connect(addresses.apiUrl), connect(addresses.workerUrl), connect(addresses.workerUrl)]; // prettier-ignore
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const sandbox = await startTestSandbox({ webhookSecret });
  const providers = createProviders({ sandboxUrl: sandbox.url, webhookSecret });
  const risk = createRiskJudge({
    ...{ url: addresses.workerUrl, model: undefined, shadows: [], log: quiet },
    // As in live mode attacks are acted on; in test mode everybody tries the sandbox's few cards.
    mode: 'live',
  }); // prettier-ignore
  const [waiter, fresh] = [createWaiter(), createFreshPayments()];
  const activities = createActivities({
    ...{ db: worker, providers, risk: risk.judge, newId, newReturnToken, log: quiet },
    ...{ returnUrl: 'http://127.0.0.1/return', onCommitted: waiter.notify, takeFresh: fresh.take },
  });
  const { runs, atRest } = openRuns(activities);
  const commands = createCommands({ db, runs: () => runs, waiter, fresh, log: quiet });
  const contractOf = (name: string): ProviderContract => {
    const provider = providers.get(name);
    if (provider === undefined) throw new Error(`provider ${name} is not configured`);
    return provider.contract;
  };
  const api = await startApi(
    fakePorts({
      principals: createPrincipals(db),
      payments: createPayments({ db, commands, contractOf, gate: createLedgerGate(db, quiet) }),
      returns: createReturns({ db, runs: () => runs, waiter }),
    }),
    { log: quiet },
  );
  const stopping = new AbortController();
  const kept = keepRisk({ db: keeper, log: quiet, signal: stopping.signal });
  return {
    ...{ api, keys, atRest, moveTo: openClock(db, sandbox) },
    close: async () => {
      stopping.abort();
      await Promise.all([kept, api.close()]);
      await Promise.all([db.destroy(), worker.destroy(), keeper.destroy(), risk.close()]);
      await sandbox.close();
    },
  };
}

async function openShops(owner: Db): Promise<readonly string[]> {
  const merchants = shops.map(({ name }) => ({
    ...{ id: newId('mer'), name, fundModel: 'own' as const, uniqueReference: false },
    apiKey: `tk_test_${name}${randomBytes(16).toString('hex')}`,
  }));
  await seedMerchants(owner, merchants);
  await owner.destroy();
  return merchants.map(({ apiKey }) => apiKey);
}

/** As the workflow has it, until nothing is left to be done at once. */
function openRuns(activities: Activities): { runs: Runs; atRest: () => Promise<void> } {
  const running = new Set<Promise<void>>();
  const run = async (paymentId: string): Promise<void> => {
    let step = await activities.authorize({ paymentId });
    for (let turn = 0; step.kind !== 'rest' && step.kind !== 'wait'; turn += 1) {
      if (turn > stepsMax) throw new Error(`${paymentId} does not come to rest: ${step.kind}`);
      if (step.kind === 'authorize') {
        step = await activities.authorize({ paymentId });
      } else if (step.kind === 'resolve_attempt') {
        step = await activities.attemptResolve({ paymentId, attemptId: step.attemptId });
      } else {
        throw new Error(`${paymentId} wants ${step.kind}, which no card test has`);
      }
    }
  };
  const start = async (paymentId: string): Promise<void> => {
    const one = run(paymentId);
    running.add(one);
    await Promise.resolve();
  };
  const atRest = async (): Promise<void> => {
    const all = [...running];
    running.clear();
    await Promise.all(all);
  };
  return { runs: { start, wake: start, trigger: () => Promise.resolve() }, atRest };
}

function openClock(db: Db, sandbox: TestSandbox): Service['moveTo'] {
  const beganAt = performance.now();
  let [offset, behind] = [0, 0];
  return async (seconds) => {
    const next = Math.ceil(seconds - (performance.now() - beganAt) / 1_000);
    if (next <= offset) return;
    await setClockOffset(db, next);
    behind += next - offset;
    offset = next;
    if (behind < sandboxLagSeconds) return;
    await sandbox.advance(behind);
    behind = 0;
  };
}
