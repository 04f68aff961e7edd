/**
 * What a reply means. Pure. A positive list: a status and body that no line here names is
 * `unknown`, since the money may have moved.
 */
import type { Currency } from '../../domain/currency.ts';
import type {
  Decline,
  LookupResult,
  ProviderClaim,
  ProviderEvidence,
  ProviderOutcome,
  VoidByReferenceResult,
} from '../../domain/provider.ts';
import { evidenceOf } from '../evidence.ts';
import type { HttpAnswer } from './client.ts';
import { callKinds, isFence, parseJson, readFailure, readResource } from './replies.ts';
import type { CallKind, ReadResource, Resource } from './replies.ts';

/** What we asked for, to compare the reply with. */
export interface Asked {
  readonly provider: string;
  readonly kind: CallKind;
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** Of those whose resources have another form. */
  readonly read?: ReadResource;
}

const declines: Readonly<Record<string, Omit<Decline, 'providerCode'>>> = {
  insufficient_funds: { code: 'insufficient_funds', advice: 'retry_later' },
  do_not_honor: { code: 'do_not_honor', advice: 'try_another_method' },
  issuer_unavailable: { code: 'issuer_unavailable', advice: 'retry_later' },
  processing_error: { code: 'processing_error', advice: 'retry_later' },
  invalid_token: { code: 'invalid_token', advice: 'update_card' },
  authorization_expired: { code: 'authorization_expired', advice: 'do_not_retry' },
  capture_exceeds_authorization: { code: 'capture_exceeds_authorization', advice: 'do_not_retry' },
  refund_exceeds_captured: { code: 'refund_exceeds_captured', advice: 'do_not_retry' },
  authentication_failed: { code: 'authentication_failed', advice: 'try_another_method' },
  authentication_required: { code: 'authentication_required', advice: 'try_another_method' },
  challenge_expired: { code: 'authentication_failed', advice: 'try_another_method' },
  authorization_declined: { code: 'authorization_declined', advice: 'do_not_retry' },
  late_failure: { code: 'late_failure', advice: 'do_not_retry' },
  already_captured: { code: 'already_captured', advice: 'do_not_retry' },
  already_voided: { code: 'already_voided', advice: 'do_not_retry' },
  reference_voided: { code: 'reference_voided', advice: 'do_not_retry' },
  // Of the bank.
  account_closed: { code: 'account_closed', advice: 'try_another_method' },
  mandate_required: { code: 'mandate_required', advice: 'try_another_method' },
  payer_canceled: { code: 'shopper_canceled', advice: 'try_another_method' },
  payer_needed: { code: 'authentication_required', advice: 'try_another_method' },
  page_expired: { code: 'not_completed', advice: 'retry_later' },
  debit_returned: { code: 'late_failure', advice: 'do_not_retry' },
};

/** A code we do not know is still a definite no: the explicit rule for everything else. */
const otherDecline = { code: 'declined', advice: 'try_another_method' } as const;

export function mapDecline(providerCode: string): Decline {
  const known = Object.hasOwn(declines, providerCode) ? declines[providerCode] : undefined;
  return { ...(known ?? otherDecline), providerCode };
}

function declined(
  providerCode: string,
  providerReference: string | undefined,
  evidence: ProviderEvidence,
): ProviderOutcome {
  const outcome = { kind: 'declined', decline: mapDecline(providerCode), evidence } as const;
  return providerReference === undefined ? outcome : { ...outcome, providerReference };
}

function toOutcome(resource: Resource, evidence: ProviderEvidence): ProviderOutcome {
  switch (resource.kind) {
    case 'approved': {
      const { id: providerReference, amountMinor, currency, captured, card } = resource;
      const seen = {
        kind: 'approved',
        providerReference,
        amountMinor,
        currency,
        captured,
      } as const;
      return { ...seen, evidence, ...(card !== undefined && { card }) };
    }
    case 'requires_action': {
      const { id: providerReference, action } = resource;
      return { kind: 'requires_action', providerReference, action, evidence };
    }
    case 'pending':
      return { kind: 'pending', providerReference: resource.id, evidence };
    case 'declined':
      return declined(resource.providerCode, resource.id, evidence);
  }
}

/** The reply to the call itself. */
export function mapReply(asked: Asked, answer: HttpAnswer): ProviderOutcome {
  const outcome = mapAnswer(asked, answer);
  const waits = outcome.kind === 'not_sent' || outcome.kind === 'unknown';
  return waits ? { ...outcome, ...askedToWait(answer) } : outcome;
}

function askedToWait(answer: HttpAnswer): { readonly retryAfterMs?: number } {
  if (answer.kind !== 'answered' || answer.retryAfterMs === undefined) return {};
  return { retryAfterMs: answer.retryAfterMs };
}

function mapAnswer(asked: Asked, answer: HttpAnswer): ProviderOutcome {
  const evidence = (detail: string, providerReference?: string): ProviderEvidence =>
    evidenceOf('provider_reply', asked.provider, detail, providerReference);
  const unknown = (detail: string, providerReference?: string): ProviderOutcome => ({
    kind: 'unknown',
    evidence: evidence(detail, providerReference),
  });
  if (answer.kind === 'not_connected') {
    return { kind: 'not_sent', evidence: evidence(answer.detail) };
  }
  if (answer.kind === 'no_answer') return unknown(answer.detail);
  const { status, disposition } = answer;
  const http = `http_${String(status)}`;
  // Its 429 says "nothing was processed"; a 503 says so only in its own words, else it is in doubt.
  if (status === 429) return { kind: 'not_sent', evidence: evidence(http) };
  if (status === 503 && disposition === 'refused') {
    return { kind: 'not_sent', evidence: evidence(`${http} refused`) };
  }
  const json = parseJson(answer.text);
  if (json === undefined) return unknown(`${http} invalid_json`);
  if (status === 200) {
    const { read = readResource } = asked;
    const resource = read(asked.kind, asked.reference, json);
    if (resource === null || resource.kind === 'declined')
      return unknown(`${http} unexpected_reply`);
    const isSame =
      resource.amountMinor === asked.amountMinor && resource.currency === asked.currency;
    if (!isSame) return unknown('amount_mismatch', resource.id);
    return toOutcome(resource, evidence(`${http} ${resource.status}`, resource.id));
  }
  const failure = readFailure(json);
  if (failure === null) return unknown(`${http} unexpected_reply`);
  const { error, id, reference } = failure;
  const detail = `${http} ${error.code}`;
  const isDecline = status === 402 && error.type === 'decline' && reference === asked.reference;
  return isDecline ? declined(error.code, id, evidence(detail, id)) : unknown(detail);
}

/**
 * The answer to a lookup by our reference. Voided and expired hold no money any more: a no, with
 * its reason. Amounts are compared by whoever knows what was asked for.
 */
export function mapLookup(
  asked: Pick<Asked, 'provider' | 'kind' | 'reference' | 'read'>,
  answer: HttpAnswer,
): LookupResult {
  const evidence = (detail: string, providerReference?: string): ProviderEvidence =>
    evidenceOf('lookup', asked.provider, detail, providerReference);
  if (answer.kind !== 'answered') return { kind: 'no_answer', evidence: evidence(answer.detail) };
  const http = `http_${String(answer.status)}`;
  const json = parseJson(answer.text);
  if (answer.status === 200) {
    const { read = readResource } = asked;
    const resource = read(asked.kind, asked.reference, json);
    if (resource !== null) {
      const seen = evidence(`${http} ${resource.status}`, resource.id);
      const found = { kind: 'found', outcome: toOutcome(resource, seen) } as const;
      return resource.receipts === undefined ? found : { ...found, receipts: resource.receipts };
    }
  }
  const failure = answer.status === 404 ? readFailure(json) : null;
  // A 404 of anything in between must not pass for absence.
  if (failure?.error.code === 'reference_not_found' && failure.reference === asked.reference) {
    return { kind: 'absent', evidence: evidence(`${http} absent`) };
  }
  const said = evidence(`${http} unexpected_reply`);
  return { kind: 'no_answer', evidence: said, ...askedToWait(answer) };
}

/** What an event claims of its object; null: it shows none that we can read. */
export function mapEvent(provider: string, reference: string, data: unknown): ProviderClaim | null {
  const object = typeof data === 'object' && data !== null && 'object' in data ? data.object : null;
  const kind = object === 'authorization' ? 'authorize' : callKinds.find((one) => one === object);
  const resource = kind === undefined ? null : readResource(kind, reference, data);
  if (kind === undefined || resource === null) return null;
  const seen = evidenceOf('webhook', provider, resource.status, resource.id);
  return { kind, outcome: toOutcome(resource, seen) };
}

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
  if (answer.status === 200 && isFence(reference, json)) {
    return { kind: 'confirmed', evidence: evidence(`${http} fenced`) };
  }
  const failure = answer.status === 409 ? readFailure(json) : null;
  if (failure?.reference === reference) {
    return { kind: 'refused', evidence: evidence(`${http} ${failure.error.code}`) };
  }
  return { kind: 'no_answer', evidence: evidence(http), ...askedToWait(answer) };
}
