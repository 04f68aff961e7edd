import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { firstRules, type StoredRules } from '../domain/routing-rules.ts';
import { countOf, openPaymentDatabase, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { decideApproval, type ApprovalRow } from './approvals.ts';
import { askForRules, listRulesVersions, lockRules, putApprovedRules, readRulesVersion, type RulesVersion } from './routing-rules.ts'; // prettier-ignore

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const some = (explore_percent: number): StoredRules => {
  const { version, ...rules } = firstRules;
  return { ...rules, explore_percent, ...(version > 1 && {}) };
};
const ask = (expected: number, n: number, actor: string): Promise<ApprovalRow | null> =>
  askForRules(on.worker, {
    ...{ expected, rules: some(n), actor, reason: 'try it', lifeMs: 60_000 },
  });
const approve = (id: string): Promise<RulesVersion> =>
  on.worker.transaction().execute(async (trx) => {
    await lockRules(trx);
    await decideApproval(trx, id, { status: 'approved', decidedBy: 'staff:eve' });
    return putApprovedRules(trx, id);
  });
/** Asked for by one and approved by another. */
async function write(expected: number, n: number): Promise<RulesVersion> {
  const asked = await ask(expected, n, 'staff:ada');
  if (asked === null) throw new Error('not the newest');
  return approve(asked.id);
}
const newest = async (): Promise<number> => (await readRulesVersion(on.worker))?.version ?? 0;

test('the first version is what holds without any rule', async () => {
  const first = await readRulesVersion(on.worker, 1);
  expect({ ...first?.rules, version: 1 }).toEqual(firstRules);
});

test('a version is written after the newest one, and none is lost', async () => {
  const version = await newest();
  const written = await write(version, 1);
  expect(written).toMatchObject({
    version: version + 1,
    written_by: 'staff:ada',
    approved_by: 'staff:eve',
    reason: 'try it',
  });
  expect(await readRulesVersion(on.worker, version)).not.toBeNull();
  expect((await listRulesVersions(on.worker, 1, undefined)).map((v) => v.version)).toEqual([
    version + 1,
    version,
  ]);
});

test('of eight approved at once one is written', async () => {
  const version = await newest();
  const asked = await Promise.all(
    Array.from({ length: 8 }, (_, n) => ask(version, n + 2, `staff:${n}`)),
  );
  const verdicts = await Promise.all(asked.map((one) => verdictOf(approve(one?.id ?? ''))));
  expect(countOf(verdicts.map((verdict) => (verdict === 'accepted' ? 'written' : 'too late')))).toEqual({ written: 1, 'too late': 7 }); // prettier-ignore
  expect(await newest()).toBe(version + 1);
});

test('the same asked again by the same person is the same request, also of four at once', async () => {
  const version = await newest();
  const four = await Promise.all([1, 2, 3, 4].map(() => ask(version, 40, 'staff:ada')));
  expect(new Set(four.map((one) => one?.id)).size).toBe(1);
  expect((await ask(version, 40, 'staff:bob'))?.id).not.toBe(four[0]?.id);
  await approve(four[0]?.id ?? '');
  expect((await ask(version, 40, 'staff:ada'))?.id).toBe(four[0]?.id);
  expect(await ask(version, 41, 'staff:ada')).toBeNull();
});

test('without an approval, or with one that is open, nothing is written', async () => {
  const asked = await ask(await newest(), 50, 'staff:ada');
  for (const id of ['apr_x', asked?.id ?? '']) {
    expect(await verdictOf(putApprovedRules(on.worker, id))).toBe('rules_require_approval');
  }
  const alone = on.worker
    .transaction()
    .execute((trx) =>
      decideApproval(trx, asked?.id ?? '', { status: 'approved', decidedBy: 'staff:ada' }),
    );
  expect(await verdictOf(alone)).toBe('approvals_four_eyes');
});

test('no version is ever changed, and none is written around the function', async () => {
  for (const statement of [
    `update routing_rules set reason = 'x'`,
    'delete from routing_rules',
    `insert into routing_rules (version, rules, written_by, reason) values (99, '{}', 'x', 'x')`,
  ]) {
    expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
  }
  expect(await verdictOf(on.rows.all('delete from routing_rules'))).toBe('append_only');
  expect(await verdictOf(putApprovedRules(on.api, 'apr_x'))).toBe('42501');
});
