/**
 * Finding what became of a request. Stripe has no lookup by our reference, so what is at hand is asked
 * in the order of its certainty: the intent by its id; all intents since our reference was made, from the
 * list, which is fresh; and, where those are too many to read, search, which lags and can therefore only
 * find. Absence is said only by an id or by a list read to its end.
 */
import type Stripe from 'stripe';
import type { LookupHint, LookupKind, LookupResult } from '../../domain/provider.ts';
import { failedCall } from './errors.ts';
import {
  attemptOutcome, captureField, captureOutcome, referenceField, refundOutcome, seenAs, voidOutcome,
} from './outcomes.ts'; // prettier-ignore

const pageSize = 100;
const pagesMax = 20;
/** How far our clock may be ahead of Stripe's. */
const skewSeconds = 3_600;

const seen = seenAs('lookup');
const absent = (detail: string): LookupResult => ({ kind: 'absent', evidence: seen(detail) });
const noAnswer = (detail: string): LookupResult => ({ kind: 'no_answer', evidence: seen(detail) });

/** Our references are UUIDv7 behind a prefix: the time they were made is in them. Null: not one. */
export function madeAtSeconds(reference: string): number | null {
  const hex = /_([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(reference);
  return hex === null ? null : Math.floor(Number.parseInt(`${hex[1]}${hex[2]}`, 16) / 1_000);
}

/** Several: the key had been forgotten between two sends. The one that holds money counts. */
const holding: readonly string[] = ['requires_capture', 'succeeded', 'processing'];

interface Listed {
  readonly found: Stripe.PaymentIntent | undefined;
  readonly complete: boolean;
}

async function listAttempts(client: Stripe, reference: string): Promise<Listed> {
  const madeAt = madeAtSeconds(reference);
  const since = madeAt === null ? {} : { created: { gte: madeAt - skewSeconds } };
  let found: Stripe.PaymentIntent | undefined;
  let after: { starting_after?: string } = {};
  for (let page = 0; page < pagesMax; page += 1) {
    const options = { limit: pageSize, expand: ['data.latest_charge'], ...since, ...after };
    const { data, has_more: hasMore } = await client.paymentIntents.list(options);
    const ours = data.filter((intent) => intent.metadata[referenceField] === reference);
    const holds = ours.find((intent) => holding.includes(intent.status));
    if (holds !== undefined) return { found: holds, complete: true };
    found ??= ours[0];
    const last = data.at(-1);
    if (!hasMore || last === undefined) return { found, complete: !hasMore };
    after = { starting_after: last.id };
  }
  return { found, complete: false };
}

function retrieve(client: Stripe, id: string): Promise<Stripe.PaymentIntent> {
  return client.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
}

async function searchAttempt(client: Stripe, reference: string): Promise<LookupResult> {
  if (!/^[\w-]+$/.test(reference)) return noAnswer('list_too_long');
  const query = `metadata['${referenceField}']:'${reference}'`;
  const { data } = await client.paymentIntents.search({ query, limit: pageSize });
  const hit = data.find((intent) => holding.includes(intent.status)) ?? data[0];
  // What search shows may be old as well.
  return hit === undefined ? noAnswer('list_too_long') : foundAttempt(client, reference, hit.id);
}

async function foundAttempt(client: Stripe, reference: string, id: string): Promise<LookupResult> {
  const intent = await retrieve(client, id);
  if (intent.metadata[referenceField] !== reference) return noAnswer('other_reference');
  return { kind: 'found', outcome: attemptOutcome(intent, seen) };
}

async function lookupAttempt(
  client: Stripe,
  reference: string,
  { providerReference }: LookupHint,
): Promise<LookupResult> {
  if (providerReference !== undefined) return foundAttempt(client, reference, providerReference);
  const { found, complete } = await listAttempts(client, reference);
  if (found !== undefined) return { kind: 'found', outcome: attemptOutcome(found, seen) };
  return complete ? absent('not_listed') : searchAttempt(client, reference);
}

async function lookupCapture(client: Stripe, reference: string, id: string): Promise<LookupResult> {
  const intent = await retrieve(client, id);
  const isOurs = intent.metadata[captureField] === reference;
  // Stripe keeps what a capture says with its success alone, so without it this one did nothing.
  if (intent.status === 'succeeded' || intent.status === 'processing') {
    return isOurs
      ? { kind: 'found', outcome: captureOutcome(intent, seen) }
      : absent(intent.status);
  }
  return absent(intent.status);
}

/** A cancel carries no reference. It is all or nothing, so that nothing is held is its outcome. */
async function lookupVoid(client: Stripe, id: string): Promise<LookupResult> {
  const intent = await retrieve(client, id);
  if (intent.status === 'canceled') return { kind: 'found', outcome: voidOutcome(intent, seen) };
  return intent.status === 'processing' ? noAnswer(intent.status) : absent(intent.status);
}

async function lookupRefund(client: Stripe, reference: string, id: string): Promise<LookupResult> {
  let after: { starting_after?: string } = {};
  for (let page = 0; page < pagesMax; page += 1) {
    const options = { payment_intent: id, limit: pageSize, ...after };
    const { data, has_more: hasMore } = await client.refunds.list(options);
    const refund = data.find((one) => one.metadata?.[referenceField] === reference);
    if (refund !== undefined) return { kind: 'found', outcome: refundOutcome(refund, seen) };
    const last = data.at(-1);
    if (!hasMore) return absent('not_listed');
    if (last === undefined) break;
    after = { starting_after: last.id };
  }
  return noAnswer('list_too_long');
}

/** Never throws. */
export async function lookup(
  client: Stripe,
  kind: LookupKind,
  reference: string,
  hint: LookupHint,
): Promise<LookupResult> {
  const { providerReference: id } = hint;
  try {
    if (kind === 'authorize') return await lookupAttempt(client, reference, hint);
    if (id === undefined) return noAnswer('attempt_not_known');
    if (kind === 'capture') return await lookupCapture(client, reference, id);
    if (kind === 'void') return await lookupVoid(client, id);
    return await lookupRefund(client, reference, id);
  } catch (error) {
    const failed = failedCall(kind, reference, error, seen);
    const wait = 'retryAfterMs' in failed ? { retryAfterMs: failed.retryAfterMs } : {};
    return { ...noAnswer(failed.evidence.detail), ...wait };
  }
}
