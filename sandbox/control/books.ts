import type { Context } from '../context.ts';
import { feeOf } from '../processor/fees.ts';
import type { Reply } from '../http/reply.ts';

/** Every movement that really happened and what it cost, oldest first. */
export function answerBooks(context: Context, provider: string | null): Reply {
  const data = context.store.movements.list(provider).map(({ at, ...movement }) => ({
    ...movement,
    fee: feeOf(movement),
    at: new Date(at).toISOString(),
  }));
  return { status: 200, body: JSON.stringify({ data }) };
}
