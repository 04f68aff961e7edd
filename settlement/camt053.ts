/**
 * A bank's statement by ISO 20022: CAMT.053, versions 02 to 13. Of each statement the booked entries; an entry
 * that is several transactions, each with its amount, is a line for each of them.
 */
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { AccountBook } from './account-book.ts';
import { EntryReader } from './camt-entry.ts';
import { StatementReader } from './camt-statement.ts';
import { optionalText } from './fields.ts';
import type { FileFormat, Reading } from './format.ts';
import { refuse } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';
import { XmlElements } from './xml-elements.ts';
import type { XmlHandler } from './xml-elements.ts';

const namespace = /^urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-3])$/;

export const camt053: FileFormat = {
  name: 'camt053',
  recognizes: (start) =>
    /^\s*<(\?xml|[\w:]*Document)/.test(start) && start.includes('camt.053.001.'),
  async *read(text): Reading {
    const reader = new CamtReader();
    const xml = new XmlElements(reader);
    for await (const chunk of text) {
      xml.write(chunk);
      yield reader.takeLines();
    }
    xml.end();
    return reader.end();
  },
};

/** Of the statement that is open: elements inside an entry are the entry's, all others the statement's own. */
class CamtReader implements XmlHandler {
  readonly #book = new AccountBook();
  readonly #seen = new SeenIds();
  #lines: CanonicalLine[] = [];
  #count = 0;
  #path: string[] = [];
  #messageId: string | null = null;
  #statement: StatementReader | null = null;
  #entry: EntryReader | null = null;

  open(name: string, attributes: Readonly<Record<string, string>>, line: number): void {
    if (this.#path.length === 0) checkRoot(name, attributes, line);
    this.#path.push(name);
    if (name === 'Stmt') this.#statement = new StatementReader();
    else if (name === 'Ntry') this.#entry = new EntryReader(line);
    else (this.#entry ?? this.#statement)?.open(name, attributes);
  }

  close(name: string, text: string, line: number): void {
    this.#path.pop();
    const parent = this.#path.at(-1) ?? '';
    if (name === 'Ntry') this.#closeEntry(line);
    else if (name === 'Stmt') this.#closeStatement(line);
    else if (this.#entry !== null) this.#entry.close(this.#path, name, text, line);
    else if (this.#statement !== null) this.#statement.close(this.#path, name, text, line);
    else if (name === 'MsgId' && parent === 'GrpHdr') {
      this.#messageId = optionalText(text, { line, field: name });
    }
  }

  takeLines(): readonly CanonicalLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  end(): FileSummary {
    const { parts, span, statements } = this.#book.end();
    if (span === null) refuse('truncated', 'no statement');
    return { statementId: this.#messageId, span, lists: [], parts, statements };
  }

  #closeEntry(line: number): void {
    const [statement, entry] = [this.#statement, this.#entry];
    this.#entry = null;
    if (statement === null || entry === null) return;
    const { currency, amount, isBooked } = entry.read();
    statement.entry(currency, amount, isBooked, line);
    if (!isBooked) return;
    this.#onlyOnce(`${entry.reference} ${String(amount)}`, line);
    for (const made of entry.lines()) {
      this.#count += 1;
      this.#lines.push({ ...made, line: this.#count });
    }
  }

  /** A charge may carry the reference of what it is for; the same amount under it is the same money. */
  #onlyOnce(movement: string, line: number): void {
    if (!this.#seen.add(movement)) refuse('duplicate', movement, { line, field: 'AcctSvcrRef' });
  }

  #closeStatement(line: number): void {
    const read = this.#statement?.read(line);
    this.#statement = null;
    if (read !== undefined) this.#book.add(read.statement, read.balances, { line });
  }
}

function checkRoot(name: string, attributes: Readonly<Record<string, string>>, line: number): void {
  const known = Object.entries(attributes).some(
    ([attribute, value]) => attribute.startsWith('xmlns') && namespace.test(value),
  );
  if (name !== 'Document' || !known) refuse('format', 'no CAMT.053 of a version we know', { line });
}
