/** The bank's pages: where a payer agrees to a debit, or approves a payment. */
import type { Context } from '../context.ts';
import { page, pageNotHere } from '../http/page.ts';
import type { Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import type { BankPaymentRow } from '../store/bank.ts';
import type { EnqueuedEvent } from '../webhooks/events.ts';
import { moved, redirectTakesMs, submitted, tell } from './moves.ts';
import { shownState } from './present.ts';

/** `later`: the bank takes a day and then pays; `later_refuse`: and then does not. */
const verdicts = ['approve', 'cancel', 'later', 'later_refuse'] as const;
type Verdict = (typeof verdicts)[number];

const buttons: Readonly<Record<BankPaymentRow['method'], readonly (readonly [Verdict, string])[]>> =
  {
    bank_debit: [
      ['approve', 'Agree to be debited'],
      ['cancel', 'Cancel'],
    ],
    bank_redirect: [
      ['approve', 'Approve'],
      ['cancel', 'Cancel'],
      ['later', 'Approve, and the bank takes a day'],
      ['later_refuse', 'Approve, and the bank refuses a day later'],
    ],
    bank_transfer: [],
  };

/** The amount comes as minor units and a three-letter code from our own rows: nothing to escape. */
function question(row: BankPaymentRow): Reply {
  const forms = buttons[row.method].map(
    ([verdict, label]) =>
      `<form method="post" action="/bank/pages/${row.id}/${verdict}"><button id="${verdict}">${label}</button></form>`,
  );
  const asked = row.method === 'bank_debit' ? 'asks to debit you' : 'asks for';
  return page(
    `<p>A shop ${asked} <strong>${String(row.amount)} ${row.currency}</strong>
(in minor units). No real money is involved.</p>
${forms.join('\n')}`,
  );
}

function sendBack(row: BankPaymentRow): Reply {
  if (row.return_url === null) return page('<p>Done. You may close this page.</p>');
  return { status: 303, headers: { location: row.return_url }, body: '' };
}

function answered(context: Context, row: BankPaymentRow, verdict: Verdict): BankPaymentRow {
  const now = context.clock.now();
  if (verdict === 'cancel') {
    return { ...row, status: 'declined', decline_code: 'payer_canceled' };
  }
  if (row.method === 'bank_debit') {
    context.store.bank.accounts.setMandated(row.token);
    return submitted(context, row, now);
  }
  if (verdict === 'approve') return moved(context, row, 'succeeded', now);
  const next_status = verdict === 'later' ? 'succeeded' : 'declined';
  return { ...row, status: 'pending', next_at: now + redirectTakesMs, next_status };
}

/** A second press, or one after the page ran out or was called off, changes nothing. */
function press(
  context: Context,
  id: string,
  verdict: Verdict,
): {
  readonly row: BankPaymentRow | undefined;
  readonly event: EnqueuedEvent | null;
} {
  const { store, clock } = context;
  return store.transaction(() => {
    const found = store.bank.payments.find(id);
    if (found === undefined) return { row: undefined, event: null };
    const isOpen = shownState(found, clock.now()).status === 'requires_action';
    const offered = buttons[found.method].some(([name]) => name === verdict);
    if (!isOpen || !offered) return { row: found, event: null };
    const row = answered(context, found, verdict);
    store.bank.payments.put(row);
    return { row, event: tell(context, row, `payment.${row.status}`) };
  });
}

export async function answerBankPage(context: Context, request: Request): Promise<Reply> {
  const [, , id = '', pressed] = request.segments;
  if (request.method === 'GET' && pressed === undefined) {
    const row = context.store.bank.payments.find(id);
    if (row === undefined || row.method === 'bank_transfer') return pageNotHere;
    const isOpen = shownState(row, context.clock.now()).status === 'requires_action';
    return isOpen ? question(row) : sendBack(row);
  }
  const verdict = verdicts.find((known) => known === pressed);
  if (request.method !== 'POST' || verdict === undefined) return pageNotHere;
  const { row, event } = press(context, id, verdict);
  if (event !== null) context.wake();
  if (event?.isEarly === true) await context.deliverNow(event.sequence);
  return row === undefined ? pageNotHere : sendBack(row);
}
