/** A file is refused whole, with its line, field and reason: each row breaks one rule of a valid file. */
import { expect, test } from '@jest/globals';
import { refusalReasons } from '../domain/settlement-file.ts';
import type { RefusalCode } from '../domain/settlement-file.ts';
import { refusalOf } from '../test/support/settlement-files.ts';
import { samples } from '../test/support/settlement-samples.ts';
import type { SampleName } from '../test/support/settlement-samples.ts';

type Change = readonly [from: string | RegExp, to: string];
type Row = readonly [
  sample: SampleName,
  code: RefusalCode,
  line: number | null,
  field: string | null,
  ...changes: Change[],
];

const long = 'x'.repeat(300);
const rows: readonly Row[] = [
  // What it adds up to.
  ['alder', 'totals', 7, null, [',total,700,', ',total,701,']],
  ['alder', 'totals', 7, null, ['T,,2,', 'T,,3,']],
  ['alder', 'totals', 7, null, ['total,700,39', 'total,700,38']],
  ['alder', 'totals', 5, null, ['payout,661', 'payout,662']],
  ['alder', 'totals', 5, null, ['payout,661,0', 'payout,661,1']],
  ['alder', 'totals', null, null, [/P,po_1.*\n/, '']],
  ['alder', 'totals', 5, null, ['P,po_1,,,payout,661,0,EUR', 'P,po_1,,,payout,493,0,JPY'], [/alder-20261126-EUR\nP,po_2/, 'alder-20261126-XXX\nP,po_2']],
  ['alder', 'totals', 6, null, [/(P,po_1.*\n)/, '$1P,po_9,,,payout,661,0,EUR,2026-11-27T00:00:00.000Z,alder-20261126-EUR\n']],
  ['alder', 'totals', 8, null, [/(T,,2.*\n)/, '$1$1']],
  ['birch', 'totals', 7, null, ['Summe;-5,00', 'Summe;-5,01']],
  ['cedar', 'totals', 7, null, ['"count":3,', '"count":4,']],
  ['cedar', 'totals', 7, null, ['"count":3', '"count":2']],
  ['cedar', 'totals', 7, null, ['"amount":"700","fee":"39"', '"amount":"699","fee":"39"']],
  ['cedar', 'totals', 7, null, [',{"currency":"JPY","count":1,"amount":"700","fee":"0"}', '']],
  ['stripe', 'totals', 2, 'net', ['1.00,49.00', '1.00,49.01']],
  ['stripeTransactions', 'totals', 2, 'net', ['"net":4900', '"net":4901']],
  ['stripeTransactions', 'totals', 6, null, ['"amount":3400}}', '"amount":3401}}'], ['"amount":-3400,"fee":0,"net":-3400', '"amount":-3401,"fee":0,"net":-3401']],
  ['stripeTransactions', 'totals', 5, 'net', ['"amount":-3400,"fee":0,"net":-3400', '"amount":-3401,"fee":0,"net":-3401']],
  ['stripeTransactions', 'totals', 6, null, ['"count":4', '"count":5']],
  ['adyen', 'totals', null, null, [',EUR,28.00,', ',EUR,28.01,']],
  ['adyen', 'totals', null, null, [/Shop,PSP2.*Chargeback.*\n/, '']],
  ['adyen', 'totals', 2, 'Gross Credit (GC)', [',,40.00,1', ',,41.00,1']],
  // Balances.
  ['bankCsv', 'continuity', 3, 'balance', ['6.61,16.61', '6.61,16.62']],
  ['bankCsv', 'continuity', 5, 'balance', [/11.22,,,\n$/, '11.23,,,\n']],
  ['bankCsv', 'continuity', 4, 'account', [/entry,ACC1(.*birch)/, 'entry,ACC2$1']],
  ['camt', 'continuity', 21, null, ['"EUR">1.22', '"EUR">1.23']],
  ['camt', 'continuity', 21, 'Bal', ['<Cd>CLBD</Cd>', '<Cd>ITBD</Cd>']],
  ['camt', 'totals', 21, null, ['<NbOfNtries>3', '<NbOfNtries>4']],
  // Currencies and their decimals.
  ['alder', 'currency', 2, 'currency', ['39,EUR,2026-11-26T10', '39,XXX,2026-11-26T10']],
  ['alder', 'currency', 4, null, ['-300,0,EUR', '-300,0,USD']],
  ['alder', 'currency', 5, null, ['661,0,EUR', '661,0,USD']],
  ['alder', 'currency', 7, null, ['700,39,EUR', '700,39,USD']],
  ['birch', 'exponent', 2, 'Betrag', ['Einzug;10,00', 'Einzug;10,0']],
  ['birch', 'exponent', 3, 'Betrag', ['Einzug;12,345', 'Einzug;12,34']],
  ['birch', 'amount', 2, 'Betrag', ['Einzug;10,00', 'Einzug;10.00']],
  ['birch', 'amount', 2, 'Betrag', ['Einzug;10,00', 'Einzug;1.000,00']],
  ['stripe', 'exponent', 6, 'gross', ['purchase,-700,', 'purchase,-700.00,']],
  ['stripe', 'currency', 2, 'currency', ['49.00,eur', '49.00,xxx']],
  ['stripeTransactions', 'currency', 2, null, ['"net":4900,"currency":"eur"', '"net":4900,"currency":"usd"']],
  ['adyen', 'currency', 3, 'Net Currency', [',1,EUR,10.10', ',1,EUX,10.10']],
  ['adyen', 'amount', 2, 'Net Credit (NC)', [',EUR,,39.60', ',EUR,1.00,39.60']],
  ['bankCsv', 'exponent', 3, 'amount', [',6.61,', ',6.610,']],
  ['camt', 'currency', 14, 'Amt', ['<Amt Ccy="EUR">6.61', '<Amt Ccy="USD">6.61']],
  ['camt', 'exponent', 12, 'Amt', ['"EUR">6.61', '"EUR">6.6']],
  // Amounts.
  ['alder', 'amount', 2, 'amount', ['capture,1000', 'capture,10.00']],
  ['alder', 'amount', 2, 'amount', ['capture,1000', 'capture,1e3']],
  ['alder', 'amount', 2, 'amount', ['capture,1000', 'capture,']],
  ['alder', 'amount', 2, 'amount', ['capture,1000', `capture,${'9'.repeat(19)}`]],
  ['alder', 'amount', 2, 'amount', ['capture,1000', 'capture,-1000']],
  ['alder', 'amount', 4, 'amount', ['refund,-300', 'refund,300']],
  ['cedar', 'amount', 2, 'amount', ['"1000"', '"1000.5"']],
  ['cedar', 'field', 2, 'amount', ['"1000"', '1000']],
  ['stripeTransactions', 'amount', 2, 'amount', ['"amount":5000', '"amount":50.5']],
  ['camt', 'amount', 12, 'Ntry', ['"EUR">6.61</Amt><Cdt', '"EUR">-6.61</Amt><Cdt']],
  // Where it ends.
  ['alder', 'truncated', null, null, [/T,[^]*$/, '']],
  ['alder', 'truncated', null, null, [/T,,1[^]*$/, '']],
  ['alder', 'truncated', 8, null, [/\n$/, '']],
  ['birch', 'truncated', null, null, [/S;;1[^]*$/, '']],
  ['cedar', 'truncated', null, null, [/\{"record":"footer"[^]*$/, '']],
  ['stripeTransactions', 'truncated', null, null, [/\{"record":"footer"[^]*$/, '']],
  ['adyen', 'truncated', null, null, [/\nShop[^]*$/, '\n']],
  ['stripe', 'truncated', null, null, [/\npo_1[^]*$/, '\n']],
  ['bankCsv', 'truncated', null, null, [/closing.*\n/, '']],
  ['camt', 'truncated', 23, null, ['</Document>\n', '']],
  ['camt', 'truncated', null, null, [/<Stmt>[^]*<\/Stmt>/, '']],
  // Its order.
  ['alder', 'order', 4, null, ['2026-11-26T12:00', '2026-11-26T10:59']],
  ['birch', 'order', 4, null, ['26.11.2026 13:00:00', '26.11.2026 11:59:59']],
  ['cedar', 'order', 4, null, ['2026-11-26T12:00', '2026-11-26T10:59']],
  ['alder', 'order', 5, null, [/(L,ref_1.*\n)(P.*\n)/, '$2$1'], [/payout,661/, 'payout,961']],
  ['cedar', 'format', 1, null, [/^.*\n/, '']],
  ['cedar', 'order', 2, null, [/^(.*\n)/, '$1$1']],
  ['cedar', 'order', 8, null, [/$/, '{"record":"line"}\n']],
  ['stripeTransactions', 'format', 1, null, [/^.*\n/, '']],
  ['stripeTransactions', 'order', 7, null, [/$/, '{"record":"transaction"}\n']],
  ['bankCsv', 'order', 2, 'record', [/opening.*\n/, '']],
  ['bankCsv', 'order', 4, 'booked_on', [/(entry.*)27(.*birch)/, '$126$2']],
  ['bankCsv', 'order', 5, 'record', [/closing/, 'opening']],
  // Listed twice.
  ['alder', 'duplicate', 4, null, ['ref_1', 'cap_1']],
  ['birch', 'duplicate', 4, null, ['ref_1', 'cap_1']],
  ['cedar', 'duplicate', 4, null, ['ref_1', 'cap_1']],
  ['stripe', 'duplicate', 4, 'balance_transaction_id', ['txn_3', 'txn_1']],
  ['stripeTransactions', 'duplicate', 4, 'id', ['txn_3', 'txn_1']],
  ['adyen', 'duplicate', 4, 'Modification Reference', [/(Shop,PSP1.*Refunded.*\n)/, '$1$1']],
  ['bankCsv', 'duplicate', 4, 'bank_reference', [',B2,', ',B1,']],
  ['camt', 'duplicate', 17, 'AcctSvcrRef', ['<AcctSvcrRef>B2', '<AcctSvcrRef>B1'], [/DBIT(.*\n.*B1)/, 'CRDT$1'], ['"EUR">5.39', '"EUR">6.61']],
  ['camt', 'duplicate', 31, 'AcctSvcrRef', [/( {2}<Stmt>[^]*<\/Stmt>\n)/, '$1$1']],
  // Times.
  ['alder', 'time', 2, 'booked_at', ['2026-11-26T10:00:00.000Z', '2026-11-26 10:00:00']],
  ['alder', 'time', 2, 'booked_at', ['2026-11-26T10', '2026-11-31T10']],
  ['alder', 'time', 8, null, [/(T,,1.*)2026-11-27T00/, '$12026-11-27T01']],
  ['birch', 'time', 2, 'Buchungszeit (Europe/Berlin)', ['26.11.2026 11', '26.11.2026 25']],
  ['adyen', 'time', 2, 'Creation Date', ['10:00:00,CET', '10:00:00,XYZ']],
  ['adyen', 'time', 2, 'Creation Date', ['2026-11-26 10', '2026-02-30 10']],
  ['stripe', 'time', 2, 'created_utc', ['2026-11-26 10:00:00,charge', '26.11.2026 10:00,charge']],
  ['bankCsv', 'time', 2, 'booked_on', ['EUR,2026-11-27,,10', 'EUR,27.11.2026,,10']],
  ['camt', 'time', 13, 'Dt', [/(<BookgDt><Dt>)2026-11-27/, '$12026-13-27']],
  // Its span.
  ['alder', 'span', null, null, [/2026-11-26T10/, '2026-11-25T10']],
  ['alder', 'span', null, null, [/2026-11-26T12:00/, '2026-11-27T00:00']],
  ['cedar', 'span', 2, 'booked_at', ['2026-11-26T10', '2026-11-25T23']],
  ['cedar', 'span', 4, 'booked_at', ['2026-11-26T12:00', '2026-11-27T00:00']],
  ['cedar', 'span', 1, null, ['"covers_to":"2026-11-27', '"covers_to":"2026-11-25']],
  ['camt', 'span', 21, null, ['2026-11-28T00:00:00Z</ToDtTm>', '2029-11-28T00:00:00Z</ToDtTm>']],
  // Fields.
  ['alder', 'field', 2, 'movement_id', ['cap_1', '']],
  ['alder', 'field', 2, 'reference', ['op_1', '']],
  ['alder', 'overlong', 2, 'reference', ['op_1', long]],
  ['alder', 'overlong', 2, '3', ['op_1', 'x'.repeat(5_000)]],
  ['alder', 'overlong', 2, null, ['op_1', 'x'.repeat(70_000)]],
  ['alder', 'characters', 2, 'reference', ['op_1', 'op\u00071']],
  ['alder', 'characters', 3, 'reference', ['op_1', '"op\n1"']],
  ['alder', 'characters', 3, null, ['op_2', 'op\u00002']],
  ['alder', 'formula', 2, '3', ['op_1', '=1+1']],
  ['alder', 'formula', 2, '3', ['op_1', '@SUM(A1)']],
  ['alder', 'formula', 2, '3', ['op_1', '+cmd|x']],
  ['alder', 'formula', 2, '3', ['op_1', '-cmd|x']],
  ['alder', 'formula', 2, '3', ['op_1', '"\top_1"']],
  ['birch', 'formula', 2, '10', ['birch-20261126-EUR', '=birch']],
  ['cedar', 'formula', 2, 'reference', ['op_1', '=1+1']],
  ['stripe', 'formula', 2, '10', ['ch_1,ch_1,pi_1,"', '=ch_1,ch_1,pi_1,"']],
  ['stripe', 'formula', 2, '14', ['att_1', '=att_1']],
  ['adyen', 'formula', 2, '2', ['PSP1', '=PSP1']],
  ['bankCsv', 'formula', 3, '7', ['B1', '=B1']],
  ['cedar', 'overlong', 2, 'reference', ['op_1', long]],
  ['cedar', 'overlong', 2, null, ['op_1', 'x'.repeat(70_000)]],
  ['cedar', 'characters', 2, 'reference', ['op_1', 'op\\u00071']],
  ['cedar', 'field', 1, 'provider', ['"provider":"cedar"', '"provider":"alder"']],
  ['camt', 'overlong', 14, null, ['>po_1<', `>${'x'.repeat(5_000)}<`]],
  ['camt', 'field', 12, 'BookgDt', ['<BookgDt><Dt>2026-11-27</Dt></BookgDt>', '']],
  ['camt', 'field', 12, 'AcctSvcrRef', ['<NtryRef>B1</NtryRef>', ''], ['<AcctSvcrRef>B1</AcctSvcrRef>', '']],
  // Columns, records and syntax.
  ['alder', 'format', 1, null, ['batch_id', 'batch']],
  ['birch', 'format', 1, null, ['Europe/Berlin', 'UTC']],
  ['alder', 'columns', 2, null, ['op_1,', 'op_1,op_1,']],
  ['alder', 'columns', 2, null, [',pay_1,capture', ',capture']],
  ['stripe', 'columns', 1, null, ['created_utc', 'created']],
  ['stripe', 'columns', 1, null, ['charge_id', 'currency']],
  ['adyen', 'columns', 1, null, [/Merchant Reference,Creation Date/, 'Reference,Creation Date']],
  ['adyen', 'columns', 1, null, ['Exchange Rate', 'Column,'.repeat(200)]],
  ['alder', 'record', 2, 'record', [/L,cap_1/, 'X,cap_1']],
  ['alder', 'record', 2, 'type', ['cap_1,op_1,pay_1,capture', 'cap_1,op_1,pay_1,payout']],
  ['alder', 'record', 2, 'type', ['cap_1,op_1,pay_1,capture', 'cap_1,op_1,pay_1,toString']],
  ['alder', 'record', null, null, [/alder-20261126-JPY/g, 'alder-20261125-JPY']],
  ['cedar', 'record', 2, 'record', ['"record":"line"', '"record":"lime"']],
  ['cedar', 'record', 4, null, [/(ref_1.*)cedar-20261126-EUR/, '$1cedar-20261126-EUX']],
  ['bankCsv', 'record', 3, 'record', ['entry', 'entity']],
  ['alder', 'syntax', 2, null, ['op_1', 'o"p_1']],
  ['alder', 'truncated', 8, null, ['op_1', '"op_1']],
  ['cedar', 'syntax', 2, null, [/(footer|"record":"line")/, '$1,,']],
  ['cedar', 'syntax', 2, null, [/\{"record":"line".*cap_1.*\n/, '[]\n']],
  ['camt', 'syntax', 22, null, ['</BkToCstmrStmt>', '</BkToCstmrStm>']],
  ['camt', 'syntax', 14, null, ['po_1', '&lol;']],
  ['camt', 'doctype', 2, null, ['<Document', '<!DOCTYPE x [<!ENTITY lol "lol">]><Document']],
  ['camt', 'format', 2, null, ['camt.053.001.08', 'camt.053.001.99']],
  ['camt', 'overlong', 5, null, ['<Stmt>', '<a>'.repeat(50)]],
]; // prettier-ignore

function changed(file: string, changes: readonly Change[]): string {
  return changes.reduce((text, [from, to]) => {
    const next = text.replace(from, to);
    if (next === text) throw new Error(`nothing changed by ${String(from)}`);
    return next;
  }, file);
}

test.each(rows)('%s is refused for %s in line %s, field %s', async (name, code, line, field, ...changes) => {
  const { file, source } = samples[name];
  expect(await refusalOf(changed(file, changes), source)).toMatchObject({ code, line, field });
}); // prettier-ignore

test.each([
  ['alder', 'UTF-16', Buffer.from(`\uFEFF${samples.alder.file}`, 'utf16le'), 1],
  ['birch', 'Latin-1', Buffer.from(samples.birch.file, 'latin1'), 1],
  ['alder', 'a wrong byte in line 3', wrongByte(samples.alder.file, 'op_2'), 3],
  ['cedar', 'half a character at the end', Buffer.concat([Buffer.from(samples.cedar.file), Buffer.from([0xe2, 0x82])]), 8],
] as const)('%s is refused in %s', async (name, _what, bytes, line) => {
  for (const chunkBytes of [16_384, 7]) {
    const refusal = await refusalOf(bytes, samples[name].source, chunkBytes);
    expect(refusal).toMatchObject({ code: 'encoding', line });
  }
}); // prettier-ignore

function wrongByte(file: string, at: string): Buffer {
  const bytes = Buffer.from(file);
  bytes[bytes.indexOf(at)] = 0xff;
  return bytes;
}

test('a file of another provider, an unknown one, and nothing at all', async () => {
  const { file } = samples.alder;
  const of = (provider: string, text: string = file): Promise<unknown> =>
    refusalOf(text, { kind: 'settlement', provider });
  expect(await of('cedar')).toMatchObject({ code: 'format', line: 1 });
  expect(await of('constructor')).toMatchObject({ code: 'format' });
  expect(await of('alder', '')).toMatchObject({ code: 'empty' });
  expect(await of('alder', 'hello\n')).toMatchObject({ code: 'format' });
});

test('what a payer or shopper can write is no reason to refuse a file', async () => {
  for (const [name, from] of [
    ['bankCsv', ',alder'],
    ['camt', '>po_1<'],
    ['stripe', '"=a, ""shopper"" wrote this"'],
  ] as const) {
    const to = from.replace(/[\w =",]+/, (text) => (text.startsWith(',') ? ',@alder' : '"=1+1"'));
    const file = changed(samples[name].file, [[from, name === 'camt' ? '>=1+1<' : to]]);
    expect(await refusalOf(file, samples[name].source)).toBe('accepted');
  }
});

/** The one after it, of the same account. */
function nextStatement(file: string, opening: string): string {
  const [, statement = ''] = /( {2}<Stmt>[^]*<\/Stmt>\n)/.exec(file) ?? [];
  const next = statement
    .replaceAll(/B([123])/g, 'C$1')
    .replace('"EUR">1.22</Amt><CdtDbtInd>CRDT', '"EUR">7.56</Amt><CdtDbtInd>DBIT')
    .replace('"EUR">10.00</Amt><CdtDbtInd>CRDT', `"EUR">${opening}</Amt><CdtDbtInd>CRDT`);
  return file.replace(statement, `${statement}${next}`);
}

test('statements of one account go on from each other, each day once', async () => {
  const { file, source } = samples.camt;
  const days = (text: string): string =>
    text.replace(
      /(<\/Stmt>[^]*)FrDtTm>2026-11-27T(.*)2026-11-28T/,
      '$1FrDtTm>2026-11-28T$22026-11-29T',
    );
  expect(await refusalOf(days(nextStatement(file, '1.22')), source)).toBe('accepted');
  const gap = await refusalOf(days(nextStatement(file, '10.00')), source);
  expect(gap).toMatchObject({ code: 'continuity', detail: 'opens with 1000 after 122' });
  expect(await refusalOf(nextStatement(file, '1.22'), source)).toMatchObject({ code: 'duplicate' });
});

test('a day on which nothing happened', async () => {
  const [header = ''] = samples.alder.file.split('\n');
  const day = 'T,,0,,total,0,0,,2026-11-27T00:00:00.000Z,alder-20261126\n';
  const { source } = samples.alder;
  expect(await refusalOf(`${header}\n${day}`, source)).toBe('accepted');
  expect(await refusalOf(`${header}\n${day.replace('T,,0', 'T,,1')}`, source)).toMatchObject({
    code: 'currency',
  });
  const empty = `${samples.adyen.file.split('\n')[0] ?? ''}\n`;
  expect(await refusalOf(empty, { ...samples.adyen.source, isWhole: true })).toBe('accepted');
});

test('every reason has a file that is refused for it here, but those of packing and of the database', () => {
  const elsewhere = ['archive', 'zip_bomb', 'too_large', 'twice', 'encoding', 'empty'];
  const tried = new Set<string>([...rows.map(([, code]) => code), ...elsewhere]);
  expect([...tried].sort()).toEqual(Object.keys(refusalReasons).sort());
});
