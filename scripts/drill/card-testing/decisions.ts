/** What risk made of each try: as it was kept when it was judged. */
import pg from 'pg';
import type { AttackName } from './asks.ts';
import type { Asked } from './day.ts';

export interface Judged {
  readonly attack: AttackName | null;
  /** Place in `shops`. */
  readonly merchant: number;
  readonly at: number;
  readonly visit: string;
  readonly outcome: 'allow' | 'challenge' | 'review' | 'block';
  /** What decided, for people. */
  readonly because: string;
  /** It was judged with all that is known, in time. */
  readonly isKnown: boolean;
  readonly status: string;
}

interface Row {
  readonly payment_id: string;
  readonly attempt_number: number;
  readonly outcome: Judged['outcome'];
  readonly mode: string;
  readonly reasons: readonly Readonly<Record<string, unknown>>[];
}

/** In the order of `asked`. Throws where a try was not judged. */
export async function readDecisions(
  ownerUrl: string,
  asked: readonly Asked[],
): Promise<readonly Judged[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(
      'select payment_id, attempt_number, outcome, mode, reasons from risk_decisions',
    );
    const byTry = new Map(rows.map((row) => [nameOf(row.payment_id, row.attempt_number), row]));
    return asked.map(({ ask, paymentId, number, status }) => {
      const row = byTry.get(nameOf(paymentId, number));
      if (row === undefined) throw new Error(`${ask.visit}: try ${String(number)} was not judged`);
      const { attack, merchant, at, visit } = ask;
      const because = ['kind', 'action', 'entity', 'reason', 'note', 'because']
        .map((name) => row.reasons[0]?.[name])
        .filter((value) => typeof value === 'string')
        .join(' ');
      const isKnown = row.mode === 'scored';
      return { ...{ attack, merchant, at, visit, because, isKnown, status }, outcome: row.outcome };
    });
  } finally {
    await client.end();
  }
}

function nameOf(paymentId: string, number: number): string {
  return `${paymentId} ${String(number)}`;
}
