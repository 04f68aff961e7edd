/** A benchmark that lost or doubled money measured nothing: the drill's oracle, on the bench's payments. */
import pg from 'pg';
import { compare } from '../../scripts/drill/compare.ts';
import { proveLedger } from '../../scripts/drill/ledger-proof.ts';
import { listUnclear, readRecords } from '../../scripts/drill/records.ts';
import { readBooks } from '../../scripts/drill/sandbox-books.ts';

export interface BooksVerdict {
  readonly payments: number;
  /** In words: what is not as the provider has it, not proven by the ledger, or not decided. */
  readonly findings: readonly string[];
}

export async function verifyBooks(databaseUrl: string, sandboxUrl: string): Promise<BooksVerdict> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const records = await readRecords(db);
    const all = await readBooks(sandboxUrl);
    const books = all.filter(({ reference }) => !reference.startsWith('usual_'));
    return {
      payments: records.payments.length,
      findings: [
        ...compare(records, books).map(({ fault, text }) => `${fault}: ${text}`),
        ...(await proveLedger(db, records, books)),
        ...(await listUnclear(db)).map((what) => `undecided: ${what}`),
      ],
    };
  } finally {
    await db.end();
  }
}
