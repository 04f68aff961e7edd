/** The API each named provider offers, under `/<provider>/`. */
import { z } from 'zod';
import { isCurrency } from '../../domain/currency.ts';
import type { Behaviour } from '../cards.ts';
import type { Context } from '../context.ts';
import type { Contract } from '../contracts.ts';
import { findBehaviour, findCard } from '../control/tokens.ts';
import { answerDisputes } from '../disputes/routes.ts';
import { authorize } from '../processor/authorize.ts';
import { fence } from '../processor/fence.ts';
import { lookup, lookupKinds, notFound } from '../processor/lookup.ts';
import { answerMutation } from '../processor/mutation.ts';
import { operate } from '../processor/operate.ts';
import { answerKeyless } from '../processor/wire-faults.ts';
import type { OperationKind } from '../store/operations.ts';
import { fingerprintOf, readKey } from './idempotency.ts';
import { errorReply, invalidRequest } from './reply.ts';
import type { Answer } from './reply.ts';
import { readBody } from './request.ts';
import type { Request } from './request.ts';

const reference = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const amount = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const currency = z.string().refine(isCurrency, 'unknown currency');

const authorizationSchema = z.strictObject({
  reference,
  // Of nothing: the issuer is asked whether it knows the card.
  amount: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
  currency,
  token: z.string().min(1).max(200),
  capture: z.boolean().default(false),
  off_session: z.boolean().default(false),
  three_d_secure: z.enum(['automatic', 'required']).default('automatic'),
  return_url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
});
const operationSchema = z.strictObject({
  reference,
  amount,
  currency,
  final: z.boolean().default(false),
});
const fenceSchema = z.strictObject({ reference });

const operationPaths: Readonly<Record<string, OperationKind>> = {
  captures: 'capture',
  voids: 'void',
  refunds: 'refund',
  increments: 'increment',
};

const keyMissing = invalidRequest('Idempotency-Key: 1 to 255 visible characters', 'key_missing');
const notHere = errorReply(404, 'not_found', 'no_such_address', 'nothing is served here');

async function answerAuthorize(
  context: Context,
  contract: Contract,
  request: Request,
): Promise<Answer> {
  const read = readBody(authorizationSchema, request);
  if (!read.ok) return read.reply;
  const key = readKey(request);
  if (key === null) return keyMissing;
  const order = read.value;
  if (order.capture && !contract.sale) return invalidRequest('no sale here', 'sale_not_supported');
  const behaviour: Behaviour | null = findBehaviour(context.store, order.token);
  return answerMutation(context, {
    contract,
    operation: 'authorize',
    key,
    reference: order.reference,
    fingerprint: fingerprintOf(request.path, order),
    behaviour,
    process: (lateness) =>
      authorize(
        context,
        {
          ...order,
          contract,
          key,
          behaviour,
          card: findCard(context.store, order.token),
          offSession: order.off_session,
          challenge: order.three_d_secure === 'required',
          returnUrl: order.return_url ?? null,
        },
        lateness,
      ),
  });
}

async function answerOperation(
  context: Context,
  contract: Contract,
  kind: OperationKind,
  authorizationId: string,
  request: Request,
): Promise<Answer> {
  const read = readBody(operationSchema, request);
  if (!read.ok) return read.reply;
  const key = readKey(request);
  if (key === null) return keyMissing;
  const order = read.value;
  return answerMutation(context, {
    contract,
    operation: kind,
    key,
    reference: order.reference,
    fingerprint: fingerprintOf(request.path, order),
    behaviour: null,
    process: (lateness) =>
      operate(context, { ...order, contract, key, kind, authorizationId }, lateness),
  });
}

async function answerLookup(
  context: Context,
  contract: Contract,
  kindName: string,
  wanted: string,
): Promise<Answer> {
  const kind = lookupKinds.find((known) => known === kindName);
  if (kind === undefined) return notHere;
  const fault = context.faults.drawCall(contract.name, 'lookup');
  return answerKeyless(context, fault, () =>
    fault === 'not_found' ? notFound(wanted) : lookup(context, contract.name, kind, wanted),
  );
}

async function answerFence(
  context: Context,
  contract: Contract,
  request: Request,
): Promise<Answer> {
  const read = readBody(fenceSchema, request);
  if (!read.ok) return read.reply;
  const fault = context.faults.drawCall(contract.name, 'void_by_reference');
  return answerKeyless(context, fault, () => {
    const { store } = context;
    const result = store.transaction(() => fence(context, contract.name, read.value.reference));
    context.wake();
    return result;
  });
}

export async function answerProvider(
  context: Context,
  contract: Contract,
  request: Request,
): Promise<Answer> {
  const [, collection = '', first, second] = request.segments;
  const place = `${request.method} ${collection}/${String(request.segments.length)}`;
  if (place === 'POST authorizations/2') return answerAuthorize(context, contract, request);
  if (place === 'POST authorizations/4' && first !== undefined && second !== undefined) {
    const kind = operationPaths[second];
    if (kind !== undefined) return answerOperation(context, contract, kind, first, request);
  }
  if (place === 'GET lookups/4' && first !== undefined && second !== undefined) {
    return answerLookup(context, contract, first, second);
  }
  if (place === 'POST fences/2' && contract.voidByReference) {
    return answerFence(context, contract, request);
  }
  if (collection === 'disputes') return answerDisputes(context, contract, request) ?? notHere;
  return notHere;
}
