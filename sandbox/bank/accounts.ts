/** Bank accounts that can be debited, by the token a shop has of them; and how each behaves. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Behaviour } from '../cards.ts';
import type { Context } from '../context.ts';
import { invalidRequest, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';

export interface Account {
  /** Agreed to be debited already: no page is shown. */
  readonly mandated: boolean;
  /** What becomes of a debit once it is submitted. */
  readonly debit: 'succeeds' | 'fails' | 'returned' | 'refused';
  readonly refund: 'succeeds' | 'fails';
  /** What becomes of money that is sent to it. */
  readonly payout: 'succeeds' | 'fails' | 'returned' | 'refused';
  readonly behaviour: Behaviour;
}

const good: Account = {
  mandated: true,
  debit: 'succeeds',
  refund: 'succeeds',
  payout: 'succeeds',
  behaviour: 'approve',
};

/** Need no call to POST /bank/accounts, and keep no mandate. */
const magicAccounts: Readonly<Record<string, Account>> = {
  tok_debit: { ...good, mandated: false },
  tok_debit_mandated: good,
  tok_debit_fails: { ...good, debit: 'fails' },
  tok_debit_returned: { ...good, debit: 'returned' },
  tok_debit_closed: { ...good, debit: 'refused' },
  tok_debit_refund_fails: { ...good, refund: 'fails' },
  tok_debit_lost_reply: { ...good, behaviour: 'lost_reply' },
  ba_payout: good,
  ba_payout_refused: { ...good, payout: 'refused' },
  ba_payout_fails: { ...good, payout: 'fails' },
  ba_payout_returned: { ...good, payout: 'returned' },
  ba_payout_lost_reply: { ...good, behaviour: 'lost_reply' },
  ba_payout_error_500: { ...good, behaviour: 'error_500' },
  tok_debit_error_500: { ...good, behaviour: 'error_500' },
};

/** Null: no such account. */
export function findAccount(context: Context, token: string): Account | null {
  if (Object.hasOwn(magicAccounts, token)) return magicAccounts[token] ?? null;
  const row = context.store.bank.accounts.find(token);
  return row === undefined ? null : { ...good, mandated: row.mandated === 1 };
}

const accountSchema = z.strictObject({
  iban: z.string().max(50),
  holder: z.string().min(1).max(70),
});

/** ISO 13616: the remainder of the rearranged number by 97 is 1. */
export function isIban(text: string): boolean {
  const iban = text.replaceAll(' ', '');
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const digits = [...iban.slice(4), ...iban.slice(0, 4)]
    .map((sign) => Number.parseInt(sign, 36))
    .join('');
  return BigInt(digits) % 97n === 1n;
}

/** Keeps no account number, only its end: as with cards, what we do not have nobody can take. */
export function issueAccount(context: Context, request: Request): Reply {
  const read = readBody(accountSchema, request);
  if (!read.ok) return read.reply;
  const { iban } = read.value;
  if (!isIban(iban)) return invalidRequest('iban: not an account number', 'invalid_iban');
  const token = `ba_${randomBytes(12).toString('hex')}`;
  const last4 = iban.replaceAll(' ', '').slice(-4);
  context.store.bank.accounts.insert({ token, last4, mandated: 0 });
  return jsonReply(200, { token, last4 });
}
