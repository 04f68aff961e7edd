/** Calls to the sandbox's bank as a provider's client and as a payer would make them. */
import { newReference } from './client.ts';
import type { CallResult, SandboxClient } from './client.ts';

export interface BankPayment {
  readonly reference: string;
  readonly id: string;
  readonly status: number;
  readonly body: CallResult['body'];
}

/** A new payment at the bank; `changes` to an order of 10.00 EUR by redirect. */
export async function payAtBank(
  sandbox: SandboxClient,
  changes: Record<string, unknown> = {},
): Promise<BankPayment> {
  const reference = newReference();
  const order = {
    ...{ reference, amount: 1_000, currency: 'EUR', method: 'bank_redirect' },
    ...changes,
  };
  const { status, body } = await sandbox.call('POST', '/bank/payments', order, `key_${reference}`);
  return { reference: order.reference, id: String(body['id']), status, body };
}

export async function atBank(
  sandbox: SandboxClient,
  reference: string,
  kind = 'authorize',
): Promise<CallResult['body']> {
  return (await sandbox.call('GET', `/bank/lookups/${kind}/${reference}`)).body;
}

/** What the payer does on the bank's page. */
export function press(
  sandbox: SandboxClient,
  id: string,
  button: 'approve' | 'cancel' | 'later' | 'later_refuse',
): Promise<CallResult> {
  return sandbox.call('POST', `/bank/pages/${id}/${button}`);
}

export function transferReferenceOf(body: CallResult['body']): string {
  return String((body['action'] as Record<string, unknown>)['transfer_reference']);
}

export function sendMoney(
  sandbox: SandboxClient,
  transferReference: string,
  amount: number,
  changes: Record<string, unknown> = {},
): Promise<CallResult> {
  const transfer = { reference: transferReference, amount, currency: 'EUR', ...changes };
  return sandbox.call('POST', '/bank/transfers', transfer);
}
