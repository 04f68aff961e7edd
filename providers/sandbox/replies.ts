/** The forms a well-formed reply of the sandbox can have. Whatever has none of them reads as null. */
import { z } from 'zod';
import { isCurrency } from '../../domain/currency.ts';
import type { Currency } from '../../domain/currency.ts';
import type { CardFacts, Receipt, ShopperAction } from '../../domain/provider.ts';

export const callKinds = ['authorize', 'capture', 'void', 'refund', 'increment', 'payout'] as const;
export type CallKind = (typeof callKinds)[number];

const objects: Readonly<Record<CallKind, string>> = {
  authorize: 'authorization',
  capture: 'capture',
  void: 'void',
  refund: 'refund',
  increment: 'increment',
  payout: 'payout',
};

const code = z.string().regex(/^[a-z0-9_]{1,64}$/);
const text = z.string().min(1).max(300);
const head = { object: text, reference: text };
const card = z.object({ brand: text, last4: z.string().regex(/^[0-9]{4}$/) }).optional();
const money = { id: text, amount: z.int().nonnegative(), currency: z.string().refine(isCurrency) };

const resourceSchema = z.discriminatedUnion('status', [
  z.object({
    ...head,
    ...money,
    card,
    status: z.literal('authorized'),
    captured: z.literal(false),
  }),
  z.object({ ...head, ...money, card, status: z.literal('captured'), captured: z.literal(true) }),
  z.object({ ...head, ...money, status: z.literal('succeeded') }),
  z.object({
    ...head,
    ...money,
    status: z.literal('requires_action'),
    redirect_url: z.url({ protocol: /^https?$/ }),
  }),
  z.object({
    ...head,
    status: z.enum(['declined', 'voided', 'expired']),
    decline_code: code,
    /** Absent only where a reference was fenced before anything arrived. */
    id: text.optional(),
  }),
]);

const failureSchema = z.object({
  reference: text.optional(),
  id: text.optional(),
  error: z.object({ type: code, code }),
});

const fenceSchema = z.object({
  object: z.literal('fence'),
  reference: text,
  status: z.literal('fenced'),
});

type Parsed = z.infer<typeof resourceSchema>;
export type Failure = z.infer<typeof failureSchema>;

export interface Moved {
  readonly id: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** An authorization or operation as the provider shows it; `status` in its own word. */
export type Resource = { readonly status: string } & (
  | ({
      readonly kind: 'approved';
      readonly captured: boolean;
      readonly card: CardFacts | undefined;
    } & Moved)
  | ({ readonly kind: 'requires_action'; readonly action: ShopperAction } & Moved)
  /** Taken, and told of later. */
  | ({ readonly kind: 'pending' } & Moved)
  | { readonly kind: 'declined'; readonly providerCode: string; readonly id: string | undefined }
) & {
    /** Of a transfer: all money that came for it. */
    readonly receipts?: readonly Receipt[] | undefined;
  };

/** Null also when it is well formed but about something else. */
export type ReadResource = (kind: CallKind, reference: string, json: unknown) => Resource | null;

/** Undefined is no JSON value, so it can stand for what is none. */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

function toResource(kind: CallKind, parsed: Parsed): Resource | null {
  if ('decline_code' in parsed) {
    const { status, decline_code: providerCode, id } = parsed;
    return { kind: 'declined', status, providerCode, id };
  }
  const { id, amount, currency, status } = parsed;
  const moved = { id, amountMinor: BigInt(amount), currency };
  // Operations succeed; authorizations have words of their own.
  if ((status === 'succeeded') === (kind === 'authorize')) return null;
  if (status === 'requires_action') {
    const action = { type: 'redirect', url: parsed.redirect_url } as const;
    return { kind: 'requires_action', status, action, ...moved };
  }
  const captured = status === 'captured' || kind === 'capture';
  const card = 'card' in parsed ? parsed.card : undefined;
  return { kind: 'approved', status, captured, card, ...moved };
}

export const readResource: ReadResource = (kind, reference, json) => {
  const { success, data } = resourceSchema.safeParse(json);
  if (!success || data.object !== objects[kind] || data.reference !== reference) return null;
  return toResource(kind, data);
};

export function readFailure(json: unknown): Failure | null {
  return failureSchema.safeParse(json).data ?? null;
}

export function isFence(reference: string, json: unknown): boolean {
  return fenceSchema.safeParse(json).data?.reference === reference;
}
