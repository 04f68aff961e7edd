/**
 * A figure as of a time is given once no transaction can add to it any more, so it is the same for ever.
 * That is a second or two behind the clock: the request waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../db/client.ts';
import { findSettledAt } from '../../db/ledger.ts';
import { HttpError } from '../http-errors.ts';

const settlesWithinMs = 4_000;
const lookEveryMs = 200;

/** `wanted` itself, once it is settled; undefined: what is settled now. `pointer` names the field of the request. */
export async function settledAt(
  db: Db,
  wanted: string | undefined,
  pointer: string,
): Promise<string> {
  const deadline = performance.now() + settlesWithinMs;
  for (;;) {
    const { at, now } = await findSettledAt(db);
    if (wanted === undefined) return at.toISOString();
    const asked = new Date(wanted);
    if (at >= asked) return wanted;
    if (asked > now || performance.now() > deadline) {
      throw new HttpError('invalid_request', 'The books are not settled up to that time yet.', {
        errors: [{ pointer, detail: `must not be after ${at.toISOString()} at present` }],
      });
    }
    await sleep(lookEveryMs);
  }
}
