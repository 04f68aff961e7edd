/** The namespace Tender's workflows live in. Nothing else makes it on a server of one's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { paymentTaskQueue } from '../workflows/ids.ts';
import type { TemporalSettings } from './env.ts';

/** For looking at closed runs only: Tender reads nothing back from them, its truth is PostgreSQL. */
const retention = '3 days';
const connectTimeoutMs = 2_000;
const usableWithinMs = 30_000;
const retryMs = 200;
/** gRPC statuses. */
const notFound = 5;
const alreadyExists = 6;

export type Registration = 'registered' | 'already there';
type Service = Connection['workflowService'];

/** One try; throws while the server does not answer. Afterwards workers can poll there. */
export async function registerNamespace(settings: TemporalSettings): Promise<Registration> {
  const connection = await Connection.connect({
    address: settings.address,
    connectTimeout: connectTimeoutMs,
  });
  try {
    const outcome = await register(connection.workflowService, settings.namespace);
    await untilUsable(connection.workflowService, settings.namespace);
    return outcome;
  } finally {
    await connection.close();
  }
}

async function register(service: Service, namespace: string): Promise<Registration> {
  try {
    await service.registerNamespace({
      namespace,
      description: 'Tender',
      workflowExecutionRetentionPeriod: msToTs(retention),
    });
    return 'registered';
  } catch (error) {
    if (hasStatus(error, alreadyExists)) return 'already there';
    throw error;
  }
}

/**
 * Each service of the server learns of a new namespace in its own time, seconds later. A worker or a
 * start that came before would be told it does not exist, and try again ever more slowly.
 */
async function untilUsable(service: Service, namespace: string): Promise<void> {
  const deadline = performance.now() + usableWithinMs;
  while (!(await isUsable(service, namespace))) {
    if (performance.now() > deadline) throw new Error(`namespace ${namespace} is not usable yet`);
    await sleep(retryMs);
  }
}

async function isUsable(service: Service, namespace: string): Promise<boolean> {
  try {
    await service.describeTaskQueue({ namespace, taskQueue: { name: paymentTaskQueue } });
  } catch (error) {
    if (hasStatus(error, notFound)) return false;
    throw error;
  }
  try {
    await service.describeWorkflowExecution({ namespace, execution: { workflowId: 'nobody' } });
    return true;
  } catch (error) {
    // Of the run, not of the namespace.
    if (hasStatus(error, notFound)) return !/namespace/i.test(error.message);
    throw error;
  }
}

function hasStatus(error: unknown, status: number): error is Error {
  if (!isGrpcServiceError(error)) return false;
  const code: number = error.code;
  return code === status;
}
