/** How breaks end over HTTP: by whom, with what in the books, and once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listOpenLines } from '../../db/ledger-proofs.ts';
import { actionsOf, breakActions, breakKinds } from '../../domain/breaks.ts';
import { newId } from '../../runtime/ids.ts';
import { aKey } from '../../test/support/approvals-api.ts';
import { resolving, said, type Resolving } from '../../test/support/break-resolving.ts';
import { insertBreak, insertFile, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts'; // prettier-ignore
import { countOf } from '../../test/support/payment-database.ts';

let it: BreaksApi;
let on: Resolving;
beforeAll(async () => {
  it = await startBreaksApi();
  on = resolving(it);
});
afterAll(() => it.close());

describe('every kind takes its own actions and no other', () => {
  test.each(breakKinds)('%s', async (kind) => {
    const refused: string[] = [];
    for (const action of breakActions) {
      const id = await on.broken(kind, -5);
      const more = action === 'amend' ? { entry_id: newId('je'), postings: [] } : {};
      const answer = await on.resolve(id, { action, ...more });
      if (answer.body['code'] === 'break_action_not_possible') refused.push(action);
    }
    const allowed = actionsOf(kind) as readonly string[];
    const known = new Set(refused);
    // An entry that is not there is not found before the kind is asked about.
    const expected = breakActions.filter((a) => !allowed.includes(a) && a !== 'amend');
    expect([...known].sort()).toEqual([...expected].sort());
  });
});

test('one person explains, with a reason, and nothing moves', async () => {
  const before = await on.books();
  const id = await on.broken('fee', 12);
  const bare = await on.resolve(id, { action: 'explain' }, 'fin', { 'x-reason': '' });
  expect(said(bare)).toBe('400 invalid_request');
  expect(said(await on.resolve(id, { action: 'explain' }, 'vic'))).toBe('403 forbidden');
  expect(said(await on.resolve(id, { action: 'explain', line: 4 }))).toBe('400 invalid_request');
  const done = await on.resolve(id, { action: 'accept_fee', reason: 'new tariff' });
  expect(done.body).toMatchObject({
    ...{ status: 'resolved', suggested_actions: [] },
    resolution: { action: 'accept_fee', by: 'staff:fin', reason: 'new tariff', approved_by: null },
  });
  expect(said(await on.resolve(id, { action: 'explain' }))).toBe('409 break_resolved');
  expect(await on.books()).toEqual(before);
});

test('a claim is noted, and the break stays open', async () => {
  const id = await on.broken('amount', -7);
  expect(said(await on.resolve(id, { action: 'claim', reason: 'ticket 81' }))).toBe('200 open');
  const { body } = await it.api.call(`/v1/breaks/${id}`, { headers: it.as('vic') });
  expect(body['detail']).toMatchObject({ notes: [{ action: 'claim', by: 'staff:fin', reason: 'ticket 81' }] }); // prettier-ignore
});

describe.each([
  ['less came', -300, { '1100 alder USD': '-300', '1900 alder USD': '300' }, { '1100 alder USD': '-300', '5400  USD': '300' }], // prettier-ignore
  ['more came', 300, { '1100 alder USD': '300', '2900 alder USD': '-300' }, { '1100 alder USD': '300', '5400  USD': '-300' }], // prettier-ignore
] as const)('%s', (_, amount, parked, writtenOff) => {
  let other: BreaksApi;
  let its: Resolving;
  beforeAll(async () => {
    other = await startBreaksApi();
    its = resolving(other);
  });
  afterAll(() => other.close());

  test('is set aside, and given up by two people: suspense is as before', async () => {
    const id = await its.broken('missing_external', -amount);
    expect(await its.settle(id, { action: 'write_off' })).toBe('409 break_not_in_suspense');
    expect(await its.settle(id, { action: 'from_suspense' })).toBe('409 break_not_in_suspense');
    expect(await its.settle(id, { action: 'to_suspense' })).toBe('200 open');
    expect(await its.books()).toEqual(parked);
    expect(await its.settle(id, { action: 'to_suspense' })).toBe('409 break_in_suspense');
    expect(await its.settle(id, { action: 'explain' })).toBe('409 break_in_suspense');
    expect(await its.books()).toEqual(parked);
    expect(await its.settle(id, { action: 'write_off' })).toBe('200 approved');
    expect([await its.books(), await its.status(id)]).toEqual([writtenOff, 'resolved']);
  });

  test('or turns out to be in the receivable by another way', async () => {
    const before = await its.books();
    const id = await its.broken('missing_external', -amount);
    expect(await its.settle(id, { action: 'to_suspense' })).toBe('200 open');
    expect(await its.settle(id, { action: 'from_suspense' })).toBe('200 approved');
    expect([await its.books(), await its.status(id)]).toEqual([before, 'resolved']);
  });
});

describe('what needs two people', () => {
  test('waits for another, who never is the one who asked; a viewer neither', async () => {
    const id = await on.broken('missing_external', 9);
    await on.resolve(id, { action: 'to_suspense' });
    const asked = await on.resolve(id, { action: 'write_off', reason: 'too small to ask' });
    expect([asked.status, asked.body]).toMatchObject([
      202,
      {
        ...{ object: 'approval', kind: 'break', status: 'open', asked_by: 'staff:fin' },
        binds: { id, version: 2, amount: 9, currency: 'USD' },
      },
    ]);
    const own = await on.decide(asked.body['id'], 'approve', 'fin');
    expect(said(own)).toBe('403 second_person_required');
    expect(said(await on.decide(asked.body['id'], 'approve', 'vic'))).toBe('403 forbidden');
    expect(said(await on.resolve(id, { action: 'write_off' }))).toBe('409 resolution_pending');
    expect(said(await on.decide(asked.body['id'], 'reject', 'fay'))).toBe('200 rejected');
    expect(await on.status(id)).toBe('open');
    expect(await on.settle(id, { action: 'write_off' })).toBe('200 approved');
  });

  test('is of the break as it was: noted or ended since, it is asked for anew', async () => {
    const id = await on.broken('missing_external', 9);
    await on.resolve(id, { action: 'to_suspense' });
    const asked = await on.resolve(id, { action: 'write_off' });
    await on.resolve(id, { action: 'claim' });
    expect(said(await on.decide(asked.body['id'], 'approve', 'fay'))).toBe('409 break_changed');
    await it.on.rows.all('update clock set offset_seconds = offset_seconds + 7 * 86400 + 1');
    expect(said(await on.decide(asked.body['id'], 'approve', 'fay'))).toBe('409 approval_lapsed');
    expect(await on.settle(id, { action: 'write_off' })).toBe('200 approved');
  });

  test('is held by the database: no end by one person, none of another sum, none twice', async () => {
    const id = await on.broken('missing_external', 9);
    const forge = (resolution: object): Promise<unknown> =>
      it.on.rows.all(
        `update breaks set status = 'resolved', resolved_at = now(), resolution = $2 where id = $1`,
        [id, JSON.stringify(resolution)],
      );
    const by = { by: 'staff:fin', reason: 'x', entries: [] };
    await expect(forge({ ...by, action: 'write_off', approved_by: 'staff:fay' })).rejects.toMatchObject({ constraint: 'break_requires_approval' }); // prettier-ignore
    await on.resolve(id, { action: 'to_suspense' });
    await expect(forge({ ...by, action: 'explain' })).rejects.toMatchObject({ constraint: 'break_drains_suspense' }); // prettier-ignore
    const file = await insertFile(it.on.rows, [{}]);
    const match = it.on.rows.all(
      `insert into settlement_matches (reconciliation_id, line, subject_id, tier, matched_by) values ($1, 1, 'x', 7, 'me')`,
      [file],
    );
    await expect(match).rejects.toMatchObject({ constraint: 'match_requires_approval' });
    expect(await on.settle(id, { action: 'write_off' })).toBe('200 approved');
    await expect(forge({ ...by, action: 'explain' })).rejects.toMatchObject({ constraint: 'break_resolved' }); // prettier-ignore
  });
});

describe('at once', () => {
  test('sixteen approve, sixteen explain another: each once, books once', async () => {
    const before = await on.books();
    const id = await on.broken('missing_external', 300);
    await Promise.all(Array.from({ length: 8 }, () => on.resolve(id, { action: 'to_suspense' })));
    const asked = await Promise.all(Array.from({ length: 8 }, () => on.resolve(id, { action: 'write_off' }))); // prettier-ignore
    expect(countOf(asked.map(said))).toEqual({ '202 open': 1, '409 resolution_pending': 7 });
    const approval = asked.find(({ status }) => status === 202)?.body['id'];
    const answers = await Promise.all(Array.from({ length: 16 }, () => on.decide(approval, 'approve', 'fay'))); // prettier-ignore
    expect(countOf(answers.map(said))).toEqual({ '200 approved': 1, '409 approval_decided': 15 });
    const loss = Number((await on.books())['5400  USD'] ?? 0) - Number(before['5400  USD'] ?? 0);
    expect(loss).toBe(300);
    expect((await on.books())['1900 alder USD']).toEqual(before['1900 alder USD']);
    const fee = await on.broken('fee', 1);
    const ends = await Promise.all(Array.from({ length: 16 }, () => on.resolve(fee, { action: 'explain' }))); // prettier-ignore
    expect(countOf(ends.map(said))).toEqual({ '200 resolved': 1, '409 break_resolved': 15 });
  });

  test('a lost answer is repeated under its key', async () => {
    const id = await on.broken('missing_external', 300);
    const key = aKey();
    const all = [];
    for (let n = 0; n < 3; n += 1) all.push(await on.resolve(id, { action: 'to_suspense' }, 'fin', key)); // prettier-ignore
    expect(new Set(all.map(({ text }) => text)).size).toBe(1);
    expect(all.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true', 'true']); // prettier-ignore
    expect(await on.settle(id, { action: 'write_off' })).toBe('200 approved');
  });
});

test('what explains itself while its money is set aside stays open until that is taken out', async () => {
  const id = await on.broken('missing_external', 40);
  await on.resolve(id, { action: 'to_suspense' });
  const end = (): Promise<unknown> =>
    it.on.rows.all(`select end_break(b, 'listed after all', '{}') from breaks b where id = $1`, [
      id,
    ]);
  await end();
  const asked = await on.resolve(id, { action: 'from_suspense' });
  await end();
  const { body } = await it.api.call(`/v1/breaks/${id}`, { headers: it.as('vic') });
  expect(body).toMatchObject({ status: 'open', detail: { explained_by_itself: { reason: 'listed after all' } } }); // prettier-ignore
  expect(said(await on.decide(asked.body['id'], 'approve', 'fay'))).toBe('200 approved');
  const other = await on.broken('missing_external', 40);
  await it.on.rows.all(`select end_break(b, 'its lines add up', '{}') from breaks b where id = $1`, [other]); // prettier-ignore
  expect(await on.status(other)).toBe('resolved');
});

test('found again it is the same, and with other figures the next of its place', async () => {
  const file = await insertFile(it.on.rows, [{}]);
  const found = { kind: 'fee', reconciliationId: file, line: 1, merchantId: it.merchantId, currency: 'USD' } as const; // prettier-ignore
  const first = (await insertBreak(it.on.rows, { ...found, amount: -5 })) ?? '';
  expect(await insertBreak(it.on.rows, { ...found, amount: -5 })).toBeNull();
  expect(await insertBreak(it.on.rows, { ...found, amount: -6 })).toBeNull();
  await on.resolve(first, { action: 'explain' });
  expect(await insertBreak(it.on.rows, { ...found, amount: -5 })).toBeNull();
  const all = await Promise.all([6, 6, 6].map(() => insertBreak(it.on.rows, { ...found, amount: -6 }))); // prettier-ignore
  const [next, second] = all.filter((id) => id !== null);
  expect(second).toBeUndefined();
  const { body } = await it.api.call(`/v1/breaks/${next ?? ''}`, { headers: it.as('vic') });
  expect(body).toMatchObject({ status: 'open', previous_id: first, amount: '-6' });
});

test('after all of it every proof of the books holds, and suspense waits for open breaks alone', async () => {
  expect(await on.broke()).toEqual([]);
  const open = await it.on.rows.all<{ id: string }>(`select id from breaks where status = 'open'`);
  const lines = await listOpenLines(it.on.worker);
  expect(lines.length).toBeGreaterThan(0);
  expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(lines.map((l) => l.waits_for)));
});
