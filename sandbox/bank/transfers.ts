/** Money that somebody sends: the payer's side, for whoever tests. */
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { errorReply, invalidRequest, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';
import type { BankPaymentRow, BankTransferRow } from '../store/bank.ts';
import { tell } from './moves.ts';
import { presentTransfer } from './present.ts';

const transferSchema = z.strictObject({
  /** The transfer reference of the instructions. */
  reference: z.string().min(1).max(64),
  amount: z.number().int().positive().max(1_000_000_000_000),
  currency: z.string(),
  /** The credit's own id at the bank: the same one again is the same money. */
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .optional(),
});

/** Wanted or not, complete or not: money that comes is booked. */
function arrive(context: Context, payment: BankPaymentRow, row: BankTransferRow): void {
  const { store } = context;
  const { id: provider_reference, amount, currency, at } = row;
  store.bank.transfers.insert(row);
  store.bank.payments.put({ ...payment, received: payment.received + amount });
  store.movements.append({
    ...{ provider: 'bank', reference: payment.reference, operation: 'capture' },
    ...{ amount, currency, at, provider_reference, key: row.id },
  });
  tell(context, payment, 'transfer.received');
}

export function sendTransfer(context: Context, request: Request): Reply {
  const read = readBody(transferSchema, request);
  if (!read.ok) return read.reply;
  const { reference, amount, currency, id = `bank_tr_${uuidv7()}` } = read.value;
  const { store, clock } = context;
  const answer = store.transaction((): Reply => {
    const known = store.bank.transfers.find(id);
    if (known !== undefined) return jsonReply(200, presentTransfer(known));
    const payment = store.bank.payments.findByTransferReference(reference);
    if (payment === undefined) {
      return errorReply(404, 'not_found', 'no_such_reference', 'no transfer is expected under it');
    }
    if (payment.currency !== currency) return invalidRequest('currency: not of this account');
    const row = { id, payment_id: payment.id, amount, currency, at: clock.now() };
    arrive(context, payment, row);
    return jsonReply(200, presentTransfer(row));
  });
  context.wake();
  return answer;
}
