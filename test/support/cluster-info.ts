/** What a Temporal server says of itself. */
import { Connection } from '@temporalio/client';

export interface ClusterInfo {
  readonly serverVersion: string;
  readonly persistenceStore: string;
  readonly visibilityStore: string;
  readonly historyShardCount: number;
}

export async function readClusterInfo(address: string): Promise<ClusterInfo> {
  const connection = await Connection.connect({ address });
  try {
    const info = await connection.workflowService.getClusterInfo({});
    const { serverVersion, persistenceStore, visibilityStore, historyShardCount } = info;
    return { serverVersion, persistenceStore, visibilityStore, historyShardCount };
  } finally {
    await connection.close();
  }
}
