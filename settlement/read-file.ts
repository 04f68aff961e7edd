/** A file as it was received, read to its end: canonical lines on the way, what it says of itself at the end. */
import type { Currency } from '../domain/currency.ts';
import { adyenReport } from './adyen-report.ts';
import { bankCsv } from './bank-csv.ts';
import { camt053 } from './camt053.ts';
import { cedarReport } from './cedar-report.ts';
import { germanReport, plainReport } from './day-report.ts';
import type { FileFormat, Reading, ReadContext } from './format.ts';
import { refuse } from './refusal.ts';
import { stripeReport } from './stripe-report.ts';
import { stripeTransactions } from './stripe-transactions.ts';
import { readText } from './text-stream.ts';
import { peek, unpack } from './unpack.ts';

export type FileKind = 'settlement' | 'bank_statement';

/** What each of those who send us files may send; whatever else comes from them is refused. */
const formats: Readonly<Record<FileKind, Readonly<Record<string, readonly FileFormat[]>>>> = {
  settlement: {
    alder: [plainReport],
    bank: [plainReport],
    birch: [germanReport],
    cedar: [cedarReport],
    stripe: [stripeReport, stripeTransactions],
    adyen: [adyenReport],
  },
  bank_statement: { bank_account: [camt053, bankCsv] },
};

/** Names of the formats that are read of a sender. */
export function formatsOf(kind: FileKind, sender: string): readonly string[] {
  return (formats[kind][sender] ?? []).map(({ name }) => name);
}

export interface FileSource {
  readonly kind: FileKind;
  readonly provider: string;
  /** Where the provider counts other minor units than ISO 4217 does. */
  readonly exponents?: Readonly<Partial<Record<Currency, number>>>;
  /** It came straight from the provider, and all of it. */
  readonly isWhole?: boolean;
}

export interface OpenedFile {
  readonly format: string;
  readonly reading: Reading;
}

/** How far into it a file is looked at before it is known. */
const startBytes = 4_096;

/** Both this and the reading throw `FileRefusedError`, and nothing else for what is in the file. */
export async function openFile(
  chunks: AsyncIterable<Buffer>,
  { kind, provider, exponents = {}, isWhole = false }: FileSource,
): Promise<OpenedFile> {
  const { start, rest } = await peek(readText(unpack(chunks)), startBytes);
  const senders = formats[kind];
  const offered = Object.hasOwn(senders, provider) ? (senders[provider] ?? []) : [];
  const head = start.toString('utf8');
  const format = offered.find((one) => one.recognizes(head));
  if (format === undefined) return refuse('format', `none that ${provider} sends`, { line: 1 });
  const context: ReadContext = { provider, exponents, isWhole };
  return { format: format.name, reading: format.read(rest, context) };
}
