/** The forms a well-formed reply of the sandbox's bank can have, read into those of the other processors. */
import { z } from 'zod';
import { isCurrency } from '../../../domain/currency.ts';
import type { ShopperAction } from '../../../domain/provider.ts';
import type { CallKind, ReadResource, Resource } from '../replies.ts';

const code = z.string().regex(/^[a-z0-9_]{1,64}$/);
const text = z.string().min(1).max(300);
const amount = z.int().positive();
const currency = z.string().refine(isCurrency);
const url = z.url({ protocol: /^https?$/ });

const actionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('redirect'), url }),
  z.object({ type: z.literal('mandate'), url, mandate_reference: text }),
  z.object({
    type: z.literal('bank_instructions'),
    iban: z.string().regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/),
    holder: text,
    transfer_reference: text,
  }),
]);

const transferSchema = z.object({ id: text, amount, currency, at: z.iso.datetime() });
const head = { object: text, reference: text, transfers: z.array(transferSchema).optional() };
const money = { id: text, amount, currency };

const resourceSchema = z.discriminatedUnion('status', [
  z.object({ ...head, ...money, status: z.literal('requires_action'), action: actionSchema }),
  z.object({ ...head, ...money, status: z.enum(['pending', 'succeeded']) }),
  z.object({
    ...head,
    status: z.enum(['declined', 'canceled', 'expired', 'returned']),
    decline_code: code,
    id: text.optional(),
  }),
]);

type Parsed = z.infer<typeof resourceSchema>;

const objects: Readonly<Partial<Record<CallKind, string>>> = {
  authorize: 'bank_payment',
  void: 'void',
  refund: 'refund',
  payout: 'payout',
};

function toAction(action: z.infer<typeof actionSchema>): ShopperAction {
  switch (action.type) {
    case 'redirect':
      return action;
    case 'mandate':
      return { type: 'mandate', url: action.url, mandateReference: action.mandate_reference };
    case 'bank_instructions': {
      const { type, iban, holder, transfer_reference: transferReference } = action;
      return { type, iban, holder, transferReference };
    }
  }
}

function receiptsOf({ transfers }: Parsed): Pick<Resource, 'receipts'> {
  if (transfers === undefined) return {};
  return {
    receipts: transfers.map((transfer) => ({
      id: transfer.id,
      amountMinor: BigInt(transfer.amount),
      currency: transfer.currency,
      at: Date.parse(transfer.at),
    })),
  };
}

function toResource(kind: CallKind, parsed: Parsed): Resource | null {
  const receipts = receiptsOf(parsed);
  if ('decline_code' in parsed) {
    const { status, decline_code: providerCode, id } = parsed;
    return { kind: 'declined', status, providerCode, id, ...receipts };
  }
  const { id, status, amount: moved } = parsed;
  const seen = { id, status, amountMinor: BigInt(moved), currency: parsed.currency, ...receipts };
  if (status === 'pending') return { kind: 'pending', ...seen };
  if (status === 'succeeded') {
    // What the bank has of a payment it has for good: nothing is left to be captured.
    return { kind: 'approved', captured: kind === 'authorize', card: undefined, ...seen };
  }
  if (kind !== 'authorize' || parsed.status !== 'requires_action') return null;
  return { kind: 'requires_action', action: toAction(parsed.action), ...seen };
}

export const readBankResource: ReadResource = (kind, reference, json) => {
  const { success, data } = resourceSchema.safeParse(json);
  if (!success || data.object !== objects[kind] || data.reference !== reference) return null;
  return toResource(kind, data);
};
