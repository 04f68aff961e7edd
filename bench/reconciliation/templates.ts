/**
 * One payment of every shape, made by the same decisions and commits as in service: what a month of them is
 * copied from.
 */
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import { approved } from '../../test/support/payments.ts';
import type { OwnDatabase } from '../../scripts/ledger/own-database.ts';

export interface Template {
  readonly paymentId: string;
  /** In one call, as the provider's contract has it; else authorized, then captured. */
  readonly isSale: boolean;
  readonly fundModel: 'own' | 'facilitator';
  readonly isRefunded: boolean;
}

/** Of the templates; each copy has amounts of its own. */
export const templateAmount = 10_000n;
export const templateRefund = 5_000n;

export async function makeTemplates(own: OwnDatabase): Promise<readonly Template[]> {
  const on = await openPaymentDatabase({
    ...{ ownerUrl: own.ownerUrl, apiUrl: own.apiUrl, workerUrl: own.workerUrl },
    drop: () => Promise.resolve(),
  });
  try {
    const made: Template[] = [];
    for (const fundModel of ['own', 'facilitator'] as const) {
      const merchantId = await on.newMerchant({ fundModel });
      for (const isSale of [true, false]) {
        for (const isRefunded of [false, true]) {
          const paymentId = await make(on, merchantId, isSale, isRefunded);
          made.push({ paymentId, isSale, fundModel, isRefunded });
        }
      }
    }
    return made;
  } finally {
    await on.close();
  }
}

async function make(
  on: PaymentDatabase,
  merchantId: string,
  isSale: boolean,
  isRefunded: boolean,
): Promise<string> {
  const money = { amountMinor: templateAmount, currency: 'USD' } as const;
  const of = { merchantId, amount: templateAmount, currency: 'USD' };
  let payment = isSale
    ? await on.tried({ ...of, captureMethod: 'automatic' }, approved({ ...money, captured: true }))
    : await on.tried(of, approved(money));
  if (!isSale) {
    payment = await on.operate(payment, { kind: 'capture', final: true }, approved(money));
  }
  if (isRefunded) {
    await on.operate(
      payment,
      { kind: 'refund', amount: templateRefund, attemptId: payment.attempts[0]?.id ?? null },
      approved({ ...money, amountMinor: templateRefund }),
    );
  }
  return payment.id;
}
