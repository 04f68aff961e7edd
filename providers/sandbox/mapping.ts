/**
 * What a reply means. Pure. A positive list: a status and body that no line here names is
 * `unknown`, since the money may have moved.
 */
import { z } from 'zod';
import { isCurrency } from '../../domain/currency.ts';
import type { Currency } from '../../domain/currency.ts';
import type {
  Decline,
  LookupResult,
  ProviderEvidence,
  ProviderOutcome,
  VoidByReferenceResult,
} from '../../domain/provider.ts';
import type { HttpAnswer } from './client.ts';

export type CallKind = 'authorize' | 'capture' | 'void' | 'refund';

/** What we asked for, to compare the reply with. */
export interface Asked {
  readonly provider: string;
  readonly kind: CallKind;
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

const declines: Readonly<Record<string, Omit<Decline, 'providerCode'>>> = {
  insufficient_funds: { code: 'insufficient_funds', advice: 'retry_later' },
  do_not_honor: { code: 'do_not_honor', advice: 'try_another_method' },
  invalid_token: { code: 'invalid_token', advice: 'update_card' },
  authorization_expired: { code: 'authorization_expired', advice: 'do_not_retry' },
  capture_exceeds_authorization: { code: 'capture_exceeds_authorization', advice: 'do_not_retry' },
  refund_exceeds_captured: { code: 'refund_exceeds_captured', advice: 'do_not_retry' },
  already_captured: { code: 'already_captured', advice: 'do_not_retry' },
  already_voided: { code: 'already_voided', advice: 'do_not_retry' },
  reference_voided: { code: 'reference_voided', advice: 'do_not_retry' },
};

/** A code we do not know is still a definite no: the explicit rule for everything else. */
const otherDecline = { code: 'declined', advice: 'try_another_method' } as const;

export function mapDecline(providerCode: string): Decline {
  const known = Object.hasOwn(declines, providerCode) ? declines[providerCode] : undefined;
  return { ...(known ?? otherDecline), providerCode };
}

const code = z.string().regex(/^[a-z0-9_]{1,64}$/);
const text = z.string().min(1).max(300);
const amount = z.int().positive();
const currency = z.string().refine(isCurrency);

const objects = {
  authorize: 'authorization',
  capture: 'capture',
  void: 'void',
  refund: 'refund',
} as const;

const named = z.object({
  object: z.enum(objects),
  reference: text,
  status: z.enum([
    'authorized',
    'captured',
    'succeeded',
    'requires_action',
    'declined',
    'voided',
    'expired',
  ]),
  /** Absent only where a reference was fenced before anything arrived. */
  id: text.optional(),
});
const approvedReply = z.object({ id: text, amount, currency, captured: z.boolean().optional() });
const actionReply = z.object({
  id: text,
  amount,
  currency,
  redirect_url: z.url({ protocol: /^https?$/ }),
});
const declinedReply = z.object({ decline_code: code });
const errorReply = z.object({
  reference: text.optional(),
  id: text.optional(),
  error: z.object({ type: code, code }),
});

type Named = z.infer<typeof named>;

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

function evidenceOf(
  kind: ProviderEvidence['kind'],
  provider: string,
  detail: string,
  providerReference?: string,
): ProviderEvidence {
  return {
    kind,
    provider,
    detail,
    ...(providerReference === undefined ? {} : { providerReference }),
  };
}

/** `approved` as far as the reply's own form goes; undefined: it does not say so properly. */
function readApproved(
  kind: CallKind,
  reply: Named,
  json: unknown,
  evidence: ProviderEvidence,
): ProviderOutcome | undefined {
  const isApproval =
    kind === 'authorize'
      ? reply.status === 'authorized' || reply.status === 'captured'
      : reply.status === 'succeeded';
  const parsed = approvedReply.safeParse(json);
  if (!isApproval || !parsed.success) return undefined;
  const captured = reply.status === 'captured' || kind === 'capture';
  if (kind === 'authorize' && parsed.data.captured !== captured) return undefined;
  return {
    kind: 'approved',
    providerReference: parsed.data.id,
    amountMinor: BigInt(parsed.data.amount),
    currency: parsed.data.currency,
    captured,
    evidence,
  };
}

function readAction(
  kind: CallKind,
  json: unknown,
  evidence: ProviderEvidence,
): ProviderOutcome | undefined {
  const parsed = actionReply.safeParse(json);
  if (kind !== 'authorize' || !parsed.success) return undefined;
  const { id: providerReference, redirect_url: redirectUrl } = parsed.data;
  return { kind: 'requires_action', providerReference, redirectUrl, evidence };
}

function declined(
  providerCode: string,
  providerReference: string | undefined,
  evidence: ProviderEvidence,
): ProviderOutcome {
  const decline = mapDecline(providerCode);
  if (providerReference === undefined) return { kind: 'declined', decline, evidence };
  return { kind: 'declined', decline, providerReference, evidence };
}

/** The reply to the call itself. */
export function mapReply(asked: Asked, answer: HttpAnswer): ProviderOutcome {
  const unknown = (detail: string, providerReference?: string): ProviderOutcome => ({
    kind: 'unknown',
    evidence: evidenceOf('provider_reply', asked.provider, detail, providerReference),
  });
  const notSent = (detail: string): ProviderOutcome => ({
    kind: 'not_sent',
    evidence: evidenceOf('provider_reply', asked.provider, detail),
  });
  if (answer.kind === 'not_connected') return notSent(answer.detail);
  if (answer.kind === 'no_answer') return unknown(answer.detail);
  const http = `http_${String(answer.status)}`;
  if (answer.status === 429) return notSent(http);
  if (answer.status === 503 && answer.disposition === 'refused') return notSent(`${http} refused`);

  const json = parseJson(answer.text);
  if (json === undefined) return unknown(`${http} invalid_json`);
  if (answer.status === 200) return mapSuccess(asked, json, unknown);
  const failure = errorReply.safeParse(json);
  if (!failure.success) return unknown(`${http} unexpected_reply`);
  const { error, id, reference } = failure.data;
  const detail = `${http} ${error.code}`;
  if (answer.status !== 402 || error.type !== 'decline' || reference !== asked.reference) {
    return unknown(detail);
  }
  return declined(error.code, id, evidenceOf('provider_reply', asked.provider, detail, id));
}

function mapSuccess(
  asked: Asked,
  json: unknown,
  unknown: (detail: string, providerReference?: string) => ProviderOutcome,
): ProviderOutcome {
  const parsed = named.safeParse(json);
  if (!parsed.success) return unknown('http_200 unexpected_reply');
  const reply = parsed.data;
  if (reply.object !== objects[asked.kind] || reply.reference !== asked.reference) {
    return unknown('http_200 not_what_was_asked');
  }
  const detail = `http_200 ${reply.status}`;
  const evidence = evidenceOf('provider_reply', asked.provider, detail, reply.id);
  const outcome =
    reply.status === 'requires_action'
      ? readAction(asked.kind, json, evidence)
      : readApproved(asked.kind, reply, json, evidence);
  if (outcome === undefined) return unknown(`${detail} unexpected_reply`);
  if (outcome.kind !== 'approved') return outcome;
  const isSame = outcome.amountMinor === asked.amountMinor && outcome.currency === asked.currency;
  return isSame ? outcome : unknown('amount_mismatch', outcome.providerReference);
}

/** The answer to a lookup by our reference. Amounts are compared by whoever knows what was asked. */
export function mapLookup(
  asked: Pick<Asked, 'provider' | 'kind' | 'reference'>,
  answer: HttpAnswer,
): LookupResult {
  const evidence = (detail: string, providerReference?: string): ProviderEvidence =>
    evidenceOf('lookup', asked.provider, detail, providerReference);
  const noAnswer = (detail: string): LookupResult => ({
    kind: 'no_answer',
    evidence: evidence(detail),
  });
  if (answer.kind !== 'answered') return noAnswer(answer.detail);
  const http = `http_${String(answer.status)}`;
  const json = parseJson(answer.text);
  if (answer.status === 404) {
    const failure = errorReply.safeParse(json);
    // A 404 of anything in between must not pass for absence.
    const isAbsent =
      failure.success &&
      failure.data.error.code === 'reference_not_found' &&
      failure.data.reference === asked.reference;
    return isAbsent ? { kind: 'absent', evidence: evidence(`${http} absent`) } : noAnswer(http);
  }
  const parsed = named.safeParse(json);
  if (answer.status !== 200 || !parsed.success) return noAnswer(`${http} unexpected_reply`);
  const reply = parsed.data;
  if (reply.object !== objects[asked.kind] || reply.reference !== asked.reference) {
    return noAnswer(`${http} not_what_was_asked`);
  }
  const outcome = readFound(asked.kind, reply, json, evidence(`${http} ${reply.status}`, reply.id));
  return outcome === undefined ? noAnswer(`${http} unexpected_reply`) : { kind: 'found', outcome };
}

/** Voided and expired hold no money any more: as an outcome that is a no, with its reason. */
function readFound(
  kind: CallKind,
  reply: Named,
  json: unknown,
  evidence: ProviderEvidence,
): ProviderOutcome | undefined {
  switch (reply.status) {
    case 'requires_action':
      return readAction(kind, json, evidence);
    case 'declined':
    case 'voided':
    case 'expired': {
      const parsed = declinedReply.safeParse(json);
      return parsed.success ? declined(parsed.data.decline_code, reply.id, evidence) : undefined;
    }
    case 'authorized':
    case 'captured':
    case 'succeeded':
      return readApproved(kind, reply, json, evidence);
  }
}

const fenceReply = z.object({
  object: z.literal('fence'),
  reference: text,
  status: z.literal('fenced'),
});

export function mapFence(
  provider: string,
  reference: string,
  answer: HttpAnswer,
): VoidByReferenceResult {
  const evidence = (detail: string): ProviderEvidence =>
    evidenceOf('provider_reply', provider, detail);
  if (answer.kind !== 'answered') return { kind: 'no_answer', evidence: evidence(answer.detail) };
  const http = `http_${String(answer.status)}`;
  const json = parseJson(answer.text);
  if (answer.status === 200) {
    const fenced = fenceReply.safeParse(json);
    if (fenced.success && fenced.data.reference === reference) {
      return { kind: 'confirmed', evidence: evidence(`${http} fenced`) };
    }
  }
  const failure = errorReply.safeParse(json);
  if (answer.status === 409 && failure.success && failure.data.reference === reference) {
    return { kind: 'refused', evidence: evidence(`${http} ${failure.data.error.code}`) };
  }
  return { kind: 'no_answer', evidence: evidence(http) };
}
