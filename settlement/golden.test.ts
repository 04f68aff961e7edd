/** What the sandbox's own files say, over HTTP, is what happened to the money by its books. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { payAtBank } from '../sandbox/testing/bank.ts';
import { newReference, startTestSandbox } from '../sandbox/testing/client.ts';
import type { TestSandbox } from '../sandbox/testing/client.ts';
import { capture, list, refund, text } from '../sandbox/testing/settlement.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { readFile } from '../test/support/settlement-files.ts';
import type { ReadFile } from '../test/support/settlement-files.ts';

const day = 86_400;
let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  for (const provider of ['alder', 'birch', 'cedar']) {
    for (const [currency, amount] of [
      ['EUR', 1_005],
      ['JPY', 1_200],
      ['KWD', 12_345],
    ] as const) {
      const { id } = await capture(sandbox, provider, amount, currency);
      await refund(sandbox, provider, id, 3, currency);
    }
  }
  for (const token of ['tok_debit_mandated', 'tok_debit_returned']) {
    await payAtBank(sandbox, { method: 'bank_debit', token, currency: 'GBP' });
  }
  await payAtAdyen();
  await sandbox.advance(12 * day);
});
afterAll(() => sandbox.close());

async function callAdyen(path: string, body: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${sandbox.url}/adyen/v72/${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'idempotency-key': newReference() },
    body: JSON.stringify({ merchantAccount, ...body }),
  });
  expect(response.ok).toBe(true);
  return String(((await response.json()) as Record<string, unknown>)['pspReference']);
}

async function payAtAdyen(): Promise<void> {
  const id = await callAdyen('payments', {
    amount: { value: 5_000, currency: 'EUR' },
    reference: 'att_1',
    returnUrl: 'https://shop.example/r',
    paymentMethod: { type: 'scheme', storedPaymentMethodId: 'tok_mastercard' },
    shopperReference: 'shopper_1',
    shopperInteraction: 'ContAuth',
    recurringProcessingModel: 'CardOnFile',
    additionalData: { manualCapture: 'true' },
  });
  const of = (value: number): Record<string, unknown> => ({ amount: { value, currency: 'EUR' } });
  await callAdyen(`payments/${id}/captures`, { reference: 'op_1', ...of(4_000) });
  await callAdyen(`payments/${id}/refunds`, { reference: 'op_2', ...of(1_000) });
}

async function readAll(provider: string): Promise<readonly ReadFile[]> {
  const reports = await list(sandbox, `/${provider}/settlement_reports`);
  return Promise.all(
    reports.map(async ({ id, covers_from: from, covers_to: to }) => {
      const file = await text(sandbox, `/${provider}/settlement_reports/${id}`);
      const read = await readFile(file, { kind: 'settlement', provider, isWhole: true });
      if (provider === 'adyen') return read;
      const span = { from: Date.parse(from), to: Date.parse(to) };
      expect(read.summary).toMatchObject({
        statementId: id,
        span,
        lists: ['captured', 'refunded'],
      });
      return read;
    }),
  );
}

test.each(['alder', 'birch', 'cedar', 'bank', 'adyen'])(
  'every movement of %s is read with its amount, fee, ids and time',
  async (provider) => {
    const lines = (await readAll(provider)).flatMap((file) => file.lines);
    const moved = lines.filter(({ kind }) => kind !== 'payout' && kind !== 'collection');
    const books = (await sandbox.books(provider)).filter(({ operation }) =>
      ['capture', 'refund'].includes(operation),
    );
    expect(books.length).toBeGreaterThan(1);
    const inSeconds = provider === 'birch' || provider === 'adyen';
    expect(
      moved.map((line) => ({
        kind: line.kind,
        reference: line.reference,
        id: line.providerReference,
        ...{ gross: line.gross, fee: line.fee, net: line.net, currency: line.currency },
        at: line.occurredAt,
      })),
    ).toEqual(
      [...books]
        .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
        .map((movement) => {
          const amount = BigInt(
            movement.operation === 'refund' ? -movement.amount : movement.amount,
          );
          const fee = BigInt(movement.fee);
          const at = Date.parse(movement.at);
          const isReturn = movement.key.startsWith('return/');
          return {
            kind: isReturn ? 'capture_reversal' : movement.operation,
            reference: movement.reference,
            id: movement.provider_reference,
            ...{ gross: amount, fee, net: amount - fee, currency: movement.currency },
            at: inSeconds ? Math.floor(at / 1_000) * 1_000 : at,
          };
        }),
    );
  },
);

test.each(['alder', 'birch', 'cedar', 'bank', 'adyen'])(
  'payouts of %s are what is left of their batch, and are on the bank account the day after',
  async (provider) => {
    const lines = (await readAll(provider)).flatMap((file) => file.lines);
    const left = new Map<string, bigint>();
    const payouts = lines.filter(({ kind }) => kind === 'payout' || kind === 'collection');
    for (const { batch, currency, net, kind } of lines) {
      const name = `${String(batch)} ${currency}`;
      const sign = kind === 'payout' || kind === 'collection' ? -1n : 1n;
      left.set(name, (left.get(name) ?? 0n) + sign * net);
    }
    expect(payouts.length).toBeGreaterThan(0);
    expect([...left.values()].every((amount) => amount === 0n)).toBe(true);
    for (const format of ['camt053', 'csv']) {
      const entries = new Map(
        (await readStatements(format))
          .flatMap((file) => file.lines)
          .map((line) => [line.reference, line]),
      );
      for (const { providerReference, gross, currency } of payouts) {
        const kind = gross < 0n ? 'bank_debit' : 'bank_credit';
        expect(entries.get(providerReference)).toMatchObject({ kind, gross, currency, net: gross });
      }
    }
  },
);

async function readStatements(format: string): Promise<readonly ReadFile[]> {
  const statements = await list(sandbox, '/bank_account/statements');
  const source = { kind: 'bank_statement', provider: 'bank_account' } as const;
  return Promise.all(
    statements.map(async ({ id }) =>
      readFile(await text(sandbox, `/bank_account/statements/${id}?format=${format}`), source),
    ),
  );
}

test('a statement is the same in both formats, and the same parts', async () => {
  const [xml, csv] = await Promise.all(['camt053', 'csv'].map(readStatements));
  expect(xml?.length).toBeGreaterThan(1);
  const bare = (files: readonly ReadFile[] = []): readonly unknown[] =>
    files.map(({ lines, summary: { span, parts } }) => ({
      lines: lines.map(({ line: _, ...line }) => line),
      ...{ span, parts },
    }));
  expect(bare(xml)).toEqual(bare(csv));
  expect(xml?.map(({ summary }) => summary.statementId)).toEqual(
    (await list(sandbox, '/bank_account/statements')).map(({ id }) => id),
  );
});
