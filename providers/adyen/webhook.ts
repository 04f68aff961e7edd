/**
 * Adyen's events. What is signed (`notification.ts`) is what is believed: which payment, which amount, what
 * happened and whether it did. The rest, the reason above all, is for people. There is no time in the
 * signature, so an event is known by what it says: sent again, it is the same event.
 */
import type {
  CardFacts,
  LookupKind,
  ProviderOutcome,
  ProviderWebhook,
  ReadsWebhooks,
} from '../../domain/provider.ts';
import { fromAdyenAmount } from './amounts.ts';
import { mapReason, refused } from './declines.ts';
import { readAdyenDispute } from './dispute-news.ts';
import { seenAs } from './outcomes.ts';
import { batchId } from './reports.ts';
import { isSigned, readNotification, signedFields } from './notification.ts';
import type { NotificationItem } from './notification.ts';

const seen = seenAs('webhook');
type Told = NonNullable<ProviderWebhook['claim']>;

function detailOf({ eventCode, success, reason }: NotificationItem): string {
  const said = (reason ?? '').replaceAll(/[^\w .:/-]/g, ' ').slice(0, 100);
  return [eventCode, success, said].filter(Boolean).join(' ');
}

function cardOf({ additionalData, paymentMethod }: NotificationItem): { card?: CardFacts } {
  const last4 = additionalData?.['cardSummary'];
  if (typeof last4 !== 'string' || !/^\d{4}$/.test(last4) || paymentMethod == null) return {};
  return { card: { brand: paymentMethod === 'mc' ? 'mastercard' : paymentMethod, last4 } };
}

/** Null: an amount that cannot be ours, of which nothing is claimed. */
function done(kind: LookupKind, item: NotificationItem): Told | null {
  const money = fromAdyenAmount(item.amount);
  if (money === null) return null;
  const { pspReference: providerReference } = item;
  const evidence = seen(detailOf(item), providerReference);
  const card = kind === 'authorize' ? cardOf(item) : {};
  const outcome = { providerReference, ...money, captured: kind === 'capture', ...card, evidence };
  return { kind, outcome: { kind: 'approved', ...outcome } };
}

function no(
  kind: LookupKind,
  item: NotificationItem,
  decline: Extract<ProviderOutcome, { kind: 'declined' }>['decline'],
): Told {
  const { pspReference: providerReference } = item;
  const evidence = seen(detailOf(item), providerReference);
  return { kind, outcome: { kind: 'declined', decline, providerReference, evidence } };
}

const exceeded: Readonly<Partial<Record<LookupKind, string>>> = {
  capture: 'capture_exceeds_authorization',
  refund: 'refund_exceeds_captured',
};

function notDone(kind: LookupKind, item: NotificationItem): Told {
  const reason = item.reason ?? '';
  const tooMuch = /^insufficient balance on payment/i.test(reason) ? exceeded[kind] : undefined;
  return no(kind, item, refused(tooMuch ?? 'declined', `${item.eventCode}_false`));
}

/** Null: nothing that an attempt or operation of ours became. */
function claimOf(item: NotificationItem): Told | null {
  const happened = item.success === 'true';
  switch (item.eventCode) {
    case 'AUTHORISATION':
      return happened
        ? done('authorize', item)
        : no('authorize', item, mapReason(item.reason ?? ''));
    case 'CAPTURE':
      return happened ? done('capture', item) : notDone('capture', item);
    case 'CANCELLATION':
    case 'TECHNICAL_CANCEL':
      return happened ? done('void', item) : notDone('void', item);
    case 'REFUND':
      return happened ? done('refund', item) : notDone('refund', item);
    // Accepted once, and taken back by the scheme or the shopper's bank.
    case 'CAPTURE_FAILED':
      return happened ? no('capture', item, refused('late_failure', item.eventCode)) : null;
    case 'REFUND_FAILED':
    case 'REFUNDED_REVERSED':
      return happened ? no('refund', item, refused('late_failure', item.eventCode)) : null;
    default:
      return null;
  }
}

/** Where the address of the file is said nothing is signed: it is fetched from where its source says. */
const settlementFile = /^settlement_detail_report_batch_([1-9]\d{0,8})\.csv$/;

/** Null: no settlement report of this account is out. */
function reportOf(item: NotificationItem): string | null {
  const [, batch] = settlementFile.exec(item.pspReference) ?? [];
  const isOut = item.eventCode === 'REPORT_AVAILABLE' && item.success === 'true';
  return isOut && batch !== undefined ? batchId(item.merchantAccountCode, Number(batch)) : null;
}

function read(item: NotificationItem): ProviderWebhook {
  const { eventCode, pspReference, success, merchantReference = '' } = item;
  const toldAt = Date.parse(item.eventDate ?? '');
  const event = {
    eventId: `${eventCode}/${pspReference}/${success}`,
    type: eventCode,
    ...(Number.isFinite(toldAt) && { toldAt }),
  };
  // With a separator inside, the same signature would fit another item: kept for people, claims nothing.
  const isClear = signedFields(item).every((field) => !/[:\\]/.test(field));
  const report = isClear ? reportOf(item) : null;
  if (report !== null) return { ...event, reference: report, announcesReport: true };
  if (merchantReference === '' || !isClear) return { ...event, reference: pspReference };
  const dispute = readAdyenDispute(item);
  if (dispute !== null) return { ...event, reference: merchantReference, dispute };
  const claim = claimOf(item);
  return { ...event, reference: merchantReference, ...(claim !== null && { claim }) };
}

export interface AdyenWebhookOptions {
  readonly merchantAccount: string;
  readonly hmacKeys: readonly string[];
  readonly mode: 'test' | 'live';
}

export function createAdyenWebhookReader(
  options: AdyenWebhookOptions,
): ReadsWebhooks['readWebhook'] {
  const { merchantAccount, hmacKeys, mode } = options;
  return (rawBody) => {
    try {
      const { isLive, item } = readNotification(rawBody);
      if (!isSigned(item, hmacKeys)) return null;
      // A test event must never speak of live money, nor one account's of another's.
      const isOurs = item.merchantAccountCode === merchantAccount;
      return isOurs && isLive === (mode === 'live') ? read(item) : null;
    } catch {
      return null;
    }
  };
}
