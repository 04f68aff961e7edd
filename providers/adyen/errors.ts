/**
 * What a failed call means. Pure. Definite are only: no connection; 401 and 403 in Adyen's own words, sent
 * before anything is looked at; a request its validation rejects whole. Everything else is `unknown`, above
 * all what it calls transient and a key whose first request is still being worked on.
 */
import type { LookupKind, ProviderOutcome } from '../../domain/provider.ts';
import { describeError, isConnectError } from '../connection.ts';
import { refused } from './declines.ts';
import { unknown } from './outcomes.ts';
import type { Seen } from './outcomes.ts';

/** An answer that is no success. Thrown by the HTTP client inside the SDK, caught by `failedCall` alone. */
export class AdyenError extends Error {
  override readonly name = 'AdyenError';
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly errorType: string | undefined;
  /** Its header says that the same key may be tried again. */
  readonly isTransient: boolean;
  /** It asked to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(
    answer: Pick<AdyenError, 'status' | 'errorCode' | 'errorType' | 'isTransient'> & {
      readonly retryAfterMs?: number | undefined;
    },
  ) {
    super(`http ${String(answer.status)}`);
    this.status = answer.status;
    this.errorCode = answer.errorCode;
    this.errorType = answer.errorType;
    this.isTransient = answer.isTransient;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** "Request already processed or in progress." */
const keyInUse = '704';
/** "Contract not found", "PaymentDetail not found": a stored card nobody stored. */
const noSuchToken: readonly string[] = ['800', '803'];
/** Types of errors found before anything was done. */
const rejections: readonly string[] = ['validation', 'configuration'];

function detailOf({ status, errorType, errorCode }: AdyenError): string {
  return [`http_${String(status)}`, errorType, errorCode].filter(Boolean).join(' ');
}

function isRejection({ errorType, errorCode, isTransient }: AdyenError): boolean {
  return !isTransient && errorCode !== keyInUse && rejections.includes(errorType ?? '');
}

/** With how long it asked to be left alone. */
export function failedCall(kind: LookupKind, error: unknown, seen: Seen): ProviderOutcome {
  const outcome = judgeFailure(kind, error, seen);
  const waits = outcome.kind === 'not_sent' || outcome.kind === 'unknown';
  if (!waits || !(error instanceof AdyenError) || error.retryAfterMs === undefined) return outcome;
  return { ...outcome, retryAfterMs: error.retryAfterMs };
}

function judgeFailure(kind: LookupKind, error: unknown, seen: Seen): ProviderOutcome {
  if (!(error instanceof AdyenError)) {
    const evidence = seen(describeError(error));
    return isConnectError(error) ? { kind: 'not_sent', evidence } : unknown(evidence);
  }
  const evidence = seen(detailOf(error));
  switch (error.status) {
    case 400:
    case 422: {
      if (!isRejection(error)) return unknown(evidence);
      const code = error.errorCode ?? 'no_code';
      const noToken = kind === 'authorize' && noSuchToken.includes(code);
      const decline = noToken
        ? ({ code: 'invalid_token', advice: 'update_card', providerCode: code } as const)
        : refused('declined', code);
      return { kind: 'declined', decline, evidence };
    }
    case 401:
    case 403:
      return error.errorType === 'security' && !error.isTransient
        ? { kind: 'not_sent', evidence }
        : unknown(evidence);
    default:
      return unknown(evidence);
  }
}
