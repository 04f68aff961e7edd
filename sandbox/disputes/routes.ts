/** Under `/<provider>/disputes`: `win`, `lose` and `reopen` are for testers, `accept` and `evidence` for our client. */
import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Contract } from '../contracts.ts';
import { errorReply, invalidRequest, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';
import { answerDispute, moveDispute, openDispute, presentDispute } from './disputes.ts';
import type { DisputeRow } from './store.ts';

const name = z.string().min(1).max(200);
const openSchema = z
  .strictObject({
    authorization_id: name.optional(),
    reference: name.optional(),
    amount: z.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
    reason: name.optional(),
  })
  .refine((order) => (order.authorization_id === undefined) !== (order.reference === undefined), {
    message: 'either authorization_id or reference',
  });
const documents = z.record(z.string().max(100), z.unknown());
const answerSchema = z.strictObject({ reference: name, evidence: documents.default({}) });
const actions = ['win', 'lose', 'reopen', 'accept', 'evidence'] as const;

const notHere = errorReply(404, 'not_found', 'no_such_dispute', 'no such thing to dispute');

function answerOpen(context: Context, contract: Contract, request: Request): Reply {
  const read = readBody(openSchema, request);
  if (!read.ok) return read.reply;
  const { authorization_id: id, reference = '', ...order } = read.value;
  const { authorizations } = context.store;
  const authorization =
    id === undefined
      ? authorizations.listByReference(contract.name, reference)[0]
      : authorizations.find(id);
  if (authorization?.provider !== contract.name) return notHere;
  const opened = context.store.transaction(() => openDispute(context, authorization, order));
  if (opened === null) return invalidRequest('so much was never captured', 'exceeds_captured');
  context.wake();
  return jsonReply(201, presentDispute(context, opened));
}

function answerClient(
  context: Context,
  row: DisputeRow,
  kind: 'accept' | 'evidence',
  request: Request,
): Reply {
  const read = readBody(answerSchema, request);
  if (!read.ok) return read.reply;
  const answer = { kind, ...read.value };
  const done = context.store.transaction(() => answerDispute(context, row, answer));
  if (typeof done === 'string') return errorReply(409, 'conflict', done, `it is ${row.status}`);
  context.wake();
  return jsonReply(200, presentDispute(context, done));
}

export function answerDisputes(
  context: Context,
  contract: Contract,
  request: Request,
): Reply | null {
  const [, , id, verb] = request.segments;
  const { disputes } = context.store;
  if (id === undefined) {
    if (request.method === 'POST') return answerOpen(context, contract, request);
    return jsonReply(200, {
      data: disputes.list(contract.name).map((one) => presentDispute(context, one)),
    });
  }
  const action = actions.find((known) => known === verb);
  const row = disputes.find(contract.name, id);
  if (row === undefined) return notHere;
  if (request.method === 'GET' && verb === undefined)
    return jsonReply(200, presentDispute(context, row));
  if (request.method !== 'POST' || action === undefined) return null;
  if ((action === 'accept' || action === 'evidence') && request.body !== '') {
    return answerClient(context, row, action, request);
  }
  const moved = context.store.transaction(() => moveDispute(context, row, action));
  if (moved === null) return errorReply(409, 'conflict', 'dispute_closed', `it is ${row.status}`);
  context.wake();
  return jsonReply(200, presentDispute(context, moved));
}
