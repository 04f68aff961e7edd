/**
 * Enough of Stripe's HTTP for its official SDK, under `/stripe/v1/`: another language for the same books,
 * keys, faults and clock. What the sandbox remembers under a key is its own reply; translated again, it is
 * the same bytes again.
 */
import { hash } from 'node:crypto';
import { isCurrency } from '../../domain/currency.ts';
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
import { stripeContract as contract } from './contract.ts';
import {
  cardDeclined, invalidRequest, keyInUse, keyReused, noKey, operationRefused, rateLimited, serverError,
} from './errors.ts'; // prettier-ignore
import { readAmount, readForm, showAmount } from './form.ts';
import type { Form } from './form.ts';
import { presentIntent, presentRefund, snapshotOf } from './present.ts';
import { answerRead } from './reads.ts';

const notHere = invalidRequest({}, 404);

function readKey(request: Request): string | null {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' && key !== '' && key.length <= 255 ? key : null;
}

/** What concerns the wire and the key, in Stripe's words; null: the answer is about money. */
function translateFailure(reply: Reply): Answer | null {
  // Nobody can refuse a connection that stands; that it breaks leaves the client in the same doubt.
  if (reply.headers?.['sandbox-disposition'] === 'refused') return 'drop';
  if (reply.headers?.['content-type'] === 'text/html') return reply;
  if (reply.status === 429) return rateLimited;
  if (reply.status >= 500) return serverError;
  if (reply.status !== 409) return null;
  return reply.body.includes('key_in_use') ? keyInUse : keyReused;
}

async function mutate(
  context: Context,
  request: Request,
  mutation: Omit<Mutation, 'contract' | 'fingerprint'>,
  translate: (body: Json, status: number) => Reply,
): Promise<Answer> {
  const fingerprint = hash('sha256', `${request.path}?${request.body}`);
  const reply = await answerMutation(context, { ...mutation, contract, fingerprint });
  if (reply === 'drop') return reply;
  return translateFailure(reply) ?? translate(JSON.parse(reply.body) as Json, reply.status);
}

function codeOf(body: Json): string {
  return (body['error'] as { readonly code: string }).code;
}

/** As it was when it was made, whatever has become of it since: so Stripe replays as well. */
function asCreated(context: Context, body: Json): Json | null {
  const row = context.store.authorizations.find(String(body['id']));
  if (row === undefined) return null;
  const status = body['status'];
  const intent = presentIntent(
    context,
    row,
    {
      status:
        status === 'authorized'
          ? 'requires_capture'
          : status === 'captured'
            ? 'succeeded'
            : status === 'declined'
              ? 'requires_payment_method'
              : 'requires_action',
      declineCode: typeof body['decline_code'] === 'string' ? body['decline_code'] : null,
      captured: status === 'captured' ? row.amount : 0,
      captureReference: null,
    },
    true,
  );
  // A fault may have changed what is told.
  const told = showAmount(Number(body['amount']), row.currency);
  const shown = intent['amount_capturable'] === 0 ? 'amount_received' : 'amount_capturable';
  return intent[shown] === 0 ? intent : { ...intent, amount: told, [shown]: told };
}

function createIntent(context: Context, request: Request, key: string): Promise<Answer> | Reply {
  const form = readForm(request.body);
  const currency = (form['currency'] ?? '').toUpperCase();
  const amount = readAmount(form['amount'], currency);
  const reference = form['metadata[tender_reference]'];
  const token = form['payment_method'];
  if (amount === null || !isCurrency(currency)) return invalidRequest({ param: 'amount' });
  if (reference === undefined) return invalidRequest({ param: 'metadata' });
  if (token === undefined || form['confirm'] !== 'true')
    return invalidRequest({ param: 'confirm' });
  const behaviour = findBehaviour(context.store, token);
  const order = {
    contract, key, reference, amount, currency, behaviour,
    capture: form['capture_method'] !== 'manual',
    offSession: form['off_session'] === 'true',
    challenge: form['payment_method_options[card][request_three_d_secure]'] === 'challenge',
    returnUrl: form['return_url'] ?? null,
    card: findCard(context.store, token),
  }; // prettier-ignore
  const mutation = {
    operation: 'authorize',
    key,
    reference,
    behaviour,
    process: (lateness) => authorize(context, order, lateness),
  } satisfies Omit<Mutation, 'contract' | 'fingerprint'>;
  return mutate(context, request, mutation, (body, status) => {
    if (status === 200) return jsonReply(200, asCreated(context, body) ?? {});
    const code = codeOf(body);
    if (code === 'invalid_token') {
      return invalidRequest({ code: 'resource_missing', param: 'payment_method' });
    }
    return cardDeclined(code, asCreated(context, body));
  });
}

/** Amount and reference of an operation; null: not an amount. A cancel carries neither. */
function orderOf(
  kind: OperationKind,
  form: Form,
  row: AuthorizationRow,
  key: string,
): { readonly amount: number; readonly reference: string } | null {
  if (kind === 'void') {
    // Nothing left to release is for the rules to refuse, by the state it is in.
    const remaining = row.amount - row.captured - row.released;
    return { amount: remaining > 0 ? remaining : row.amount, reference: key };
  }
  const given = form[kind === 'capture' ? 'amount_to_capture' : 'amount'];
  const amount = given === undefined ? row.amount : readAmount(given, row.currency);
  const field = kind === 'capture' ? 'metadata[tender_capture]' : 'metadata[tender_reference]';
  return amount === null ? null : { amount, reference: form[field] ?? key };
}

function presentDone(
  context: Context,
  kind: OperationKind,
  row: AuthorizationRow,
  body: Json,
): Json {
  const amount = Number(body['amount']);
  if (kind === 'refund') {
    const refund = context.store.operations.find(String(body['id']));
    // As answered: a late failure changes the row and not the reply.
    if (refund !== undefined) return presentRefund({ ...refund, amount, status: 'succeeded' });
  }
  const isCapture = kind === 'capture';
  const done = {
    status: isCapture ? 'succeeded' : 'canceled',
    declineCode: isCapture ? null : 'already_voided',
    captured: isCapture ? amount : 0,
    captureReference: isCapture ? String(body['reference']) : null,
  } as const;
  return presentIntent(context, row, done, false);
}

function answerOperation(
  context: Context,
  request: Request,
  kind: OperationKind,
  id: string,
  key: string,
): Promise<Answer> | Reply {
  const row = context.store.authorizations.find(id);
  if (row?.provider !== contract.name)
    return operationRefused(kind, 'authorization_not_found', null);
  const order = orderOf(kind, readForm(request.body), row, key);
  if (order === null) return invalidRequest({ param: 'amount' });
  const requested = {
    ...order,
    contract,
    key,
    kind,
    currency: row.currency,
    final: kind !== 'refund',
  };
  const mutation = {
    operation: kind,
    key,
    reference: order.reference,
    behaviour: null,
    process: (lateness) => operate(context, { ...requested, authorizationId: id }, lateness),
  } satisfies Omit<Mutation, 'contract' | 'fingerprint'>;
  return mutate(context, request, mutation, (body, status) => {
    if (status === 200) return jsonReply(200, presentDone(context, kind, row, body));
    const now = context.store.authorizations.find(id) ?? row;
    const intent = presentIntent(context, now, snapshotOf(context, now), false);
    return operationRefused(kind, codeOf(body), intent);
  });
}

export async function answerStripe(context: Context, request: Request): Promise<Answer> {
  if (!/^Bearer [sr]k_/.test(request.headers.authorization ?? '')) return noKey;
  const [, version, collection, id, action] = request.segments;
  if (version !== 'v1') return notHere;
  if (request.method === 'GET') return answerRead(context, request) ?? notHere;
  const key = readKey(request);
  if (request.method !== 'POST' || key === null) return notHere;
  if (collection === 'payment_intents') {
    if (id === undefined) return createIntent(context, request, key);
    if (action === 'capture') return answerOperation(context, request, 'capture', id, key);
    if (action === 'cancel') return answerOperation(context, request, 'void', id, key);
  }
  if (collection === 'refunds' && id === undefined) {
    const intent = readForm(request.body)['payment_intent'] ?? '';
    return answerOperation(context, request, 'refund', intent, key);
  }
  return notHere;
}
