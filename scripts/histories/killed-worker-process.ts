/** The process that `killed-worker.ts` starts. Says "ready", works, and dies where it was told to. */
import { NativeConnection } from '@temporalio/worker';
import { createActivities, type Activities } from '../../activities/index.ts';
import { connectDb } from '../../db/client.ts';
import { able, type Provider } from '../../domain/provider.ts';
import { createProviders } from '../../providers/registry.ts';
import { newId, newReturnToken } from '../../runtime/ids.ts';
import { quietRuntime } from '../../test/support/runs.ts';
import { createPaymentWorker } from '../../workers/payment-worker.ts';
import type { Death, KilledWorkerOrder } from './killed-worker.ts';

const order = JSON.parse(process.argv[2] ?? '') as KilledWorkerOrder;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing more may happen here.
  return new Promise(() => undefined);
}

function mortal(provider: Provider, death: Death): Provider {
  if (death === 'afterwards' || !('after' in death)) return provider;
  const call = able(provider, death.after)[death.after].bind(provider) as (
    request: never,
  ) => Promise<unknown>;
  return { ...provider, [death.after]: (request: never) => call(request).then(die) };
}

function createMortalActivities({ death, databaseUrl, sandboxUrl }: KilledWorkerOrder): Activities {
  const onError = (): void => undefined;
  const db = connectDb({ url: databaseUrl, applicationName: 'killed', poolSize: 4, onError });
  const webhookSecret = `whsec_${Buffer.from('no webhook arrives here').toString('base64')}`;
  const providers = createProviders({ sandboxUrl, webhookSecret });
  const activities = createActivities({
    db,
    providers: new Map([...providers].map(([name, one]) => [name, mortal(one, death)])),
    newId,
    newReturnToken,
    returnUrl: 'http://127.0.0.1/return',
    onCommitted: () => undefined,
    takeFresh: () => undefined,
    log: { info: () => undefined, warn: () => undefined },
  });
  return death !== 'afterwards' && 'in' in death ? { ...activities, [death.in]: die } : activities;
}

quietRuntime();
const connection = await NativeConnection.connect({ address: order.temporalAddress });
const worker = await createPaymentWorker({
  connection,
  namespace: 'default',
  activities: createMortalActivities(order),
  workflowBundle: order.workflowBundle,
});
const running = worker.run();
process.stdout.write('ready\n');
await running;
