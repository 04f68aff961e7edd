/** A bank's own files, from their bytes to the books. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { checkExternalBalances } from '../../db/ledger-proofs.ts';
import { openBankWorld, type BankWorld } from '../../test/support/bank-world.ts';
import { chunksOf } from '../../test/support/settlement-files.ts';
import { samples } from '../../test/support/settlement-samples.ts';
import { importFile } from '../import-file.ts';

let on: BankWorld;
let store: ImportStore;
beforeAll(async () => {
  on = await openBankWorld();
  store = createImportStore({ url: on.database.workerUrl, onError: () => undefined });
});
afterAll(async () => {
  await store.close();
  await on.close();
});

const { signal } = new AbortController();
async function imported(file: string): Promise<string> {
  const { kind, provider } = samples.bankCsv.source;
  const of = { kind, provider, fileName: null, requestedBy: 'test' };
  const { id } = await store.receive(of, chunksOf(Buffer.from(file)));
  const { refusal } = await importFile({ store, providers: new Map(), signal }, id);
  expect(refusal).toBeNull();
  return id;
}

test('balances and lines of a file are in the books, and the next day goes on from them', async () => {
  const { names } = await on.announce([661]);
  const file = samples.bankCsv.file.replace('po_1', names[0] ?? '');
  const id = await imported(file);
  const kept = await on.rows.all(
    `select account, currency, covers_from, covers_to, opening::int, closing::int, provider, reconciliation_id from bank_statements`,
  );
  const span = { covers_from: new Date('2026-11-27'), covers_to: new Date('2026-11-28') };
  expect(kept).toEqual([
    {
      ...{ account: 'ACC1', currency: 'EUR', opening: 1_000, closing: 1_122, ...span },
      ...{ provider: 'bank_account', reconciliation_id: id },
    },
  ]);
  expect(await on.take(id)).toEqual({ matched: 1, opened: 2 });
  const next = file
    .replaceAll('2026-11-27', '2026-11-28')
    .replace(/entry.*\n/, '')
    .replace(',,10.00,', ',,11.22,')
    .replace('-5.39,11.22', '-5.39,5.83')
    .replace(',,11.22,,,\n$', '')
    .replace(/closing(.*)11\.22/, 'closing$15.83')
    .replace(',B2,', ',B3,');
  expect(await on.take(await imported(next))).toEqual({ matched: 0, opened: 1 });
  expect(await on.balances('EUR', '1010', '1200', '1900', '2900')).toEqual({
    ...{ '1010': 583, '1200': 0, '1900': 1_078, '2900': -1_000 },
  });
  expect((await checkExternalBalances(on.worker))[0]).toMatchObject({
    name: 'bank_statement',
    state: 'holds',
  });
});
