/**
 * A page of Adyen's gives the shopper something to bring back; the payment goes on once the shop has handed
 * it over. Until then the verdict is kept, and nothing is booked.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { decideChallenge, isChallengeOpen } from '../processor/challenge.ts';
import type { ChallengeVerdict } from '../processor/challenge.ts';
import { presentAuthorization } from '../processor/present.ts';
import { declinedBody } from '../processor/result.ts';
import type { Result } from '../processor/result.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';

const detailsSchema = z.object({ details: z.object({ redirectResult: z.string().max(4_000) }) });

interface Verdict {
  readonly row: AuthorizationRow;
  readonly verdict: ChallengeVerdict;
}

/** Answers the query that the return address gets. */
export function keepVerdict(
  context: Context,
  row: AuthorizationRow,
  verdict: ChallengeVerdict,
): string {
  const redirectResult = `X!${randomUUID()}`;
  context.store.state.put(`adyen/redirect/${redirectResult}`, `${verdict} ${row.id}`);
  return new URLSearchParams({ redirectResult }).toString();
}

/** Null: nothing that a page of ours gave. */
export function readVerdict(context: Context, body: string): Verdict | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  const read = detailsSchema.safeParse(json);
  if (!read.success) return null;
  const name = `adyen/redirect/${read.data.details.redirectResult}`;
  const [verdict, id = ''] = context.store.state.find(name)?.split(' ') ?? [];
  const row = context.store.authorizations.find(id);
  if (row === undefined || (verdict !== 'approve' && verdict !== 'reject')) return null;
  return { row, verdict };
}

/** Inside the caller's transaction. Once decided, by whatever was handed over first, it stays so. */
export function applyVerdict(context: Context, { row, verdict }: Verdict): Result {
  const { store, clock } = context;
  const before = store.authorizations.find(row.id) ?? row;
  const isOpen = isChallengeOpen(context, before);
  const event = isOpen ? decideChallenge(context, before, verdict) : undefined;
  const after = store.authorizations.find(row.id) ?? before;
  const body = presentAuthorization(after, clock.now(), context.publicUrl());
  const isYes = body['status'] === 'authorized' || body['status'] === 'captured';
  const told = isYes ? body : declinedBody(after.decline_code ?? 'challenge_expired', body);
  return { status: isYes ? 200 : 402, body: told, ...(event !== undefined && { event }) };
}
