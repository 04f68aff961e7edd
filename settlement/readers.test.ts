/** Each format in our words, whatever pieces it arrives in. */
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { lineKinds } from '../domain/settlement-file.ts';
import { readFile } from '../test/support/settlement-files.ts';
import { samples } from '../test/support/settlement-samples.ts';
import type { SampleName } from '../test/support/settlement-samples.ts';

const names = Object.keys(samples) as SampleName[];

/** What differs from line to line. */
async function shownLines(name: SampleName): Promise<readonly string[]> {
  const { lines } = await readFile(samples[name].file, samples[name].source);
  return lines.map((line) =>
    [
      ...[line.line, line.kind, line.word ?? '', line.reference, line.providerReference],
      ...[line.parentReference, line.gross, line.fee, line.net, line.currency],
      ...[line.charged ?? '', line.chargedCurrency ?? '', line.batch ?? ''],
      new Date(line.occurredAt).toISOString().slice(5, 16),
    ].join(' '),
  );
}

test.each([
  [
    'alder',
    [
      '2 capture  op_1 cap_1 pay_1 1000 39 961 EUR   alder-20261126-EUR 11-26T10:00',
      '3 capture  op_2 cap_2 pay_2 500 7 493 JPY   alder-20261126-JPY 11-26T11:00',
      '4 refund  op_3 ref_1 pay_1 -300 0 -300 EUR   alder-20261126-EUR 11-26T12:00',
      '5 payout   po_1  661 0 661 EUR   alder-20261126-EUR 11-27T00:00',
      '6 payout   po_2  493 0 493 JPY   alder-20261126-JPY 11-27T00:00',
    ],
  ],
  [
    'birch',
    [
      '2 capture  op_1 cap_1 pay_1 1000 39 961 EUR   birch-20261126-EUR 11-26T10:00',
      '3 capture  op_2 cap_2 pay_2 12345 0 12345 KWD   birch-20261126-KWD 11-26T11:00',
      '4 refund  op_3 ref_1 pay_1 -1500 0 -1500 EUR   birch-20261126-EUR 11-26T12:00',
      '5 collection   po_1  -539 0 -539 EUR   birch-20261126-EUR 11-27T00:00',
      '6 payout   po_2  12345 0 12345 KWD   birch-20261126-KWD 11-27T00:00',
    ],
  ],
  [
    'cedar',
    [
      '2 capture  op_1 cap_1 pay_1 1000 39 961 EUR   cedar-20261126-EUR 11-26T10:00',
      '3 capture  att_1 sal_1  700 0 700 JPY   cedar-20261126-JPY 11-26T11:00',
      '4 refund  op_3 ref_1 pay_1 -300 0 -300 EUR   cedar-20261126-EUR 11-26T12:00',
      '5 payout   po_1  661 0 661 EUR   cedar-20261126-EUR 11-27T00:00',
      '6 payout   po_2  700 0 700 JPY   cedar-20261126-JPY 11-27T00:00',
    ],
  ],
  [
    'stripe',
    [
      '2 capture  att_1 ch_1 pi_1 5000 100 4900 EUR 5500 USD po_1 11-26T10:00',
      '3 capture_reversal  att_1 ch_1 pi_1 -1000 0 -1000 EUR   po_1 11-26T10:00',
      '4 refund  op_2 re_1 pi_1 -500 0 -500 EUR   po_1 11-26T11:00',
      '5 fee   txn_4  -200 0 -200 EUR   po_1 11-26T12:00',
      '6 unknown climate_order_purchase  txn_5  -700 0 -700 JPY   po_2 11-26T13:00',
    ],
  ],
  [
    'stripeTransactions',
    [
      '2 capture  att_1 ch_1 pi_1 5000 100 4900 EUR   po_1 11-26T10:00',
      '3 capture_reversal  att_1 ch_1 pi_1 -1000 0 -1000 EUR   po_1 11-26T10:00',
      '4 refund  op_2 re_1 pi_1 -500 0 -500 EUR   po_1 11-26T11:00',
      '5 payout   po_1  3400 0 3400 EUR   po_1 11-27T00:00',
    ],
  ],
  [
    'adyen',
    [
      '2 capture  op_1 MOD1 PSP1 4000 40 3960 EUR   Shop/7 11-26T09:00',
      '3 refund  op_2 MOD2 PSP1 -1000 10 -1010 EUR   Shop/7 11-26T10:00',
      '4 capture  att_2 PSP2 PSP2 1800 0 1800 EUR 2000 USD Shop/7 11-26T11:00',
      '5 dispute  att_2 MOD3 PSP2 -1800 50 -1850 EUR -2000 USD Shop/7 11-26T12:00',
      '6 fee   Fees of November  -100 0 -100 EUR   Shop/7 11-26T13:00',
      '7 payout   po_1  2800 0 2800 EUR   Shop/7 11-27T00:00',
    ],
  ],
  [
    'bankCsv',
    [
      '3 bank_credit  po_1 B1  661 0 661 EUR    11-27T00:00',
      '4 bank_debit  =po_2 B2  -539 0 -539 EUR    11-27T00:00',
    ],
  ],
  [
    'camt',
    [
      '1 bank_credit  po_1 B1  661 0 661 EUR    11-27T00:00',
      '2 bank_debit  =about po_2 B2  -539 0 -539 EUR    11-27T00:00',
      '3 bank_debit  po_3 B3  -400 0 -400 EUR    11-27T00:00',
      '4 bank_debit  po_4 B3  -600 0 -600 EUR    11-27T00:00',
    ],
  ],
] as const satisfies readonly (readonly [SampleName, readonly string[]])[])(
  'lines of %s',
  async (name, expected) => {
    expect(await shownLines(name)).toEqual(expected);
  },
);

test.each([
  ['alder', 'alder-20261126', ['batch/alder-20261126-EUR', 'batch/alder-20261126-JPY']],
  ['birch', 'birch-20261126', ['batch/birch-20261126-EUR', 'batch/birch-20261126-KWD']],
  ['cedar', 'cedar-20261126', ['batch/cedar-20261126', 'batch/cedar-20261126-EUR', 'batch/cedar-20261126-JPY']],
  ['stripe', null, ['payout/po_1', 'payout/po_2']],
  ['stripeTransactions', 'po_1', ['payout/po_1']],
  ['adyen', 'batch/Shop/7', ['batch/Shop/7']],
  ['bankCsv', null, ['day/ACC1/EUR/2026-11-27']],
  ['camt', 'message-1', ['day/DE02120300000000202051/EUR/2026-11-27']],
] as const)('%s is known by its id and the parts no other file may tell of', async (name, id, parts) => {
  const { summary } = await readFile(samples[name].file, samples[name].source);
  expect(summary).toMatchObject({ statementId: id, parts });
}); // prettier-ignore

test.each([
  ['bankCsv', 'ACC1', 1_000n, 1_122n, ['alder', 'birch']],
  ['camt', 'DE02120300000000202051', 1_000n, 122n, ['Alder B.V.', null, null, null]],
] as const)('%s tells what was on the account before and after, and from whom it came', async (name, account, opening, closing, from) => {
  const { summary, lines } = await readFile(samples[name].file, samples[name].source);
  const span = { from: Date.parse('2026-11-27'), to: Date.parse('2026-11-28') };
  expect(summary.statements).toEqual([{ account, currency: 'EUR', ...span, opening, closing }]);
  expect(lines.map(({ counterparty }) => counterparty)).toEqual(from);
}); // prettier-ignore

test.each([
  ['alder', '2026-11-26T00:00:00.000Z', '2026-11-27T00:00:00.000Z', 'captured,refunded'],
  ['birch', '2026-11-26T00:00:00.000Z', '2026-11-27T00:00:00.000Z', 'captured,refunded'],
  ['cedar', '2026-11-26T00:00:00.000Z', '2026-11-27T00:00:00.000Z', 'captured,refunded'],
  ['bankCsv', '2026-11-27T00:00:00.000Z', '2026-11-28T00:00:00.000Z', ''],
  ['camt', '2026-11-27T00:00:00.000Z', '2026-11-28T00:00:00.000Z', ''],
] as const)('%s covers %s to %s and lists all that was %s', async (name, from, to, lists) => {
  const { summary } = await readFile(samples[name].file, samples[name].source);
  expect(summary.span).toEqual({ from: Date.parse(from), to: Date.parse(to) });
  expect(summary.lists.join()).toBe(lists);
});

test.each(names)(
  '%s reads the same byte by byte, packed, and behind a byte order mark',
  async (name) => {
    const { file, source, format } = samples[name];
    const whole = await readFile(file, source);
    expect(whole.format).toBe(format);
    expect(whole.lines.every(({ kind }) => lineKinds.includes(kind))).toBe(true);
    expect(await readFile(file, source, 1)).toEqual(whole);
    expect(await readFile(gzipSync(file), source)).toEqual(whole);
    expect(await readFile(`\uFEFF${file}`, source)).toEqual(whole);
  },
);
