/** A small valid file of each format, to be broken by tests. */
import type { FileSource } from '../../settlement/read-file.ts';

export interface Sample {
  readonly format: string;
  readonly source: FileSource;
  readonly file: string;
}

const settlement = (provider: string): FileSource => ({ kind: 'settlement', provider });

const alder = `record,movement_id,reference,parent_id,type,amount,fee,currency,booked_at,batch_id
L,cap_1,op_1,pay_1,capture,1000,39,EUR,2026-11-26T10:00:00.000Z,alder-20261126-EUR
L,cap_2,op_2,pay_2,capture,500,7,JPY,2026-11-26T11:00:00.000Z,alder-20261126-JPY
L,ref_1,op_3,pay_1,refund,-300,0,EUR,2026-11-26T12:00:00.000Z,alder-20261126-EUR
P,po_1,,,payout,661,0,EUR,2026-11-27T00:00:00.000Z,alder-20261126-EUR
P,po_2,,,payout,493,0,JPY,2026-11-27T00:00:00.000Z,alder-20261126-JPY
T,,2,,total,700,39,EUR,2026-11-27T00:00:00.000Z,alder-20261126-EUR
T,,1,,total,500,7,JPY,2026-11-27T00:00:00.000Z,alder-20261126-JPY
`;

const birch =
  `Satzart;Vorgang;Referenz;Ursprung;Art;Betrag;Gebühr;Währung;Buchungszeit (Europe/Berlin);Abrechnung
B;cap_1;op_1;pay_1;Einzug;10,00;0,39;EUR;26.11.2026 11:00:00;birch-20261126-EUR
B;cap_2;op_2;pay_2;Einzug;12,345;0,000;KWD;26.11.2026 12:00:00;birch-20261126-KWD
B;ref_1;op_3;pay_1;Erstattung;-15,00;0,00;EUR;26.11.2026 13:00:00;birch-20261126-EUR
A;po_1;;;Lastschrift;-5,39;0,00;EUR;27.11.2026 01:00:00;birch-20261126-EUR
A;po_2;;;Auszahlung;12,345;0,000;KWD;27.11.2026 01:00:00;birch-20261126-KWD
S;;2;;Summe;-5,00;0,39;EUR;27.11.2026 01:00:00;birch-20261126-EUR
S;;1;;Summe;12,345;0,000;KWD;27.11.2026 01:00:00;birch-20261126-KWD
`.replaceAll('\n', '\r\n');

const cedar = [
  { record: 'header', provider: 'cedar', report_id: 'cedar-20261126', covers_from: '2026-11-26T00:00:00.000Z', covers_to: '2026-11-27T00:00:00.000Z' },
  { record: 'line', movement_id: 'cap_1', reference: 'op_1', parent_id: 'pay_1', type: 'capture', amount: '1000', fee: '39', currency: 'EUR', booked_at: '2026-11-26T10:00:00.000Z', batch_id: 'cedar-20261126-EUR' },
  { record: 'line', movement_id: 'sal_1', reference: 'att_1', parent_id: null, type: 'capture', amount: '700', fee: '0', currency: 'JPY', booked_at: '2026-11-26T11:00:00.000Z', batch_id: 'cedar-20261126-JPY' },
  { record: 'line', movement_id: 'ref_1', reference: 'op_3', parent_id: 'pay_1', type: 'refund', amount: '-300', fee: '0', currency: 'EUR', booked_at: '2026-11-26T12:00:00.000Z', batch_id: 'cedar-20261126-EUR' },
  { record: 'payout', payout_id: 'po_1', type: 'payout', amount: '661', currency: 'EUR', booked_at: '2026-11-27T00:00:00.000Z', batch_id: 'cedar-20261126-EUR' },
  { record: 'payout', payout_id: 'po_2', type: 'payout', amount: '700', currency: 'JPY', booked_at: '2026-11-27T00:00:00.000Z', batch_id: 'cedar-20261126-JPY' },
  { record: 'footer', count: 3, totals: [{ currency: 'EUR', count: 2, amount: '700', fee: '39' }, { currency: 'JPY', count: 1, amount: '700', fee: '0' }] },
].map((row) => `${JSON.stringify(row)}\n`).join(''); // prettier-ignore

const stripe = `automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,reporting_category,gross,fee,net,currency,source_id,charge_id,payment_intent_id,description,payment_metadata[tender_reference],refund_metadata[tender_reference],customer_facing_amount,customer_facing_currency
po_1,2026-11-27 00:00:00,txn_1,2026-11-26 10:00:00,charge,50.00,1.00,49.00,eur,ch_1,ch_1,pi_1,"=a, ""shopper"" wrote this",att_1,,55.00,usd
po_1,2026-11-27 00:00:00,txn_2,2026-11-26 10:00:00,partial_capture_reversal,-10.00,0.00,-10.00,eur,ch_1,ch_1,pi_1,,att_1,,,
po_1,2026-11-27 00:00:00,txn_3,2026-11-26 11:00:00,refund,-5.00,0.00,-5.00,eur,re_1,ch_1,pi_1,,att_1,op_2,,
po_1,2026-11-27 00:00:00,txn_4,2026-11-26 12:00:00,fee,-2.00,0.00,-2.00,eur,,,,,,,,
po_2,2026-11-27 00:00:00,txn_5,2026-11-26 13:00:00,climate_order_purchase,-700,0,-700,jpy,,,,,,,,
`;

const stripeTransactions = [
  { record: 'header', provider: 'stripe', payout: { id: 'po_1', currency: 'eur', amount: 3_400 } },
  { record: 'transaction', id: 'txn_1', amount: 5_000, fee: 100, net: 4_900, currency: 'eur', reporting_category: 'charge', created: 1_795_687_200, source: { id: 'ch_1', reference: 'att_1', payment_intent: 'pi_1' } },
  { record: 'transaction', id: 'txn_2', amount: -1_000, fee: 0, net: -1_000, currency: 'eur', reporting_category: 'partial_capture_reversal', created: 1_795_687_200, source: { id: 'ch_1', reference: 'att_1', payment_intent: 'pi_1' } },
  { record: 'transaction', id: 'txn_3', amount: -500, fee: 0, net: -500, currency: 'eur', reporting_category: 'refund', created: 1_795_690_800, source: { id: 're_1', reference: 'op_2', payment_intent: 'pi_1' } },
  { record: 'transaction', id: 'txn_4', amount: -3_400, fee: 0, net: -3_400, currency: 'eur', reporting_category: 'payout', created: 1_795_737_600, source: { id: 'po_1', reference: null, payment_intent: null } },
  { record: 'footer', count: 4 },
].map((row) => `${JSON.stringify(row)}\n`).join(''); // prettier-ignore

const adyen = `Merchant Account,Psp Reference,Merchant Reference,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Modification Merchant Reference,Batch Number
Shop,PSP1,att_1,2026-11-26 10:00:00,CET,Settled,MOD1,EUR,,40.00,1,EUR,,39.60,0.30,0.10,op_1,7
Shop,PSP1,att_1,2026-11-26 11:00:00,CET,Refunded,MOD2,EUR,10.00,,1,EUR,10.10,,0.10,,op_2,7
Shop,PSP2,att_2,2026-11-26 12:00:00,CET,Settled,PSP2,USD,,20.00,0.9,EUR,,18.00,,,,7
Shop,PSP2,att_2,2026-11-26 13:00:00,CET,Chargeback,MOD3,USD,20.00,,0.9,EUR,18.50,,0.50,,,7
Shop,,,2026-11-26 14:00:00,CET,Fee,Fees of November,,,,,EUR,1.00,,,,,7
Shop,,,2026-11-27 01:00:00,CET,MerchantPayout,po_1,,,,,EUR,28.00,,,,,7
`;

const bankCsv = `record,account,currency,booked_on,amount,balance,bank_reference,end_to_end_id,counterparty
opening,ACC1,EUR,2026-11-27,,10.00,,,
entry,ACC1,EUR,2026-11-27,6.61,16.61,B1,po_1,alder
entry,ACC1,EUR,2026-11-27,-5.39,11.22,B2,=po_2,birch
closing,ACC1,EUR,2026-11-27,,11.22,,,
`;

const entry = (reference: string, side: string, amount: string, details: string): string => `
   <Ntry><NtryRef>${reference}</NtryRef><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd>
    <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt><AcctSvcrRef>${reference}</AcctSvcrRef>
    <NtryDtls>${details}</NtryDtls></Ntry>`;

const camt = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>message-1</MsgId></GrpHdr>
  <Stmt>
   <Id>1</Id>
   <FrToDt><FrDtTm>2026-11-27T00:00:00Z</FrDtTm><ToDtTm>2026-11-28T00:00:00Z</ToDtTm></FrToDt>
   <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
   <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-27</Dt></Dt></Bal>
   <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.22</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-27</Dt></Dt></Bal>
   <TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries></TxsSummry>${[
     entry('B1', 'CRDT', '6.61', '<TxDtls><Refs><EndToEndId>po_1</EndToEndId></Refs><Amt Ccy="EUR">6.61</Amt><RltdPties><Dbtr><Pty><Nm>Alder B.V.</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Us</Nm></Pty></Cdtr></RltdPties></TxDtls>'),
     entry('B2', 'DBIT', '5.39', '<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf><Ustrd>=about  po_2</Ustrd></RmtInf></TxDtls>'),
     entry('B3', 'DBIT', '10.00', ['4.00', '6.00'].map((amount, index) => `<TxDtls><Refs><EndToEndId>po_${String(3 + index)}</EndToEndId></Refs><Amt Ccy="EUR">${amount}</Amt></TxDtls>`).join('')),
   ].join('')}
  </Stmt>
 </BkToCstmrStmt>
</Document>
`; // prettier-ignore

export const samples = {
  alder: { format: 'day_csv', source: settlement('alder'), file: alder },
  birch: { format: 'day_csv_german', source: settlement('birch'), file: birch },
  cedar: { format: 'cedar_jsonl', source: settlement('cedar'), file: cedar },
  stripe: { format: 'stripe_itemized_csv', source: settlement('stripe'), file: stripe },
  stripeTransactions: {
    ...{ format: 'stripe_balance_transactions', source: settlement('stripe') },
    file: stripeTransactions,
  },
  adyen: { format: 'adyen_settlement_details', source: settlement('adyen'), file: adyen },
  bankCsv: {
    ...{ format: 'bank_csv', file: bankCsv },
    source: { kind: 'bank_statement', provider: 'bank_account' },
  },
  camt: {
    ...{ format: 'camt053', file: camt },
    source: { kind: 'bank_statement', provider: 'bank_account' },
  },
} as const satisfies Readonly<Record<string, Sample>>;

export type SampleName = keyof typeof samples;
