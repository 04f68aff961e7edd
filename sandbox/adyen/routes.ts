/**
 * Enough of Adyen's Checkout HTTP for its official SDK, under `/adyen/v72/`: another language for the same
 * books, keys, faults and clock. A modification is carried out at once and answered with `received`; what
 * became of it is in the event alone, put into the queue by the same transaction.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { findBehaviour, findCard } from '../control/tokens.ts';
import { jsonReply } from '../http/reply.ts';
import type { Answer, Json, Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import { authorize } from '../processor/authorize.ts';
import { answerMutation } from '../processor/mutation.ts';
import type { Mutation } from '../processor/mutation.ts';
import { operate } from '../processor/operate.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationKind } from '../store/operations.ts';
import { readAmount, showAmount } from './amounts.ts';
import { applyVerdict, readVerdict } from './details.ts';
import { adyenContract as contract } from './contract.ts';
import {
  invalidAmount, invalidField, keyInUse, noSuchDetails, noSuchPayment, noSuchToken, notHere, otherAccount, serverError, tooMany, unauthorized,
} from './errors.ts'; // prettier-ignore
import { markTechnical } from './event.ts';
import { merchantAccount, presentModification, presentPayment } from './present.ts';

const reference = z.string().min(1).max(80);
const amount = z.object({ value: z.int().nonnegative(), currency: z.string() });

const paymentSchema = z.object({
  amount,
  merchantAccount: z.string(),
  reference,
  returnUrl: z.url({ protocol: /^https?$/ }).max(8_000),
  paymentMethod: z.object({
    type: z.literal('scheme'),
    storedPaymentMethodId: z.string().min(1).max(64),
  }),
  shopperReference: z.string().min(3).max(256),
  shopperInteraction: z.enum(['Ecommerce', 'ContAuth']),
  recurringProcessingModel: z.enum(['CardOnFile', 'Subscription', 'UnscheduledCardOnFile']),
  additionalData: z.record(z.string(), z.string()).default({}),
  authenticationData: z.object({ attemptAuthentication: z.enum(['always', 'never']) }).optional(),
});
const modificationSchema = z.object({
  merchantAccount: z.string(),
  reference,
  amount: amount.optional(),
});
const standaloneSchema = modificationSchema.extend({ paymentReference: reference });

/** The body, or what is wrong with it: the place and the rule, never the value. */
function readJson<T extends { readonly merchantAccount: string }>(
  schema: z.ZodType<T>,
  request: Request,
): T | Reply {
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    return invalidField('Structure of the request is incorrect');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) {
    return parsed.data.merchantAccount === merchantAccount ? parsed.data : otherAccount;
  }
  const [issue] = parsed.error.issues;
  return invalidField(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function isReply(read: object): read is Reply {
  return 'status' in read && 'body' in read;
}

/** What concerns the wire and the key, in Adyen's words; null: the answer is about money. */
function translateFailure(reply: Reply): Answer | null {
  // Nobody can refuse a connection that stands; that it breaks leaves the client in the same doubt.
  if (reply.headers?.['sandbox-disposition'] === 'refused') return 'drop';
  if (reply.headers?.['content-type'] === 'text/html') return reply;
  if (reply.status === 429) return tooMany;
  if (reply.status >= 500) return serverError;
  return reply.status === 409 ? keyInUse : null;
}

async function mutate(
  context: Context,
  request: Request,
  mutation: Omit<Mutation, 'contract' | 'fingerprint'>,
  translate: (told: Json) => Reply,
): Promise<Answer> {
  const fingerprint = hash('sha256', `${request.path}?${request.body}`);
  const reply = await answerMutation(context, { ...mutation, contract, fingerprint });
  if (reply === 'drop') return reply;
  const answer = translateFailure(reply) ?? translate(JSON.parse(reply.body) as Json);
  if (answer === 'drop') return answer;
  return { ...answer, headers: { ...answer.headers, 'idempotency-key': mutation.key } };
}

function createPayment(context: Context, request: Request, key: string): Promise<Answer> | Reply {
  const read = readJson(paymentSchema, request);
  if (isReply(read)) return read;
  const minor = readAmount(read.amount);
  if (minor === null) return invalidAmount;
  const token = read.paymentMethod.storedPaymentMethodId;
  const behaviour = findBehaviour(context.store, token);
  if (behaviour === null) return noSuchToken;
  const order = {
    contract,
    key,
    reference: read.reference,
    amount: minor,
    currency: read.amount.currency,
    behaviour,
    capture: read.additionalData['manualCapture'] !== 'true',
    offSession: read.authenticationData?.attemptAuthentication === 'never',
    challenge: read.authenticationData?.attemptAuthentication === 'always',
    returnUrl: read.returnUrl,
    card: findCard(context.store, token),
  };
  const mutation = {
    operation: 'authorize',
    key,
    reference: read.reference,
    behaviour,
    process: (lateness) => authorize(context, order, lateness),
  } satisfies Omit<Mutation, 'contract' | 'fingerprint'>;
  return mutate(context, request, mutation, (told) => {
    const row = context.store.authorizations.find(String(told['id']));
    return row === undefined ? serverError : jsonReply(200, presentPayment(row, told));
  });
}

interface Asked {
  readonly kind: OperationKind;
  readonly authorizationId: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  /** As it was asked for, for the answer. */
  readonly shown: Json;
}

function modify(
  context: Context,
  request: Request,
  key: string,
  asked: Asked,
): Promise<Answer> | Reply {
  const { shown, kind } = asked;
  const order = { ...asked, contract, key, final: kind !== 'refund' };
  const mutation = {
    operation: kind,
    key,
    reference: asked.reference,
    behaviour: null,
    process: (lateness) => {
      const result = operate(context, order, lateness);
      if ('paymentReference' in shown) markTechnical(context, String(result.body['id']));
      return result;
    },
  } satisfies Omit<Mutation, 'contract' | 'fingerprint'>;
  return mutate(context, request, mutation, (told) =>
    jsonReply(
      201,
      presentModification(String(told['id']), { ...shown, reference: asked.reference }),
    ),
  );
}

/** All that is left; of nothing left it is for the rules to refuse, by the state it is in. */
function leftOf(row: AuthorizationRow): number {
  const left = row.amount - row.captured - row.released;
  return left > 0 ? left : row.amount;
}

const actions: Readonly<Record<string, OperationKind>> = {
  captures: 'capture',
  cancels: 'void',
  refunds: 'refund',
};

function modifyPayment(
  context: Context,
  request: Request,
  key: string,
  id: string,
  kind: OperationKind,
): Promise<Answer> | Reply {
  const read = readJson(modificationSchema, request);
  if (isReply(read)) return read;
  const row = context.store.authorizations.find(id);
  if (row?.provider !== contract.name) return noSuchPayment;
  const asked = { kind, authorizationId: id, reference: read.reference };
  const shown = { paymentPspReference: id };
  if (kind === 'void') {
    const whole = { amount: leftOf(row), currency: row.currency };
    return modify(context, request, key, { ...asked, ...whole, shown });
  }
  const minor = read.amount === undefined ? null : readAmount(read.amount);
  if (minor === null || minor === 0 || read.amount === undefined) return invalidAmount;
  const { currency } = read.amount;
  const money = {
    amount: minor,
    currency,
    shown: { ...shown, amount: showAmount(minor, currency) },
  };
  return modify(context, request, key, { ...asked, ...money });
}

/** By the reference the payment was made with, for who never heard its PSP reference. */
function cancelByReference(
  context: Context,
  request: Request,
  key: string,
): Promise<Answer> | Reply {
  const read = readJson(standaloneSchema, request);
  if (isReply(read)) return read;
  const { paymentReference } = read;
  const [row] = context.store.authorizations.listByReference(contract.name, paymentReference);
  const found = row ?? { id: 'none', currency: 'EUR' };
  return modify(context, request, key, {
    kind: 'void',
    authorizationId: found.id,
    reference: read.reference,
    amount: row === undefined ? 1 : leftOf(row),
    currency: found.currency,
    shown: { paymentReference },
  });
}

function submitDetails(context: Context, request: Request, key: string): Promise<Answer> | Reply {
  const verdict = readVerdict(context, request.body);
  if (verdict === null) return noSuchDetails;
  const mutation = {
    operation: 'authorize',
    key,
    reference: verdict.row.reference,
    behaviour: null,
    process: () => applyVerdict(context, verdict),
  } satisfies Omit<Mutation, 'contract' | 'fingerprint'>;
  return mutate(context, request, mutation, (told) => {
    const row = context.store.authorizations.find(verdict.row.id) ?? verdict.row;
    return jsonReply(200, presentPayment(row, told));
  });
}

export async function answerAdyen(context: Context, request: Request): Promise<Answer> {
  const { 'x-api-key': apiKey, 'idempotency-key': key } = request.headers;
  if (typeof apiKey !== 'string' || apiKey === '') return unauthorized;
  const [, version, collection, id, action] = request.segments;
  if (version !== 'v72' || request.method !== 'POST') return notHere;
  if (typeof key !== 'string' || key === '' || key.length > 64) {
    return invalidField('Idempotency-Key: 1 to 64 characters');
  }
  if (collection === 'cancels' && id === undefined) return cancelByReference(context, request, key);
  if (collection !== 'payments') return notHere;
  if (id === undefined) return createPayment(context, request, key);
  if (id === 'details' && action === undefined) return submitDetails(context, request, key);
  const kind = actions[action ?? ''];
  return kind === undefined ? notHere : modifyPayment(context, request, key, id, kind);
}
