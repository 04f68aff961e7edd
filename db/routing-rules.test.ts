import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { firstRules, type StoredRules } from '../domain/routing-rules.ts';
import { countOf, openPaymentDatabase, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { listRulesVersions, putRules, readRulesVersion } from './routing-rules.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const some = (explore_percent: number): StoredRules => {
  const { version, ...rules } = firstRules;
  return { ...rules, explore_percent, ...(version > 1 && {}) };
};
const newest = async (): Promise<number> => (await readRulesVersion(on.worker))?.version ?? 0;

test('the first version is what holds without any rule', async () => {
  const first = await readRulesVersion(on.worker, 1);
  expect({ ...first?.rules, version: 1 }).toEqual(firstRules);
});

test('a version is written after the newest one, and none is lost', async () => {
  const version = await newest();
  const written = await putRules(on.worker, version, some(1), 'staff:ada', 'try it');
  expect(written).toMatchObject({
    version: version + 1,
    written_by: 'staff:ada',
    reason: 'try it',
  });
  expect(await readRulesVersion(on.worker, version)).not.toBeNull();
  expect((await listRulesVersions(on.worker, 1, undefined)).map((v) => v.version)).toEqual([
    version + 1,
    version,
  ]);
});

test('of eight at once one is written, the others are told', async () => {
  const version = await newest();
  const puts = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      putRules(on.worker, version, some(n + 2), `staff:${n}`, 'race'),
    ),
  );
  expect(countOf(puts.map((put) => (put === null ? 'conflict' : 'written')))).toEqual({
    conflict: 7,
    written: 1,
  });
  expect(await newest()).toBe(version + 1);
});

test('the same again of the same person is the same change, not a conflict', async () => {
  const version = await newest();
  const put = (actor: string): ReturnType<typeof putRules> =>
    putRules(on.worker, version, some(40), actor, 'lost answer');
  const first = await put('staff:ada');
  expect(await put('staff:ada')).toEqual(first);
  expect(await put('staff:bob')).toBeNull();
  expect(await newest()).toBe(version + 1);
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
  expect(await verdictOf(putRules(on.api, 1, some(1), 'x', 'x'))).toBe('42501');
});
