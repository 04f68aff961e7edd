/** What a payment is made of, as lists and counters name it: people by their keyed hash, places in plain. */
import type { EntityKind } from './lists.ts';

export interface Entity {
  readonly kind: EntityKind;
  readonly value: string;
}

/** Hashes as `risk_hash` (0064) makes them; null: the payment does not name it. */
export interface PaymentEntities {
  readonly merchant: string;
  readonly card: number | null;
  readonly customer: number | null;
  readonly email: number | null;
  readonly device: number | null;
  readonly ip: number | null;
  readonly bin: string | null;
  readonly country: string | null;
}

const whole = ['merchant', 'card', 'customer', 'email', 'device', 'ip', 'country'] as const;

/** All of it, to be looked up. A BIN is looked for in each of its lengths. */
export function entitiesOf(payment: PaymentEntities): readonly Entity[] {
  const bin = payment.bin ?? '';
  return [
    ...whole.flatMap((kind) => {
      const value = payment[kind];
      return value === null ? [] : [{ kind, value: String(value) }];
    }),
    ...[6, 7, 8]
      .filter((length) => length <= bin.length)
      .map((length) => ({ kind: 'bin' as const, value: bin.slice(0, length) })),
  ];
}
