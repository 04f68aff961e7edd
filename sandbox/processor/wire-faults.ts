import type { Context } from '../context.ts';
import type { CallFault } from '../faults.ts';
import { errorReply, jsonReply } from '../http/reply.ts';
import type { Answer, Json, Reply } from '../http/reply.ts';

/** Stands in for a refused TCP connection, which cannot depend on what the request says. */
function refused(): Reply {
  const reply = errorReply(503, 'unavailable', 'refused', 'nothing was processed');
  return { ...reply, headers: { 'sandbox-disposition': 'refused' } };
}

function rateLimited(): Reply {
  const reply = errorReply(429, 'rate_limited', 'rate_limited', 'nothing was processed');
  return { ...reply, headers: { 'retry-after': '1' } };
}

function withWrongAmount(reply: Reply): Reply {
  const body = JSON.parse(reply.body) as Json;
  if (reply.status !== 200 || typeof body['amount'] !== 'number') return reply;
  return { ...reply, body: JSON.stringify({ ...body, amount: body['amount'] + 1 }) };
}

/** How the true answer looks on the wire. */
function distort(reply: Reply, fault: CallFault | null): Answer {
  if (fault === 'lost_reply') return 'drop';
  if (fault === 'wrong_amount') return withWrongAmount(reply);
  if (fault !== 'garbage') return reply;
  const headers = { 'content-type': 'text/html' };
  return { status: 200, headers, body: '<html><body>It works!' };
}

/** Answers a call that suffers this fault; `produce` does the work, where any is done. */
export async function answerThroughFault(
  context: Context,
  fault: CallFault | null,
  produce: () => Promise<Reply> | Reply,
  provider = '',
): Promise<Answer> {
  if (fault === 'refused') return refused();
  if (fault === 'rate_limited') return rateLimited();
  if (fault === 'slow') await context.pause(context.faults.slowMs(provider));
  return distort(await produce(), fault);
}

/** Reads and fences: no key, nothing remembered. */
export async function answerKeyless(
  context: Context,
  fault: CallFault | null,
  work: () => { readonly status: number; readonly body: Json },
): Promise<Answer> {
  return answerThroughFault(context, fault, () => {
    if (fault === 'error_500')
      return errorReply(500, 'server_error', 'internal_error', 'try again');
    const { status, body } = work();
    return jsonReply(status, body);
  });
}
