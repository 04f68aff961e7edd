/** Lists of cards, people and places: once each, for as long as they say, of installation and merchant apart. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Tightening } from '../domain/risk/tightening.ts';
import { openPaymentDatabase, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { addListEntry, entityOfPayment, entityValue, listEntries, lookUpLists, removeListEntry, tightenMerchant, type ListEntryRow, type NewListEntry } from './risk-lists.ts'; // prettier-ignore

let on: PaymentDatabase;
let mine: string;
let theirs: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  [mine, theirs] = [await on.newMerchant(), await on.newMerchant()];
});
afterAll(() => on.close());

const by = { actor: 'staff:sue', reason: 'a mistake' };
const hash = (letter: string): string => String(letter.charCodeAt(0));
const add = (
  values: Partial<NewListEntry> & Pick<NewListEntry, 'value'>,
): Promise<{ fresh: boolean; entry: ListEntryRow }> =>
  on.worker.transaction().execute((trx) =>
    addListEntry(trx, {
      ...{ merchant_id: mine, list: 'block', entity: 'card', reason: 'stolen' },
      ...{ added_by: 'staff:sue', expires_at: null, ...values },
    }),
  );
const found = async (merchantId: string, value: string, kind: 'card' | 'bin' = 'card'): Promise<unknown> => // prettier-ignore
  (await lookUpLists(on.worker, merchantId, [{ kind, value }])).matches.map((m) => `${m.scope} ${m.list}`); // prettier-ignore

test('an entry is found by its merchant and by no other, one of the installation by all', async () => {
  await add({ value: hash('a') });
  await add({ value: hash('a'), merchant_id: null, list: 'watch' });
  expect(await found(mine, hash('a'))).toEqual(['merchant block', 'global watch']);
  expect(await found(theirs, hash('a'))).toEqual(['global watch']);
  expect(await found(mine, hash('b'))).toEqual([]);
});

test('a BIN is found under each of its lengths, and what was looked for is told', async () => {
  await add({ entity: 'bin', value: '411111' });
  const entities = ['41111122', '411111'].map((value) => ({ kind: 'bin' as const, value }));
  const view = await lookUpLists(on.worker, mine, entities);
  expect(view).toMatchObject({ lookedUp: ['bin'], matches: [{ entity: 'bin', reason: 'stolen' }] });
});

test('the same is added once, also by four at once', async () => {
  const four = await Promise.all([1, 2, 3, 4].map(() => add({ value: hash('c') })));
  expect(four.filter(({ fresh }) => fresh)).toHaveLength(1);
  expect(new Set(four.map(({ entry }) => entry.id)).size).toBe(1);
});

test.each([
  ['email', ' Ada@Example.com', 'ada@example.com'],
  ['ip', '2001:db8::1', '2001:DB8::ffff'],
  ['ip', '::ffff:203.0.113.9', '203.0.113.9'],
  ['country', 'fr', 'FR'],
  ['bin', '411111 ', '411111'],
] as const)('the same %s written otherwise is the same: %s', async (entity, one, other) => {
  const named = (written: string): Promise<string> => entityValue(on.worker, mine, entity, written);
  expect(await named(one)).toBe(await named(other));
  expect(await named(one)).not.toBe(await named(entity === 'ip' ? '198.51.100.7' : 'x'));
});

test('a payment’s card is named as the card itself is, and by its own merchant alone', async () => {
  const payment = await on.captured({ merchantId: mine });
  const named = (merchantId: string): Promise<string | null> =>
    entityOfPayment(on.worker, merchantId, 'card', payment.id);
  expect(await named(mine)).toBe(await entityValue(on.worker, mine, 'card', 'tok_visa'));
  expect(await named(theirs)).toBeNull();
  expect(await entityOfPayment(on.worker, mine, 'device', payment.id)).toBeNull();
});

test('it ends with its time, and may be added again', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const { entry } = await add({ value: hash('d'), expires_at: soon });
  expect(await found(mine, hash('d'))).toEqual(['merchant block']);
  await on.rows.all('update clock set offset_seconds = offset_seconds + 7200');
  expect(await found(mine, hash('d'))).toEqual([]);
  expect((await listEntries(on.worker, mine, 'block', { value: hash('d') }, { limit: 5 })).length).toBe(0); // prettier-ignore
  const again = await add({ value: hash('d') });
  expect([again.fresh, again.entry.id === entry.id]).toEqual([true, false]);
  const kept = await listEntries(on.worker, mine, 'block', { value: hash('d'), all: true }, { limit: 5 }); // prettier-ignore
  expect(kept.map(({ removed_by }) => removed_by)).toEqual([null, 'tender']);
});

test('what Tender puts there by itself ends by itself, and is put there once', async () => {
  const tightening: Tightening = {
    ...{ action: 'challenge', list: 'challenge', entity: 'bin', value: '424242' },
    expiresInMs: 1_800_000,
    ...{ detector: 'bin_attack', reason: 'bin_attack: attempts 12' },
  };
  const tighten = (): Promise<void> =>
    on.worker.transaction().execute((trx) => tightenMerchant(trx, mine, [tightening]));
  await Promise.all([1, 2, 3].map(tighten));
  const standing = await listEntries(on.worker, mine, 'challenge', { all: true }, { limit: 5 });
  expect(standing).toMatchObject([{ added_by: 'tender', reason: tightening.reason }]);
  expect(await found(mine, '424242', 'bin')).toEqual(['merchant challenge']);
  await on.rows.all('update clock set offset_seconds = offset_seconds + 1801');
  expect(await found(mine, '424242', 'bin')).toEqual([]);
});

test('it is removed once, by its own list, and stays on record', async () => {
  const { entry } = await add({ value: hash('e') });
  expect(await removeListEntry(on.worker, theirs, 'block', entry.id, by)).toBeNull();
  expect(await removeListEntry(on.worker, mine, 'allow', entry.id, by)).toBeNull();
  const removed = await removeListEntry(on.worker, mine, 'block', entry.id, by);
  expect(removed).toMatchObject({ removed_by: 'staff:sue', removal_reason: 'a mistake' });
  const again = await removeListEntry(on.worker, mine, 'block', entry.id, { ...by, actor: 'x' });
  expect(again).toEqual(removed);
  expect(await found(mine, hash('e'))).toEqual([]);
});

test('no entry says something else later, or holds what is personal', async () => {
  for (const statement of [
    `update risk_list_entries set value = 'x'`,
    'delete from risk_list_entries',
  ]) {
    expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
  }
  const rewritten = on.rows.all(`update risk_list_entries set reason = 'y' where removed_at is null`); // prettier-ignore
  expect(await verdictOf(rewritten)).toBe('TD002');
  expect(await verdictOf(add({ entity: 'email', value: 'ada@example.com' }))).toBe('risk_list_entries_value'); // prettier-ignore
  expect(await verdictOf(sql`select * from risk_list_entries`.execute(on.api))).toBe('42501');
});
