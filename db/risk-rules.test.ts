/** Versions of risk rules: by two people, tried before, of installation and merchants apart, never changed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DryRun } from '../domain/risk/dry-run.ts';
import type { RiskRule } from '../domain/risk/rules.ts';
import { countOf, openPaymentDatabase, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { listActs } from './audit.ts';
import { decideApproval, type ApprovalRow } from './approvals.ts';
import { activeRuleSets, askForRiskRules, findDryRun, listRiskRules, lockRiskRules, putApprovedRiskRules, readRiskRules, type RiskRulesVersion } from './risk-rules.ts'; // prettier-ignore

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
});
afterAll(() => on.close());

const some = (id: string): readonly RiskRule[] => [
  { id, priority: 1, when: { fact: 'off_session', op: '=', value: true }, action: 'block', note: '' },
]; // prettier-ignore
const tried: DryRun = {
  ...{ decisions: 7, rules: [], changes: [] },
  disputes: { total: 0, caughtBefore: 0, caughtAfter: 0 },
};
const ask = (
  of: string | null,
  expected: number,
  id: string,
  actor = 'staff:ada',
  dryRun = tried,
): Promise<ApprovalRow | null> =>
  askForRiskRules(on.worker, {
    ...{ merchantId: of, expected, rules: some(id), dryRun, actor },
    ...{ reason: 'fewer frauds', lifeMs: 60_000 },
  });
const approve = (id: string): Promise<RiskRulesVersion> =>
  on.worker.transaction().execute(async (trx) => {
    await decideApproval(trx, id, { status: 'approved', decidedBy: 'staff:eve' });
    return putApprovedRiskRules(trx, id);
  });
async function write(of: string | null, expected: number, id: string): Promise<RiskRulesVersion> {
  const asked = await ask(of, expected, id);
  if (asked === null) throw new Error('not the newest');
  return approve(asked.id);
}
const newest = async (of: string | null): Promise<number> =>
  (await readRiskRules(on.worker, of))?.version ?? 0;

test('the first version is no rules, and of nobody', async () => {
  expect(await readRiskRules(on.worker, merchantId)).toMatchObject({ version: 1, rules: [], written_at: null }); // prettier-ignore
  expect(await readRiskRules(on.worker, null, 1)).toMatchObject({ version: 1 });
  expect(await readRiskRules(on.worker, null, 2)).toBeNull();
});

test('each scope has its own versions, and the newest of each is in force', async () => {
  const other = await on.newMerchant();
  expect(await write(merchantId, 1, 'a')).toMatchObject({ version: 2, written_by: 'staff:ada', approved_by: 'staff:eve' }); // prettier-ignore
  await write(merchantId, 2, 'b');
  await write(null, 1, 'c');
  const [global, own] = await activeRuleSets(on.worker, merchantId);
  expect(global).toEqual({ scope: 'global', version: 2, rules: some('c') });
  expect(own).toEqual({ scope: 'merchant', version: 3, rules: some('b') });
  expect((await activeRuleSets(on.worker, other))[1]).toEqual({ scope: 'merchant', version: 1, rules: [] }); // prettier-ignore
  const versions = await listRiskRules(on.worker, merchantId, 1, undefined);
  expect(versions.map(({ version }) => version)).toEqual([3, 2]);
  expect(await readRiskRules(on.worker, merchantId, 2)).toMatchObject({ rules: some('a') });
  // Whoever asks who did what sees the installation's and their own.
  const changed = async (of: string): Promise<readonly string[]> =>
    (await listActs(on.worker, of, { kind: 'risk_rules.changed' }, { limit: 9, before: null })).map(({ id }) => id); // prettier-ignore
  expect(await changed(merchantId)).toEqual(['risk_rules//2', `risk_rules/${merchantId}/3`, `risk_rules/${merchantId}/2`]); // prettier-ignore
  expect(await changed(other)).toEqual(['risk_rules//2']);
});

test('of eight approved at once one is written', async () => {
  const version = await newest(merchantId);
  const asked = await Promise.all(
    Array.from({ length: 8 }, (_, n) => ask(merchantId, version, `r${n}`, `staff:${n}`)),
  );
  const verdicts = await Promise.all(asked.map((one) => verdictOf(approve(one?.id ?? ''))));
  expect(countOf(verdicts.map((verdict) => (verdict === 'accepted' ? 'written' : 'too late')))).toEqual({ written: 1, 'too late': 7 }); // prettier-ignore
  expect(await newest(merchantId)).toBe(version + 1);
});

test('the same asked again is the same request, with the dry run of the first', async () => {
  const version = await newest(null);
  const four = await Promise.all(
    [1, 2, 3, 4].map((decisions) => ask(null, version, 'same', 'staff:ada', { ...tried, decisions })),
  ); // prettier-ignore
  expect(new Set(four.map((one) => one?.id)).size).toBe(1);
  const id = four[0]?.id ?? '';
  const first = await findDryRun(on.worker, merchantId, id);
  await ask(null, version, 'same', 'staff:ada', { ...tried, decisions: 99 });
  expect(await findDryRun(on.worker, merchantId, id)).toEqual(first);
  await approve(id);
  expect((await ask(null, version, 'same'))?.id).toBe(id);
  expect(await ask(null, version, 'another')).toBeNull();
});

test('a dry run of one merchant is not another’s to see', async () => {
  const asked = await ask(merchantId, await newest(merchantId), 'seen');
  expect(await findDryRun(on.worker, merchantId, asked?.id ?? '')).toEqual(tried);
  expect(await findDryRun(on.worker, await on.newMerchant(), asked?.id ?? '')).toBeNull();
});

describe('nothing is written', () => {
  test('without an approval, with one that is open, or by one person', async () => {
    const asked = await ask(merchantId, await newest(merchantId), 'alone');
    for (const id of ['apr_x', asked?.id ?? '']) {
      const put = on.worker.transaction().execute((trx) => putApprovedRiskRules(trx, id));
      expect(await verdictOf(put)).toBe('rules_require_approval');
    }
    const alone = on.worker
      .transaction()
      .execute((trx) =>
        decideApproval(trx, asked?.id ?? '', { status: 'approved', decidedBy: 'staff:ada' }),
      );
    expect(await verdictOf(alone)).toBe('approvals_four_eyes');
  });

  test('that was never tried', async () => {
    const untried = on.worker.transaction().execute(async (trx) => {
      const version = await lockRiskRules(trx, merchantId);
      const { rows } = await sql<{ id: string }>`
        insert into approvals (kind, merchant_id, binds, request, asked_by, reason, expires_at)
        values ('risk_rules', ${merchantId}, ${JSON.stringify({ id: 'risk_rules', version })}::jsonb, '{"rules": []}',
          'staff:ada', 'x', tender_now() + interval '1 day') returning id`.execute(trx);
      const id = rows[0]?.id ?? '';
      await decideApproval(trx, id, { status: 'approved', decidedBy: 'staff:eve' });
      return putApprovedRiskRules(trx, id);
    });
    expect(await verdictOf(untried)).toBe('rules_require_dry_run');
  });

  test('around the function, or over what was written', async () => {
    for (const statement of [
      `update risk_rules set reason = 'x'`,
      'delete from risk_rules',
      `insert into risk_rules (version, rules, written_by, reason, approved_by, approval_id) values (99, '[]', 'x', 'x', 'y', 'z')`,
      `update risk_dry_runs set result = '{}'`,
    ]) {
      expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
    }
    expect(await verdictOf(on.rows.all('delete from risk_rules'))).toBe('append_only');
    expect(await verdictOf(sql`select * from risk_rules`.execute(on.api))).toBe('42501');
  });
});
