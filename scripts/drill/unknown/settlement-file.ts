/** What the providers' settlement files say in the end, made from their books. */
import { randomBytes } from 'node:crypto';
import type { Case } from './cases.ts';
import type { Place } from './place.ts';

/** Past the last arrival a contract allows for, and two cycles of a day. */
const untilFileSeconds = 3 * 86_400;
const coversDays = 12;
const says = {
  authorize: 'authorized',
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
} as const;

/** One file of each provider concerned, which lists all that moved there over the last days. */
export async function tellFromFile(place: Place, cases: readonly Case[]): Promise<void> {
  await place.advance(untilFileSeconds);
  const books = await place.readBooks();
  const subjects = new Set(cases.map(({ subjectId }) => subjectId));
  for (const provider of new Set(cases.map((one) => one.provider))) {
    // What is settled long since is in earlier files; a file of everything would say no more.
    const listed = books.filter((m) => m.provider === provider && subjects.has(m.reference));
    await place.db.query(
      `select record_settlement(jsonb_build_object('provider', $1::text, 'source_hash', $2::text,
         'covers_from', tender_now() - make_interval(days => $3), 'covers_to', tender_now(),
         'lists', $4::jsonb, 'statements', $5::jsonb))`,
      [
        provider,
        randomBytes(32).toString('hex'),
        coversDays,
        JSON.stringify(Object.values(says)),
        JSON.stringify(
          listed.map((movement, index) => ({
            ...{ line: index + 1, reference: movement.reference, says: says[movement.operation] },
            ...{ amount: String(movement.amount), currency: movement.currency },
            provider_reference: movement.provider_reference,
          })),
        ),
      ],
    );
  }
}
