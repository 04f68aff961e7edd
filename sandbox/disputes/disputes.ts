/** A cardholder takes the money back through the scheme; testers open and decide, our client answers. */
import { v7 as uuidv7 } from 'uuid';
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import { adyenDisputeEvents } from '../adyen/disputes.ts';
import type { Context } from '../context.ts';
import type { Json } from '../http/reply.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { stripeDisputeEvents } from '../stripe/disputes.ts';
import type { DisputeFact, DisputeFactRow, DisputeRow, DisputeStatus } from './store.ts';

const answerWithinMs = 7 * 24 * 3_600 * 1_000;

/** In hundredths of the currency's unit; `returned`: where the dispute is won. */
const prices: Readonly<
  Record<string, { readonly hundredths: number; readonly returned: boolean }>
> = {
  alder: { hundredths: 1_500, returned: false },
  birch: { hundredths: 2_000, returned: false },
  cedar: { hundredths: 1_500, returned: true },
  stripe: { hundredths: 1_500, returned: false },
};

function feeOf(provider: string, currency: string): number {
  const exponent = isCurrency(currency) ? currencyExponent(currency) : 2;
  return Math.round((prices[provider]?.hundredths ?? 0) * 10 ** (exponent - 2));
}

export type DisputeAction = 'win' | 'lose' | 'reopen' | 'accept' | 'evidence';

/** What each makes of a dispute, and from where; done already, it is the same again. */
const moves: Readonly<
  Record<DisputeAction, { readonly to: DisputeStatus; readonly from: readonly DisputeStatus[] }>
> = {
  win: { to: 'won', from: ['needs_response', 'under_review'] },
  lose: { to: 'lost', from: ['needs_response', 'under_review', 'accepted'] },
  // A second chargeback or a pre-arbitration: another round.
  reopen: { to: 'needs_response', from: ['won', 'lost'] },
  accept: { to: 'accepted', from: ['needs_response', 'under_review'] },
  evidence: { to: 'under_review', from: ['needs_response'] },
};

export function presentDispute({ store }: Context, row: DisputeRow): Json {
  const { provider, due_by, created_at, ...rest } = row;
  return {
    object: 'dispute',
    ...rest,
    fee_returned: row.status === 'won' && prices[provider]?.returned === true,
    answers: store.disputes.answersTo(row.id).map(({ kind, reference, content }) => ({
      ...{ kind, reference },
      evidence: JSON.parse(content) as unknown,
    })),
    facts: store.disputes.factsOf(row.id).map(({ dispute_id: _, at, ...fact }) => ({
      ...fact,
      at: new Date(at).toISOString(),
    })),
    due_by: new Date(due_by).toISOString(),
    created_at: new Date(created_at).toISOString(),
  };
}

/** In the language of its provider; some tell one fact by two events, and some by none. */
function bodiesOf(
  context: Context,
  row: DisputeRow,
  what: DisputeFact,
  now: number,
): readonly Json[] {
  if (row.provider === 'stripe') return stripeDisputeEvents(row, what, now);
  if (row.provider === 'adyen') return adyenDisputeEvents(row, what, now);
  return [
    {
      id: `evt_${uuidv7()}`,
      type: `dispute.${what}`,
      provider: row.provider,
      reference: row.reference,
      provider_reference: row.id,
      created_at: new Date(now).toISOString(),
      data: presentDispute(context, row),
    },
  ];
}

/** Taken when it begins, and once more where it was given back; returned when it is won. */
function moneyOf(
  { provider, amount, fee }: DisputeRow,
  what: DisputeFact,
  before: DisputeStatus | null,
): Pick<DisputeFactRow, 'amount' | 'fee'> {
  switch (what) {
    case 'opened':
      return { amount: -amount, fee };
    case 'reopened':
      return { amount: before === 'won' ? -amount : 0, fee };
    case 'won':
      return { amount, fee: prices[provider]?.returned === true ? -fee : 0 };
    case 'lost':
      return { amount: 0, fee: 0 };
  }
}

/** Booked, and told of. `before`: what it was; null: it was not there. */
function note(
  context: Context,
  row: DisputeRow,
  what: DisputeFact,
  before: DisputeStatus | null,
  afterMs = 0,
): void {
  const { store, clock } = context;
  const now = clock.now();
  store.disputes.note({
    ...{ dispute_id: row.id, round: row.round, what, at: now + afterMs },
    ...moneyOf(row, what, before),
  });
  for (const event of bodiesOf(context, row, what, now)) {
    const id = typeof event['id'] === 'string' ? event['id'] : `evt_${uuidv7()}`;
    const body = JSON.stringify(event);
    store.webhooks.insert({ event_id: id, provider: row.provider, body, due_at: now + afterMs });
  }
}

/** Null: that much was never captured. What was refunded may be disputed all the same: banks do. */
export function openDispute(
  context: Context,
  authorization: AuthorizationRow,
  order: { readonly amount?: number | undefined; readonly reason?: string | undefined },
): DisputeRow | null {
  const { store, clock } = context;
  const left = authorization.captured - store.disputes.takenOf(authorization.id);
  const amount = order.amount ?? left;
  if (amount <= 0 || amount > left) return null;
  const { provider, currency, reference, id: authorization_id } = authorization;
  const now = clock.now();
  const row: DisputeRow = {
    ...{ id: `${provider}_dispute_${uuidv7()}`, provider, authorization_id, reference, amount },
    ...{ fee: feeOf(provider, currency), currency, reason: order.reason ?? 'fraudulent' },
    ...{ status: 'needs_response', round: 1, due_by: now + answerWithinMs, created_at: now },
  };
  store.disputes.insert(row);
  note(context, row, 'opened', null);
  return row;
}

export interface Answer {
  readonly kind: 'accept' | 'evidence';
  readonly reference: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type Answered = DisputeRow | 'dispute_closed' | 'dispute_answered' | 'dispute_due_passed';

/** Our client's, known by its reference: the same again is the same answer. */
export function answerDispute(context: Context, row: DisputeRow, answer: Answer): Answered {
  const { disputes } = context.store;
  const { kind, reference } = answer;
  const given = disputes
    .answersTo(row.id)
    .find((one) => one.kind === kind && one.round === row.round);
  if (given !== undefined) return given.reference === reference ? row : 'dispute_answered';
  if (row.status === 'won' || row.status === 'lost') return 'dispute_closed';
  const now = context.clock.now();
  if (now >= row.due_by) return 'dispute_due_passed';
  const moved = moveDispute(context, row, kind);
  if (moved === null || row.status === moves[kind].to) return 'dispute_answered';
  const content = JSON.stringify(answer.evidence);
  disputes.answer({
    dispute_id: row.id,
    round: row.round,
    kind,
    reference,
    content,
    created_at: now,
  });
  return moved;
}

/** What is given up is lost: the scheme says so a little later. */
const acceptedIsLostAfterMs = 1_500;

/** Null: it is past that. */
export function moveDispute(
  context: Context,
  row: DisputeRow,
  action: DisputeAction,
): DisputeRow | null {
  const { to, from } = moves[action];
  if (row.status === to) return row;
  if (!from.includes(row.status)) return null;
  const isAgain = action === 'reopen';
  const dueBy = isAgain ? context.clock.now() + answerWithinMs : row.due_by;
  const moved = { ...row, status: to, round: row.round + (isAgain ? 1 : 0), due_by: dueBy };
  context.store.disputes.move(moved);
  if (isAgain) note(context, moved, 'reopened', row.status);
  if (to === 'won' || to === 'lost') note(context, moved, to, row.status);
  if (to === 'accepted') note(context, moved, 'lost', row.status, acceptedIsLostAfterMs);
  return moved;
}
