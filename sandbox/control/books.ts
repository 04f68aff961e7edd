import type { Context } from '../context.ts';
import type { Reply } from '../http/reply.ts';

/** Every movement that really happened, oldest first. */
export function answerBooks(context: Context, provider: string | null): Reply {
  const data = context.store.movements
    .list(provider)
    .map(({ at, ...movement }) => ({ ...movement, at: new Date(at).toISOString() }));
  return { status: 200, body: JSON.stringify({ data }) };
}
