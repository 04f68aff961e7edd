/** Health as processes share it: one opening for all, one probe at a time, longer each time it fails. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openPaymentDatabase, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { claimProbe, endProbe, leaveProviderAlone, openProvider, readRouting, type ProviderHealthRow } from './provider-health.ts'; // prettier-ignore

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());
beforeEach(() => on.rows.all('delete from provider_health'));

async function seen(): Promise<ProviderHealthRow | undefined> {
  return (await readRouting(on.worker, 'reader', 0)).health[0];
}
const backwards = (column: string, seconds: number): Promise<unknown> =>
  on.rows.all(`update provider_health set ${column} = ${column} - interval '${seconds} seconds'`);
const due = (): Promise<unknown> => backwards('retry_at', 100);
const open = (process = 'p1'): Promise<void> =>
  openProvider(on.worker, process, 'alder', 'timeouts');

describe('an opening', () => {
  test('is seen by whoever reads, with its reason and the time to the first probe', async () => {
    await open();
    expect(await seen()).toMatchObject({
      ...{ provider: 'alder', is_open: true, reason: 'timeouts', openings: 1 },
      ...{ probing_ms: null, left_alone_ms: null },
    });
    const { retry_in_ms: ms } = (await seen()) ?? {};
    expect(ms).toBeGreaterThan(4_000);
    expect(ms).toBeLessThanOrEqual(5_000);
  });

  test('of two processes at once is one', async () => {
    await Promise.all([open('p1'), open('p2'), open('p3')]);
    expect(await seen()).toMatchObject({ openings: 1, is_open: true });
  });

  test('soon after a closing lasts longer, one long after it does not', async () => {
    await open();
    await due();
    await claimProbe(on.worker, 'p1', 'alder', 1_000);
    await endProbe(on.worker, 'p1', 'alder', true, '');
    await open();
    expect(await seen()).toMatchObject({ openings: 2 });
    await due();
    await claimProbe(on.worker, 'p1', 'alder', 1_000);
    await endProbe(on.worker, 'p1', 'alder', true, '');
    await backwards('closed_at', 61);
    await open();
    expect(await seen()).toMatchObject({ openings: 1 });
  });
});

describe('a probe', () => {
  test('is nobody’s before its time, and nobody’s of a provider that is well', async () => {
    expect(await claimProbe(on.worker, 'p1', 'alder', 1_000)).toBe(false);
    await open();
    expect(await claimProbe(on.worker, 'p1', 'alder', 1_000)).toBe(false);
  });

  test('is of one of eight who want it', async () => {
    await open();
    await due();
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) => claimProbe(on.worker, `p${n}`, 'alder', 1_000)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect((await seen())?.probing_ms).toBeGreaterThan(0);
  });

  test('whose process died is another’s once its time is over', async () => {
    await open();
    await due();
    expect(await claimProbe(on.worker, 'dead', 'alder', 1_000)).toBe(true);
    expect(await claimProbe(on.worker, 'p2', 'alder', 1_000)).toBe(false);
    await backwards('probe_until', 2);
    expect(await claimProbe(on.worker, 'p2', 'alder', 1_000)).toBe(true);
    // It was only asleep: its verdict is not asked for any more.
    await endProbe(on.worker, 'dead', 'alder', true, '');
    expect(await seen()).toMatchObject({ is_open: true });
  });

  test('that went well closes it for all; one that did not keeps it open for twice as long', async () => {
    await open();
    await due();
    await claimProbe(on.worker, 'p1', 'alder', 1_000);
    await endProbe(on.worker, 'p1', 'alder', false, 'still');
    expect(await seen()).toMatchObject({ is_open: true, reason: 'still', openings: 2, probing_ms: null }); // prettier-ignore
    expect((await seen())?.retry_in_ms).toBeGreaterThan(9_000);
    await due();
    await claimProbe(on.worker, 'p2', 'alder', 1_000);
    await endProbe(on.worker, 'p2', 'alder', true, '');
    expect(await seen()).toMatchObject({ is_open: false });
  });

  test('is at least one a minute, however long the trouble', async () => {
    await open();
    for (let n = 0; n < 12; n += 1) {
      await due();
      await claimProbe(on.worker, 'p1', 'alder', 1_000);
      await endProbe(on.worker, 'p1', 'alder', false, 'still');
    }
    expect((await seen())?.retry_in_ms).toBeLessThanOrEqual(60_000);
  });
});

test('to be left alone is for the longest time that was asked for', async () => {
  await leaveProviderAlone(on.worker, 'alder', 5_000);
  await leaveProviderAlone(on.worker, 'alder', 1_000);
  expect((await seen())?.left_alone_ms).toBeGreaterThan(4_000);
});

test('whoever reads is counted, and forgotten when it no longer does', async () => {
  await readRouting(on.worker, 'one', 0);
  await on.rows.all(
    `insert into provider_callers values ('gone', clock_timestamp() - interval '11 s')`,
  );
  const { callers } = await readRouting(on.worker, 'two', 0);
  await on.rows.all(`delete from provider_callers where process in ('reader', 'gone')`);
  expect((await readRouting(on.worker, 'two', 0)).callers).toBe(2);
  expect(callers).toBeLessThanOrEqual(3);
});

test('rules come along only where they are news', async () => {
  const { version, rules } = await readRouting(on.worker, 'one', 0);
  expect(rules).toMatchObject({ rules: [], failover_declines: ['issuer_unavailable', 'processing_error'] }); // prettier-ignore
  expect((await readRouting(on.worker, 'one', version)).rules).toBeNull();
});

test('is not for the API', async () => {
  expect(await verdictOf(openProvider(on.api, 'p1', 'alder', 'x'))).toBe('42501');
  expect(await verdictOf(readRouting(on.api, 'p1', 0))).toBe('42501');
});
