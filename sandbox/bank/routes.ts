/** The bank's API, under `/bank/`: its own resources, and the same keys, faults and fences as the others. */
import { z } from 'zod';
import type { Context } from '../context.ts';
import { fingerprintOf, readKey } from '../http/idempotency.ts';
import { errorReply, invalidRequest } from '../http/reply.ts';
import type { Answer } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';
import { answerMutation } from '../processor/mutation.ts';
import { answerKeyless } from '../processor/wire-faults.ts';
import { findAccount, issueAccount } from './accounts.ts';
import { bankContract } from './contract.ts';
import { fence, operate } from './operate.ts';
import { answerBankPage } from './pages.ts';
import { pay } from './pay.ts';
import { payOut } from './payouts.ts';
import { bankLookupKinds, lookup } from './reads.ts';
import { sendTransfer } from './transfers.ts';

const reference = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const amount = z.number().int().positive().max(1_000_000_000_000);

const paymentSchema = z.strictObject({
  reference,
  amount,
  currency: z.string(),
  method: z.enum(['bank_debit', 'bank_redirect', 'bank_transfer']),
  /** Of the account to debit; of a redirect the bank, if it is known. */
  token: z.string().max(200).default(''),
  off_session: z.boolean().default(false),
  return_url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
});
const operationSchema = z.strictObject({
  reference,
  amount,
  currency: z.string(),
  final: z.boolean().default(false),
});

const payoutSchema = z.strictObject({
  reference,
  amount,
  currency: z.string(),
  /** Of whoever is paid: a token of POST /bank/accounts. */
  account: z.string().max(200),
});

const keyMissing = invalidRequest('Idempotency-Key: 1 to 255 visible characters', 'key_missing');
const notHere = errorReply(404, 'not_found', 'no_such_address', 'nothing is served here');
const operationPaths = { voids: 'void', refunds: 'refund' } as const;

async function answerPay(context: Context, request: Request): Promise<Answer> {
  const read = readBody(paymentSchema, request);
  if (!read.ok) return read.reply;
  const key = readKey(request);
  if (key === null) return keyMissing;
  const order = read.value;
  if (bankContract.currenciesByMethod?.[order.method]?.includes(order.currency) !== true) {
    return invalidRequest(`currency: not by ${order.method}`, 'currency_not_supported');
  }
  const { off_session: offSession, return_url: returnUrl = null } = order;
  return answerMutation(context, {
    ...{ contract: bankContract, operation: 'authorize', key, reference: order.reference },
    fingerprint: fingerprintOf(request.path, order),
    behaviour: findAccount(context, order.token)?.behaviour ?? null,
    process: () => pay(context, { ...order, key, offSession, returnUrl }),
  });
}

async function answerOperation(
  context: Context,
  kind: 'void' | 'refund',
  paymentId: string,
  request: Request,
): Promise<Answer> {
  const read = readBody(operationSchema, request);
  if (!read.ok) return read.reply;
  const key = readKey(request);
  if (key === null) return keyMissing;
  const order = read.value;
  return answerMutation(context, {
    ...{ contract: bankContract, operation: kind, key, reference: order.reference },
    fingerprint: fingerprintOf(request.path, order),
    behaviour: null,
    process: () => operate(context, { ...order, key, kind, paymentId }),
  });
}

async function answerPayout(context: Context, request: Request): Promise<Answer> {
  const read = readBody(payoutSchema, request);
  if (!read.ok) return read.reply;
  const key = readKey(request);
  if (key === null) return keyMissing;
  const order = read.value;
  return answerMutation(context, {
    ...{ contract: bankContract, operation: 'payout', key, reference: order.reference },
    fingerprint: fingerprintOf(request.path, order),
    behaviour: findAccount(context, order.account)?.behaviour ?? null,
    process: (lateness) => payOut(context, { ...order, key }, lateness),
  });
}

function answerLookup(
  context: Context,
  kindName: string,
  wanted: string,
): Promise<Answer> | Answer {
  const kind = bankLookupKinds.find((known) => known === kindName);
  if (kind === undefined) return notHere;
  const fault = context.faults.drawCall('bank', 'lookup');
  return answerKeyless(context, fault, () => lookup(context, kind, wanted));
}

async function answerFence(context: Context, request: Request): Promise<Answer> {
  const read = readBody(z.strictObject({ reference }), request);
  if (!read.ok) return read.reply;
  const fault = context.faults.drawCall('bank', 'void_by_reference');
  return answerKeyless(context, fault, () =>
    context.store.transaction(() => fence(context, read.value.reference)),
  );
}

export async function answerBank(context: Context, request: Request): Promise<Answer> {
  const [, collection = '', first = '', second = ''] = request.segments;
  if (collection === 'pages') return answerBankPage(context, request);
  switch (`${request.method} ${collection}/${String(request.segments.length)}`) {
    case 'POST payments/2':
      return answerPay(context, request);
    case 'POST payments/4': {
      const kind = second === 'voids' || second === 'refunds' ? operationPaths[second] : undefined;
      return kind === undefined ? notHere : answerOperation(context, kind, first, request);
    }
    case 'POST payouts/2':
      return answerPayout(context, request);
    case 'GET lookups/4':
      return answerLookup(context, first, second);
    case 'POST fences/2':
      return answerFence(context, request);
    case 'POST transfers/2':
      return sendTransfer(context, request);
    case 'POST accounts/2':
      return issueAccount(context, request);
    default:
      return notHere;
  }
}
