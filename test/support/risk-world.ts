/** Tries of few shoppers, drawn from a seed: made in PostgreSQL by the commits of the service, and told to a memory. */
import { createRandom, type Random } from '../../scripts/drill/random.ts';
import { recordRiskEvents } from '../../db/risk-features.ts';
import { currencyExponent, type Currency } from '../../domain/currency.ts';
import { requestAttempt } from '../../domain/commands.ts';
import { liveAttempt, type PaymentMethod, type PaymentState } from '../../domain/payment-state.ts';
import { recordAttempt } from '../../domain/record-attempt.ts';
import { createRiskMemory, type RiskMemory } from '../../domain/risk/memory.ts';
import type { PaymentFacts, RiskEventKind } from '../../domain/risk/past.ts';
import { closeUnsent, submitAttempt } from '../../domain/submit-attempt.ts';
import { newId, newReturnToken } from '../../runtime/ids.ts';
import { openPaymentDatabase, type PaymentDatabase } from './payment-database.ts';
import { aContract, approved, declined } from './payments.ts';

export interface Try {
  readonly payment: PaymentState;
  readonly facts: PaymentFacts;
}

export interface RiskWorld extends PaymentDatabase {
  readonly memory: RiskMemory;
  readonly random: Random;
  /** From nothing to days, and now and then somebody disowns a payment. */
  passTime(): Promise<void>;
  /** Asked for, and not judged yet: a new payment, or another card for one that was declined. */
  nextTry(): Promise<Try>;
  /** Approved, declined, declined at one provider and tried at the next, or blocked; and recorded. */
  finish(one: Try): Promise<void>;
  /** All that is kept of the past, in an order of its own. */
  stored(): Promise<unknown>;
}

const soft = 'issuer_unavailable';

export async function openRiskWorld(seed: number): Promise<RiskWorld> {
  const on = await openPaymentDatabase();
  const random = createRandom('risk', seed);
  const memory = createRiskMemory();
  const merchants = [await on.newMerchant(), await on.newMerchant()] as const;
  const open: Try[] = [];
  const taken: Try[] = [];

  const tell = async (
    one: Try,
    kind: RiskEventKind,
    at: number,
    attemptAt: number,
  ): Promise<void> => {
    memory.remember({ ...one.facts, kind, at, attemptAt });
    await recordRiskEvents(on.worker, one.payment.id);
  };
  const lineAt = async (paymentId: string, kind: string): Promise<number> => {
    const { at } = await on.rows.one<{ at: string }>(
      `select floor(extract(epoch from at) * 1000)::text as at from timeline
       where payment_id = $1 and kind = $2 order by sequence desc limit 1`,
      [paymentId, kind],
    );
    return Number(at);
  };
  const passTime = async (): Promise<void> => {
    const seconds = random.pick([0, 0, 1, 20, 70, 1_500, 7_000, 50_000, 200_000, 700_000]);
    await on.rows.all('update clock set offset_seconds = offset_seconds + $1', [
      random.between(Math.floor(seconds / 2), seconds),
    ]);
    if (taken.length === 0 || !random.chance(0.2)) return;
    const [disowned] = taken.splice(random.between(0, taken.length - 1), 1);
    if (disowned !== undefined) await dispute(on, random, disowned, tell);
  };
  const nextTry = async (): Promise<Try> => {
    const again = random.chance(0.3) ? open.shift() : undefined;
    const method = drawMethod(random);
    if (again === undefined) return newTry(on, random, random.pick(merchants), method);
    const held = await on.state(again.payment.id);
    const judged = requestAttempt(held, { actor: 'api_key:key_1', method });
    if (judged.kind !== 'accepted') throw new Error('no other try');
    const payment = await on.commit(held, judged.change);
    const { merchant, email } = again.facts;
    const { card, bin } = cardOf(method);
    return {
      payment,
      facts: { ...again.facts, card, bin, customer: customerOf(merchant, email, card) },
    };
  };
  const finish = async (one: Try): Promise<void> => {
    const { payment } = one;
    if (random.chance(0.1)) {
      const block = { kind: 'block', code: 'payment_blocked', detail: 'test' } as const;
      await on.commit(payment, closeUnsent(payment, block));
      const at = await lineAt(payment.id, 'payment.blocked');
      await tell(one, 'attempt', at, at);
      await tell(one, 'blocked', at, at);
      return;
    }
    const sent = await attemptAt(on, payment, 'alder');
    const at = await lineAt(payment.id, 'attempt.submitting');
    await tell(one, 'attempt', at, at);
    const next = random.chance(0.2)
      ? await attemptAt(on, await answer(on, sent, soft), 'birch')
      : sent;
    if (random.chance(0.6)) {
      await answer(on, next, null);
      taken.push(one);
      return;
    }
    await answer(on, next, 'do_not_honor');
    await tell(one, 'declined', await lineAt(payment.id, 'payment.requires_payment_method'), at);
    open.push(one);
  };
  return { ...on, ...{ memory, random, passTime, nextTry, finish }, stored: () => stored(on) };
}

async function newTry(
  on: PaymentDatabase,
  random: Random,
  merchantId: string,
  method: PaymentMethod,
): Promise<Try> {
  const currency = random.pick<Currency>(['USD', 'USD', 'JPY', 'KWD']);
  const amount = BigInt(random.pick([100, 100, 250, random.between(1, 30_000)]));
  const email = random.pick([undefined, 'ada@example.com', 'Bob@Example.com', 'eve@example.com']);
  const device = random.pick([undefined, 'device-1', 'device-2']);
  const place = random.pick([undefined, '192.0.2.1', '192.0.2.2', '2001:db8:1:2::']);
  // Of one household, whichever of its addresses.
  const ip = place?.includes('::') ? `${place}${String(random.between(1, 9))}` : place;
  const payment = await on.accept({
    ...{ merchantId, currency, amount, paymentMethod: method },
    ...(email !== undefined && {
      customer: { email: random.chance(0.5) ? email : email.toLowerCase() },
    }),
    options: { shopper: { ip, device_id: device } },
    lifetimeMs: 10 * 365 * 86_400_000,
  });
  const { card, bin } = cardOf(method);
  return {
    payment,
    facts: {
      ...{ merchant: merchantId, currency, card, bin },
      amount: Math.round(Number(amount) * 10 ** (2 - currencyExponent(currency))),
      email: keyOf(email?.toLowerCase()),
      customer: customerOf(merchantId, keyOf(email?.toLowerCase()), card),
      device: keyOf(device),
      ip: keyOf(place),
    },
  };
}

function customerOf(merchant: string, email: number | null, card: number | null): number | null {
  return keyOf(`${merchant} ${email === null ? `card ${String(card)}` : String(email)}`);
}

const keys = new Map<string, number>();
function keyOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const known = keys.get(value) ?? keys.size + 1;
  keys.set(value, known);
  return known;
}

function drawMethod(random: Random): PaymentMethod {
  const token = `tok_${String(random.between(1, 4))}`;
  const bin = random.pick<{ bin?: string }>([{}, { bin: '411111' }, { bin: '55555555' }]);
  return random.pick<PaymentMethod>([
    { type: 'card', token, ...bin },
    { type: 'card', token: `${token}_again`, fingerprint: token, ...bin },
    { type: 'card', tokens: { birch: `${token}_birch`, alder: token }, ...bin },
  ]);
}

function cardOf({
  token,
  tokens,
  fingerprint,
  bin,
}: PaymentMethod): Pick<PaymentFacts, 'card' | 'bin'> {
  return { card: keyOf(fingerprint ?? token ?? tokens?.['alder']), bin: bin ?? null };
}

async function attemptAt(
  on: PaymentDatabase,
  payment: PaymentState,
  provider: string,
): Promise<PaymentState> {
  const { token, tokens } = payment.paymentMethod;
  const charged = token ?? tokens?.[provider] ?? '';
  const decision = { kind: 'try' as const, provider, token: charged, excluded: [] };
  const identity = { attemptId: newId('att'), returnToken: newReturnToken() };
  return on.commit(
    payment,
    submitAttempt(payment, decision, aContract({ name: provider }), identity),
  );
}

/** Null: yes. */
async function answer(
  on: PaymentDatabase,
  payment: PaymentState,
  no: string | null,
): Promise<PaymentState> {
  const attempt = liveAttempt(payment);
  if (attempt === undefined) throw new Error('nothing to answer');
  const { amount: amountMinor, currency } = payment;
  const outcome = no === null ? approved({ amountMinor, currency }) : declined(no);
  const recording = { payment, attempt, contract: aContract(), newOperationId: newId('op') };
  const change = recordAttempt(recording, outcome);
  return change === null ? payment : on.commit(payment, change);
}

async function dispute(
  on: PaymentDatabase,
  random: Random,
  one: Try,
  tell: (one: Try, kind: RiskEventKind, at: number, attemptAt: number) => Promise<void>,
): Promise<void> {
  const reason = random.pick(['fraudulent', 'Fraud', '10.4', 'not_received', 'duplicate 10.40']);
  const attempt = (await on.state(one.payment.id)).attempts.at(-1);
  const [row] = await on.rows.all<{ at: string; attempt_at: string }>(
    `insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, fee, currency,
       reason, due_by)
     select $1, a.merchant_id, a.payment_id, a.id, a.provider, $1, 'needs_response', 1, 0, a.currency, $2, tender_now()
     from attempts a where a.id = $3
     returning floor(extract(epoch from opened_at) * 1000)::text as at,
       (select floor(extract(epoch from a.created_at) * 1000)::text from attempts a where a.id = $3) as attempt_at`,
    [newId('dsp'), reason, attempt?.id],
  );
  if (['not_received', 'duplicate 10.40'].includes(reason))
    await recordRiskEvents(on.worker, one.payment.id);
  else await tell(one, 'fraud', Number(row?.at), Number(row?.attempt_at));
}

async function stored(on: PaymentDatabase): Promise<unknown> {
  return {
    events: await on.rows.all('select * from risk_events order by id, kind'),
    counters: await on.rows.all('select * from risk_counters order by kind, key'),
    unfolded: await on.rows.all('select * from risk_unfolded'),
  };
}
