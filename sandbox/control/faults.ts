import type { Context } from '../context.ts';
import { findContract } from '../contracts.ts';
import { faultPlanSchema } from '../faults.ts';
import { invalidRequest, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';

export function answerFaults(context: Context, request: Request): Reply | null {
  if (request.method === 'PUT') {
    const read = readBody(faultPlanSchema, request);
    if (!read.ok) return read.reply;
    const named = read.value.plan.flatMap(({ provider }) => provider ?? []);
    const unknown = named.find((name) => findContract(name) === undefined);
    if (unknown !== undefined) return invalidRequest('plan: no such provider', 'unknown_provider');
    context.faults.replace(read.value);
  } else if (request.method !== 'GET') {
    return null;
  }
  return jsonReply(200, context.faults.report());
}
