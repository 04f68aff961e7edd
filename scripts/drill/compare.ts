/** The oracle: the providers' books against our payments, in both directions, payment by payment. */
import { addUp } from './holdings.ts';
import type { Holding } from './holdings.ts';
import type { OperationRecord, PaymentRecord, Records } from './records.ts';
import type { Movement } from './sandbox-books.ts';

export interface Finding {
  readonly fault: 'double_charge' | 'lost_payment';
  /** The payment, or the reference where there is none. */
  readonly subject: string;
  readonly text: string;
}

/** Statuses in which we say that nothing of the shopper's money is taken or held. */
const moneyless: readonly string[] = [
  'canceled', 'failed', 'expired', 'blocked', 'requires_payment_method',
]; // prettier-ignore
const decidedNo: readonly string[] = ['declined', 'not_sent', 'voided', 'expired'];

export function compare(records: Records, books: readonly Movement[]): readonly Finding[] {
  const { holdings, orphans } = addUp(records, books);
  const byPayment = Map.groupBy(holdings, ({ attempt }) => attempt.payment_id);
  return [
    ...orphans.map((movement) => ({
      fault: 'lost_payment' as const,
      subject: movement.reference,
      text: `${describe(movement)} is explained by no row of ours`,
    })),
    ...holdings.flatMap(judgeAttempt),
    ...records.operations.flatMap((operation) => judgeOperation(operation, holdings)),
    ...records.payments.flatMap((payment) =>
      judgePayment(payment, byPayment.get(payment.id) ?? []),
    ),
    ...judgeReferences(records.payments),
  ];
}

function describe({ provider, operation, reference, amount, currency }: Movement): string {
  return `${operation} of ${amount} ${currency} at ${provider} under ${reference}`;
}

function judgeAttempt(holding: Holding): readonly Finding[] {
  const { attempt, operations, movements } = holding;
  const found: Finding[] = [];
  const say = (fault: Finding['fault'], text: string): void => {
    found.push({ fault, subject: attempt.payment_id, text: `${attempt.id}: ${text}` });
  };
  const groups = Map.groupBy(movements, ({ reference, operation }) => `${operation} ${reference}`);
  for (const [what, same] of groups) {
    if (same.length > 1) say('double_charge', `${same.length} times ${what}`);
  }
  for (const movement of movements) {
    const isOurs = movement.provider === attempt.provider && movement.currency === attempt.currency;
    if (!isOurs) say('lost_payment', `${describe(movement)}, we say ${attempt.provider}`);
  }
  const isLate = operations.some(({ late }) => late);
  if (attempt.status === 'authorized' && holding.authorized !== attempt.amount) {
    say('lost_payment', `authorized by us, the books have ${holding.authorized}`);
  }
  if (decidedNo.includes(attempt.status) || isLate) {
    if (holding.open !== 0n) say('lost_payment', `${attempt.status}, yet ${holding.open} is held`);
    const kept = holding.captured - holding.refunded;
    if (kept !== 0n) say('double_charge', `${attempt.status}, yet ${kept} is taken`);
  }
  return found;
}

/** Sales are booked under the try; a void may be answered by what was voided before. */
function isBookedElsewhere(operation: OperationRecord, holding: Holding): boolean {
  if (operation.kind === 'void') return operation.status === 'succeeded';
  return (
    operation.kind === 'capture' &&
    operation.cause === 'automatic' &&
    holding.attempt.kind === 'sale'
  );
}

function judgeOperation(
  operation: OperationRecord,
  holdings: readonly Holding[],
): readonly Finding[] {
  const { id, kind, status, amount, payment_id: subject } = operation;
  const holding = holdings.find(({ attempt }) => attempt.id === operation.attempt_id);
  const say = (text: string): Finding[] => [
    { fault: 'lost_payment', subject, text: `${kind} ${id} ${status}: ${text}` },
  ];
  if (holding === undefined) {
    // Only a cancel that found nothing at any provider never had one.
    if (status !== 'succeeded' || kind === 'void') return [];
    return say('belongs to no try');
  }
  const own = holding.movements.filter(({ reference }) => reference === id);
  const moved = own.reduce((sum, movement) => sum + movement.amount, 0n);
  if (status === 'failed' && own.length > 0) return say(`yet the books have ${moved}`);
  if (status !== 'succeeded') return [];
  if (own.some((movement) => movement.operation !== kind)) return say('booked as something else');
  if (kind === 'void' && holding.open !== 0n) return say(`yet ${holding.open} is still held`);
  if (isBookedElsewhere(operation, holding)) {
    if (kind === 'capture' && holding.captured !== amount) {
      return say(`sale of ${amount}, the books have ${holding.captured}`);
    }
    return [];
  }
  return moved === amount ? [] : say(`we say ${amount}, the books have ${moved}`);
}

function judgePayment(payment: PaymentRecord, holdings: readonly Holding[]): readonly Finding[] {
  const found: Finding[] = [];
  const say = (fault: Finding['fault'], text: string): void => {
    found.push({ fault, subject: payment.id, text: `${payment.status}: ${text}` });
  };
  const sum = (read: (holding: Holding) => bigint): bigint =>
    holdings.reduce((total, holding) => total + read(holding), 0n);
  // What a late success took and gave back belongs to its try, and was judged there.
  const late = holdings.filter(({ operations }) => operations.some((o) => o.late));
  const sumLate = (read: (holding: Holding) => bigint): bigint =>
    late.reduce((total, holding) => total + read(holding), 0n);
  const captured = sum((h) => h.captured) - sumLate((h) => h.captured);
  const refunded = sum((h) => h.refunded) - sumLate((h) => h.refunded);
  const open = sum((h) => h.open);
  const kept = sum((h) => h.captured - h.refunded);

  const charging = holdings.filter((h) => h.open > 0n || h.captured > h.refunded);
  if (charging.length > 1) say('double_charge', `${charging.length} tries hold or took money`);
  if (captured > payment.amount_captured || kept > payment.amount) {
    say('double_charge', `captured by the books ${captured}, by us ${payment.amount_captured}`);
  }
  if (captured !== payment.amount_captured) {
    say('lost_payment', `captured by the books ${captured}, by us ${payment.amount_captured}`);
  }
  if (refunded !== payment.amount_refunded) {
    say('lost_payment', `refunded by the books ${refunded}, by us ${payment.amount_refunded}`);
  }
  const isHolding = holdings.some(({ attempt }) => attempt.status === 'authorized');
  const ours =
    isHolding && !payment.capture_closed ? payment.amount_authorized - payment.amount_captured : 0n;
  if (open !== ours) say('lost_payment', `held by the books ${open}, by us ${ours}`);
  if (moneyless.includes(payment.status) && (kept !== 0n || open !== 0n)) {
    say('lost_payment', `yet ${kept} is taken and ${open} held`);
  }
  return found;
}

/** Each story has one reference and one key: two payments of it are one shopper charged twice. */
function judgeReferences(payments: readonly PaymentRecord[]): readonly Finding[] {
  const groups = Map.groupBy(payments, ({ merchant_reference }) => merchant_reference ?? '');
  return [...groups]
    .filter(([, same]) => same.length > 1)
    .map(([reference, same]) => ({
      fault: 'double_charge' as const,
      subject: same[0]?.id ?? reference,
      text: `${same.length} payments under one key and reference ${reference}`,
    }));
}
