/**
 * Registers the namespace of TENDER_TEMPORAL_NAMESPACE at TENDER_TEMPORAL_ADDRESS, once the server
 * answers; a job of a deployment, before the API starts. Running it again changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceSettings } from '../runtime/env.ts';
import { messageOf } from '../runtime/errors.ts';
import { registerNamespace } from '../runtime/temporal-namespace.ts';

const patienceMs = 120_000;
const retryMs = 1_000;

const settings = namespaceSettings();
const deadline = performance.now() + patienceMs;
for (;;) {
  try {
    const outcome = await registerNamespace(settings);
    console.log(`namespace ${settings.namespace} at ${settings.address}: ${outcome}`);
    break;
  } catch (error) {
    if (performance.now() > deadline) throw error;
    console.error(`Temporal at ${settings.address} is not there yet: ${messageOf(error)}`);
    await sleep(retryMs);
  }
}
