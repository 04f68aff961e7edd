/** Which Temporal server all of this ran on: a run on the wrong one proves nothing. */
import { describe, expect, test } from '@jest/globals';
import { localShardCount } from '../../runtime/servers/temporal-cluster.ts';
import { onCluster } from '../support/addresses.ts';
import { readClusterInfo } from '../support/cluster-info.ts';
import type { TestStack } from '../support/stack.ts';

export function describeTemporal(stack: () => TestStack): void {
  describe('the Temporal server', () => {
    test('is the one that was asked for', async () => {
      const info = await readClusterInfo(stack().temporalAddress);
      const found = `${info.persistenceStore}, ${info.historyShardCount} shards`;
      process.stderr.write(`Temporal of this stack: ${info.serverVersion}, ${found}\n`);
      expect(info).toMatchObject(
        onCluster()
          ? {
              persistenceStore: 'postgres12',
              visibilityStore: 'postgres12',
              historyShardCount: localShardCount,
            }
          : { persistenceStore: 'sqlite', historyShardCount: 1 },
      );
    });
  });
}
