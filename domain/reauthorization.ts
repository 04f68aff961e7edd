/**
 * Authorizing again what has expired, on the same payment: asked for by the merchant while the shopper is
 * away. Only once it is known that nothing is held any more: never a second hold while the first may stand.
 */
import type { PaymentPatch } from './change.ts';
import { attemptInDoubt, refuse, type Judgement } from './commands.ts';
import { isOpen, type AttemptState, type PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import { attemptsMax, reauthorizeWithinMs } from './timing.ts';

interface ReauthorizationAsk {
  readonly actor: string;
  /** Default: the payment's. */
  readonly amount?: bigint | undefined;
}

export function requestReauthorization(
  payment: PaymentState,
  ask: ReauthorizationAsk,
  contractOf: (provider: string) => ProviderContract,
): Judgement {
  if (isInDoubt(payment)) {
    const detail = 'It is not yet known that nothing is held of this payment any more.';
    return refuse('payment_in_doubt', detail);
  }
  const amount = ask.amount ?? payment.amount;
  const why = whyNot(payment, contractOf) ?? outOfBounds(payment, amount);
  if (why !== null) return refuse('reauthorization_not_possible', why);
  return {
    kind: 'accepted',
    change: {
      payment: {
        status: 'processing',
        paymentMethod: asItIsNow(payment),
        submitBy: payment.now + payment.submitWithinMs,
        // What may be captured stays nothing until a provider has said yes.
        reauthorizeAmount: amount,
        reauthorizations: payment.reauthorizations + 1,
        statusBasis: { kind: 'request', detail: ask.actor },
      },
      timeline: [
        {
          actor: ask.actor,
          kind: 'payment.processing',
          fromStatus: payment.status,
          toStatus: 'processing',
          evidence: { kind: 'request', detail: 'reauthorize', amount: String(amount) },
        },
      ],
    },
  };
}

/** Anything that is open, told otherwise than recorded, or still to be looked at. */
function isInDoubt(payment: PaymentState): boolean {
  if (attemptInDoubt(payment) || payment.voidOpen) return true;
  if (payment.status !== 'expired') return false;
  return (
    payment.operations.some((o) => isOpen(o) || o.dueAt !== null) ||
    payment.attempts.some(mayStillStand)
  );
}

function mayStillStand({ status, dueAt }: AttemptState): boolean {
  return status === 'late' || dueAt !== null;
}

function whyNot(
  payment: PaymentState,
  contractOf: (provider: string) => ProviderContract,
): string | null {
  const authorized = payment.attempts.findLast((a) => a.expiresAt !== null);
  if (payment.status !== 'expired' || payment.amountAuthorized === 0n || authorized === undefined) {
    return `A payment that is ${payment.status} has no authorization that expired.`;
  }
  if (payment.amountCaptured + payment.amountExcess > 0n) {
    return 'Something was captured after all: take the rest with a new payment.';
  }
  if (payment.captureMethod !== 'manual') return 'Only what is captured by hand is held again.';
  if (payment.now > (authorized.expiresAt ?? 0) + reauthorizeWithinMs) {
    return 'The authorization expired more than 30 days ago.';
  }
  if (payment.attempts.length >= attemptsMax) {
    return `It was tried ${String(attemptsMax)} times.`;
  }
  const isReusable = mayBeUsedAgain(payment, contractOf(authorized.provider));
  return isReusable ? null : 'The payment method cannot be used again: it is not saved.';
}

/** While the shopper is away: a saved one, or a token of the vault, which is good more than once. */
function mayBeUsedAgain({ paymentMethod }: PaymentState, { tokens }: ProviderContract): boolean {
  const { type, id, token } = paymentMethod;
  if (type !== 'card' && type !== 'wallet') return false;
  return id !== undefined || (token !== undefined && tokens === 'portable');
}

function outOfBounds({ amount: most }: PaymentState, amount: bigint): string | null {
  return amount > 0n && amount <= most ? null : `At most ${String(most)} may be authorized again.`;
}

/** Named without tokens, so that the database puts in what is saved now, or refuses what is detached. */
function asItIsNow({ paymentMethod }: PaymentState): PaymentState['paymentMethod'] {
  const { type, id } = paymentMethod;
  return id === undefined ? paymentMethod : { type, id };
}

export function isReauthorizing(payment: PaymentState): boolean {
  return payment.reauthorizeAmount !== null;
}

/** Asked again just before it is sent: what was known to be over may have turned out to stand. */
export function earlierMayStand(payment: PaymentState): boolean {
  if (!isReauthorizing(payment)) return false;
  const earlier = payment.attempts.filter((a) => a.reauthorization < payment.reauthorizations);
  return (
    earlier.some(mayStillStand) ||
    payment.operations.some((o) => o.late && (isOpen(o) || o.dueAt !== null))
  );
}

/** Of the commit that ends it, with a yes or a no. */
export function reauthorized(payment: PaymentState, isHeld: boolean): PaymentPatch {
  if (!isReauthorizing(payment)) return {};
  return { reauthorizeAmount: null, ...(isHeld && { captureClosed: false }) };
}

/**
 * Whether it was the one that was authorized, of those tried with it: the last. Those of a
 * re-authorization pass no page, so that only a yes gives them an end.
 */
export function wasAuthorized(payment: PaymentState, attempt: AttemptState): boolean {
  const { number, reauthorization, expiresAt } = attempt;
  const isLast = payment.attempts.every(
    (a) => a.number <= number || a.reauthorization > reauthorization,
  );
  return isLast && (reauthorization === 0 || expiresAt !== null);
}
