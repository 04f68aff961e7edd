/** `npm run ledger:verify` as an auditor runs it: exit code, head, the first broken row, one line of JSON. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
  await on.captured();
});
afterAll(() => on.close());

interface Verdict {
  readonly exit: number;
  readonly line: Readonly<Record<string, unknown>>;
}

async function verify(...args: readonly string[]): Promise<Verdict> {
  const env = { ...process.env, TENDER_WORKER_DATABASE_URL: on.database.workerUrl };
  const child = spawn(process.execPath, ['scripts/ledger-verify.ts', ...args], { env });
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const output = await text(child.stdout);
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  return { exit: await exit, line: JSON.parse(line) as Verdict['line'] };
}

test('says yes with a head, holds the books to a head given, and says no with the broken row', async () => {
  const first = await verify();
  expect(first).toMatchObject({
    exit: 0,
    line: { name: 'ledger:verify', ok: true, head: expect.stringMatching(/^1:[0-9a-f]{64}$/) },
  });
  const { head } = first.line as { head: string };
  expect((await verify('--head', head)).exit).toBe(0);
  expect(await verify('--head', `1:${'0'.repeat(64)}`)).toMatchObject({
    exit: 1,
    line: { broken: { proof: 'hash_chain', what: expect.stringContaining('published') } },
  });
  const { id } = await on.rows.one<{ id: string }>(
    `select max(id) as id from journal_entries where state = 'posted'`,
  );
  await on.rows.all(
    `begin; set local session_replication_role = replica;
     update postings set amount = amount + 1 where entry_id = '${id}'; commit`,
  );
  expect(await verify()).toMatchObject({
    exit: 1,
    line: {
      ok: false,
      broken: { proof: 'hash_chain', what: expect.stringContaining(`journal entry ${id}`) },
    },
  });
});
