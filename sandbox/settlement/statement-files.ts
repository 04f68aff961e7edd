/** A day of the bank account as CAMT.053.001.08 and as CSV. All in it is of our own making: nothing to escape in XML. */
import type { DayOfAccount, Entry, Statement } from './account.ts';
import { dateOf, dayMs, stampOf } from './days.ts';
import { csvLine, inMajorUnits, timeOf } from './text.ts';

const account = 'TENDER-SANDBOX-1';

function side(amount: bigint): 'CRDT' | 'DBIT' {
  return amount < 0n ? 'DBIT' : 'CRDT';
}

function unsigned(amount: bigint, currency: string): string {
  return inMajorUnits(amount < 0n ? -amount : amount, currency);
}

function money(amount: bigint, currency: string): string {
  const value = unsigned(amount, currency);
  return `<Amt Ccy="${currency}">${value}</Amt><CdtDbtInd>${side(amount)}</CdtDbtInd>`;
}

function balance(code: 'OPBD' | 'CLBD', amount: bigint, currency: string, day: number): string {
  const type = `<Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>`;
  return `   <Bal>${type}${money(amount, currency)}<Dt><Dt>${dateOf(day)}</Dt></Dt></Bal>`;
}

/** A payout is a credit transfer we receive, a collection a direct debit we are charged. */
function entryXml(entry: Entry, currency: string, day: number): string {
  const { bankReference, endToEndId, counterparty, amount } = entry;
  const isCredit = amount >= 0n;
  const family = isCredit ? 'RCDT' : 'RDDT';
  const party = isCredit ? 'Dbtr' : 'Cdtr';
  const date = dateOf(day);
  return `   <Ntry>
    <NtryRef>${endToEndId}</NtryRef>
    ${money(amount, currency)}
    <Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>${date}</Dt></BookgDt>
    <ValDt><Dt>${date}</Dt></ValDt>
    <AcctSvcrRef>${bankReference}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>OTHR</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls>
     <TxDtls>
      <Refs><AcctSvcrRef>${bankReference}</AcctSvcrRef><EndToEndId>${endToEndId}</EndToEndId></Refs>
      ${money(amount, currency)}
      <RltdPties><${party}><Pty><Nm>${counterparty}</Nm></Pty></${party}></RltdPties>
      <RmtInf><Ustrd>${endToEndId}</Ustrd></RmtInf>
     </TxDtls>
    </NtryDtls>
   </Ntry>`;
}

function summaryXml({ entries, currency }: DayOfAccount): string {
  const sumOf = (some: readonly Entry[]): bigint =>
    some.reduce((sum, { amount }) => sum + (amount < 0n ? -amount : amount), 0n);
  const credits = entries.filter(({ amount }) => amount >= 0n);
  const debits = entries.filter(({ amount }) => amount < 0n);
  const numbers = (some: readonly Entry[]): string =>
    `<NbOfNtries>${String(some.length)}</NbOfNtries><Sum>${inMajorUnits(sumOf(some), currency)}</Sum>`;
  return `   <TxsSummry>
    <TtlNtries>${numbers(entries)}</TtlNtries>
    <TtlCdtNtries>${numbers(credits)}</TtlCdtNtries>
    <TtlDbtNtries>${numbers(debits)}</TtlDbtNtries>
   </TxsSummry>`;
}

function stmtXml({ day, number }: Statement, of: DayOfAccount): string {
  const { currency, opening, closing, entries } = of;
  const from = timeOf(day);
  const to = timeOf(day + dayMs);
  return [
    '  <Stmt>',
    `   <Id>${stampOf(day)}-${currency}</Id>`,
    `   <ElctrncSeqNb>${String(number)}</ElctrncSeqNb>`,
    `   <CreDtTm>${to}</CreDtTm>`,
    `   <FrToDt><FrDtTm>${from}</FrDtTm><ToDtTm>${to}</ToDtTm></FrToDt>`,
    `   <Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>${currency}</Ccy></Acct>`,
    balance('OPBD', opening, currency, day),
    balance('CLBD', closing, currency, day),
    summaryXml(of),
    ...entries.map((entry) => entryXml(entry, currency, day)),
    '  </Stmt>',
  ].join('\n');
}

/** One `Stmt` per currency. */
export function camt053(statement: Statement): string {
  const { id, day, accounts } = statement;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>${id}</MsgId><CreDtTm>${timeOf(day + dayMs)}</CreDtTm></GrpHdr>
${accounts.map((of) => stmtXml(statement, of)).join('\n')}
 </BkToCstmrStmt>
</Document>
`;
}

const header =
  'record,account,currency,booked_on,amount,balance,bank_reference,end_to_end_id,counterparty';

/** Major units; `balance` is the one after the row. */
export function statementCsv({ day, accounts }: Statement): string {
  const date = dateOf(day);
  const rows = accounts.flatMap(({ currency, opening, entries, closing }) => {
    let running = opening;
    const row = (record: string, amount: bigint | null, balance: bigint, entry?: Entry): string =>
      csvLine([
        ...[record, account, currency, date],
        amount === null ? '' : inMajorUnits(amount, currency),
        inMajorUnits(balance, currency),
        ...[entry?.bankReference ?? '', entry?.endToEndId ?? '', entry?.counterparty ?? ''],
      ]);
    return [
      row('opening', null, opening),
      ...entries.map((entry) => {
        running += entry.amount;
        return row('entry', entry.amount, running, entry);
      }),
      row('closing', null, closing),
    ];
  });
  return [header, ...rows, ''].join('\n');
}
