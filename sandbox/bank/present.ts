import type { Json } from '../http/reply.ts';
import type {
  BankOperationRow,
  BankPaymentRow,
  BankPayoutRow,
  BankTransferRow,
} from '../store/bank.ts';

/** Where the money is to go; the reference says whose it is. */
const collections: Readonly<Record<string, { readonly iban: string }>> = {
  EUR: { iban: 'DE02120300000000202051' },
  GBP: { iban: 'GB33BUKB20201555555555' },
};

interface Shown {
  readonly status: string;
  readonly declineCode: string | null;
}

/** Time passes without a request, so a page that ran out is seen at reading. */
export function shownState(row: BankPaymentRow, now: number): Shown {
  const ranOut =
    row.status === 'requires_action' && row.expires_at !== null && now >= row.expires_at;
  if (ranOut) return { status: 'expired', declineCode: 'page_expired' };
  return { status: row.status, declineCode: row.decline_code };
}

function actionOf(row: BankPaymentRow, publicUrl: string): Json {
  const url = `${publicUrl}/bank/pages/${row.id}`;
  switch (row.method) {
    case 'bank_debit':
      return { type: 'mandate', url, mandate_reference: `MND-${row.id.slice(-12).toUpperCase()}` };
    case 'bank_redirect':
      return { type: 'redirect', url };
    case 'bank_transfer':
      return {
        type: 'bank_instructions',
        iban: collections[row.currency]?.iban ?? '',
        holder: 'Sandbox Shop',
        transfer_reference: row.transfer_reference,
      };
  }
}

export function presentPayment(
  row: BankPaymentRow,
  transfers: readonly BankTransferRow[],
  now: number,
  publicUrl: string,
): Json {
  const { status, declineCode } = shownState(row, now);
  return {
    id: row.id,
    object: 'bank_payment',
    reference: row.reference,
    method: row.method,
    status,
    amount: row.amount,
    currency: row.currency,
    ...(declineCode !== null && { decline_code: declineCode }),
    ...(status === 'requires_action' && { action: actionOf(row, publicUrl) }),
    ...(row.method === 'bank_transfer' && { transfers: transfers.map(presentTransfer) }),
    created_at: new Date(row.created_at).toISOString(),
  };
}

/** What came back is told with its reason, as what never left is. */
export function presentPayout(row: BankPayoutRow): Json {
  const { id, reference, account, status, amount, currency, decline_code: code } = row;
  const created_at = new Date(row.created_at).toISOString();
  const shown = { id, object: 'payout', reference, account, status, amount, currency, created_at };
  return code === null ? shown : { ...shown, decline_code: code };
}

export function presentTransfer({ id, amount, currency, at }: BankTransferRow): Json {
  return { id, amount, currency, at: new Date(at).toISOString() };
}

export function presentOperation(row: BankOperationRow): Json {
  return {
    id: row.id,
    object: row.kind,
    reference: row.reference,
    payment: row.payment_id,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    ...(row.decline_code !== null && { decline_code: row.decline_code }),
    created_at: new Date(row.created_at).toISOString(),
  };
}
