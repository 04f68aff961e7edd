import { isUtf8 } from 'node:buffer';
import type Stripe from 'stripe';
import type { ProviderWebhook, ReadsWebhooks } from '../../domain/provider.ts';
import { readStripeDispute } from './dispute-news.ts';
import { isSignedNow, signedWithinSeconds } from '../signed-at.ts';
import {
  attemptOutcome, captureField, captureOutcome, referenceField, refundOutcome, seenAs,
} from './outcomes.ts'; // prettier-ignore

const seen = seenAs('webhook');

type Told = Pick<ProviderWebhook, 'reference' | 'claim' | 'dispute'>;

function tellsOfIntent(intent: Stripe.PaymentIntent): Told {
  const { [referenceField]: attempt, [captureField]: capture } = intent.metadata;
  if (
    intent.status === 'succeeded' &&
    intent.capture_method === 'manual' &&
    capture !== undefined
  ) {
    const outcome = captureOutcome(intent, seen);
    return { reference: capture, claim: { kind: 'capture', outcome } };
  }
  if (attempt === undefined) return { reference: intent.id };
  // A cancel carries no reference: whose it was is for a lookup to say.
  if (intent.status === 'canceled') return { reference: attempt };
  return {
    reference: attempt,
    claim: { kind: 'authorize', outcome: attemptOutcome(intent, seen) },
  };
}

function tellsOfRefund(refund: Stripe.Refund): Told {
  const reference = refund.metadata?.[referenceField];
  if (reference === undefined) return { reference: refund.id };
  return { reference, claim: { kind: 'refund', outcome: refundOutcome(refund, seen) } };
}

/** Signed but not about anything of ours, it is named by its object's id: taken, and kept for people. */
function tells(event: Stripe.Event): Told {
  const subject = event.data.object;
  if (subject.object === 'payment_intent') return tellsOfIntent(subject);
  if (subject.object === 'refund') return tellsOfRefund(subject);
  const told = subject.object === 'dispute' ? readStripeDispute(event.type, subject) : null;
  if (told !== null) return told;
  const named = 'metadata' in subject ? subject.metadata?.[referenceField] : undefined;
  const id = 'id' in subject && typeof subject.id === 'string' ? subject.id : event.id;
  return { reference: named ?? id };
}

/** The library decodes leniently, and would take `t=1x` for `t=1`, or a body with other bytes for the same. */
const signatureForm = /^t=([1-9]\d{0,11})(?:,v\d=[0-9a-f]+)+$/;

function isAsSigned(rawBody: Buffer, signature: string): boolean {
  const [, signedAt = ''] = signatureForm.exec(signature) ?? [];
  // The library would take what is signed for next year.
  return isUtf8(rawBody) && rawBody[0] !== 0xef && isSignedNow(signedAt);
}

/** Any of the secrets will do. Stale is what was signed more than five minutes ago. */
function verify(
  client: Stripe,
  rawBody: Buffer,
  signature: string,
  secrets: readonly string[],
): Stripe.Event | null {
  if (!isAsSigned(rawBody, signature)) return null;
  for (const secret of secrets) {
    try {
      return client.webhooks.constructEvent(rawBody, signature, secret, signedWithinSeconds);
    } catch {
      continue;
    }
  }
  return null;
}

export function createStripeWebhookReader(
  client: Stripe,
  secrets: readonly string[],
  livemode: boolean,
): ReadsWebhooks['readWebhook'] {
  return (rawBody, headers) => {
    const event = verify(client, rawBody, headers['stripe-signature'] ?? '', secrets);
    // An endpoint may be sent both; a test event must never speak of live money.
    if (event?.object !== 'event' || event.livemode !== livemode) return null;
    try {
      const { id: eventId, type, created } = event;
      return { eventId, type, toldAt: created * 1_000, ...tells(event) };
    } catch {
      return null;
    }
  };
}
