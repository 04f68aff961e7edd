/** What no file lists: a break once every file that could have listed it is there, and never by the date alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findUnlisted } from './matching.ts';
import { openSettlementWorld, type SettlementWorld } from '../test/support/settlement-world.ts';

let on: SettlementWorld;
beforeAll(async () => {
  on = await openSettlementWorld();
});
afterAll(() => on.close());

const hour = 3_600_000;
const look = (): Promise<number> => findUnlisted(on.worker, 'alder', 24 * hour);
const found = (): Promise<readonly unknown[]> =>
  on.rows.all(
    'select kind, subject_id, status from breaks where reconciliation_id is null order by subject_id',
  );

test('it is looked for when two cycles more are covered without a gap, and listed late it is explained', async () => {
  const sale = await on.sale();
  const twin = await on.sale();
  const listed = await on.file([on.lineOf(twin)]);
  await on.match(listed);
  await on.pass(100);
  // The time has passed, and the files of it have not come.
  expect(await look()).toBe(0);
  await on.file([], { span: [-50, 0] });
  expect(await look()).toBe(0);
  await on.file([], { span: [-99.5, -50] });
  expect(await look()).toBe(1);
  expect(await look()).toBe(0);
  const kind = 'missing_external';
  expect(await found()).toEqual([{ kind, subject_id: sale.captureId, status: 'open' }]);
  // Its run asks the provider.
  expect(
    await on.rows.one('select due_at <= tender_now() as due from operations where id = $1', [
      sale.captureId,
    ]),
  ).toEqual({ due: true });
  const late = await on.file([on.lineOf(sale)]);
  await on.match(late);
  await on.endExplained();
  expect(await found()).toEqual([{ kind, subject_id: sale.captureId, status: 'resolved' }]);
});

test('two of ours under one id of the provider are one of theirs', async () => {
  const sale = await on.sale();
  const file = await on.file([on.lineOf(sale)]);
  await on.match(file);
  const twin = await on.sale();
  await on.rows.all('update operations set provider_reference = $1 where id = $2', [
    ...[sale.providerReference, twin.captureId],
  ]);
  await on.pass(100);
  await on.file([], { span: [-120, 0] });
  expect(await look()).toBe(1);
  expect(await found()).toContainEqual({
    ...{ kind: 'duplicate_internal', subject_id: twin.captureId, status: 'open' },
  });
});

test.each([0, 1])(
  'of two under one id of the provider a line is the one that it names (%i)',
  async (named) => {
    const sales = [await on.sale(), await on.sale()];
    const [first, second] = sales;
    const [own, other] = [sales[named], sales[1 - named]];
    if (first === undefined || second === undefined || own === undefined || other === undefined) {
      throw new Error('no sales');
    }
    await on.rows.all('update operations set provider_reference = $1 where id = $2', [
      ...[first.providerReference, second.captureId],
    ]);
    const line = on.lineOf(own, { provider_reference: first.providerReference });
    const file = await on.file([line]);
    expect(await on.match(file)).toEqual({ matched: 1, opened: 0 });
    expect(await on.matches(file)).toEqual([{ line: 1, subject_id: own.captureId, tier: 1 }]);
    await on.pass(100);
    await on.file([], { span: [-120, 0] });
    await look();
    expect(await found()).toContainEqual({
      ...{ kind: 'duplicate_internal', subject_id: other.captureId, status: 'open' },
    });
  },
);
