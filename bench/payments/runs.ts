/** How many events the runs of a workflow id have left in Temporal's history, from its visibility. */
import { Client, Connection } from '@temporalio/client';

export interface HistoryCounts {
  readonly runs: number;
  readonly events: number;
}

export async function readHistories(
  temporal: { readonly address: string; readonly namespace: string },
  workflowIds: readonly string[],
): Promise<HistoryCounts> {
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace });
  let runs = 0;
  let events = 0;
  try {
    for (const id of workflowIds) {
      for await (const run of client.workflow.list({ query: `WorkflowId = '${id}'` })) {
        runs += 1;
        events += run.historyLength;
      }
    }
    return { runs, events };
  } finally {
    await connection.close();
  }
}
