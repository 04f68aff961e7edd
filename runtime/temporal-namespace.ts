/** The namespace Tender's workflows live in. Nothing else makes it on a server of one's own. */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TemporalSettings } from './env.ts';

/** For looking at closed runs only: Tender reads nothing back from them, its truth is PostgreSQL. */
const retention = '3 days';
/** gRPC status ALREADY_EXISTS. */
const alreadyExists = 6;
const connectTimeoutMs = 2_000;

export type Registration = 'registered' | 'already there';

/** One try; throws while the server does not answer. */
export async function registerNamespace(settings: TemporalSettings): Promise<Registration> {
  const connection = await Connection.connect({
    address: settings.address,
    connectTimeout: connectTimeoutMs,
  });
  try {
    await connection.workflowService.registerNamespace({
      namespace: settings.namespace,
      description: 'Tender',
      workflowExecutionRetentionPeriod: msToTs(retention),
    });
    return 'registered';
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === alreadyExists) return 'already there';
    throw error;
  } finally {
    await connection.close();
  }
}
