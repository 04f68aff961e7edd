/** Debits, redirects and transfers: what takes days is said to take days, and counted once when it comes. */
import assert from 'node:assert/strict';
import { able } from '../../domain/provider.ts';
import type {
  AuthorizeRequest,
  LookupResult,
  PaymentMethodType,
  ProviderContract,
  ProviderOutcome,
  Receipt,
} from '../../domain/provider.ts';
import {
  anAuthorization,
  anOperation,
  assertApproved,
  assertDeclined,
  assertMovements,
} from './harness.ts';
import type { ConformanceCase, ConformanceHarness, Payer } from './harness.ts';

const days = 24 * 3_600_000;
/** Whatever a bank takes to say what became of a payment, it is less. */
const longMs = 30 * days;

function by(method: PaymentMethodType): (contract: ProviderContract) => boolean {
  return (contract) => contract.methods.includes(method);
}

function payerOf({ payer }: ConformanceHarness): Payer {
  assert.ok(payer, 'the harness of a bank has a payer');
  return payer;
}

function ask(
  method: PaymentMethodType,
  token: string,
  changes: Partial<AuthorizeRequest> = {},
): AuthorizeRequest {
  return anAuthorization(token, { method, capture: true, ...changes });
}

interface Taken {
  readonly request: AuthorizeRequest;
  readonly outcome: Extract<ProviderOutcome, { readonly kind: 'pending' }>;
}

async function debit(harness: ConformanceHarness, token = harness.tokens.approved): Promise<Taken> {
  const request = ask('bank_debit', token);
  const outcome = await harness.provider.authorize(request);
  assert.equal(outcome.kind, 'pending', JSON.stringify(outcome.evidence));
  return { request, outcome };
}

/** A bank that takes days must be able to say how far it is. */
async function seen(harness: ConformanceHarness, reference: string): Promise<ProviderOutcome> {
  const found = await look(harness, reference);
  assert.equal(found.kind, 'found');
  assert.equal(found.outcome.evidence.kind, 'lookup');
  return found.outcome;
}

async function look(harness: ConformanceHarness, reference: string): Promise<LookupResult> {
  return able(harness.provider, 'lookup').lookup('authorize', reference);
}

async function receipts(
  harness: ConformanceHarness,
  reference: string,
): Promise<readonly Receipt[] | undefined> {
  const found = await look(harness, reference);
  return found.kind === 'found' ? found.receipts : undefined;
}

const debitCases: readonly ConformanceCase[] = [
  {
    name: 'a debit is pending, moves nothing yet, and is paid days later, once',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const { request, outcome } = await debit(harness);
      assert.deepEqual(await harness.provider.authorize(request), outcome);
      assert.equal((await seen(harness, request.reference)).kind, 'pending');
      await assertMovements(harness, request.reference, []);
      await harness.advanceClock(longMs);
      const paid = await seen(harness, request.reference);
      assertApproved(paid);
      assert.deepEqual([paid.captured, paid.amountMinor], [true, request.amountMinor]);
      await assertMovements(harness, request.reference, ['capture 1000']);
    },
  },
  {
    name: 'a debit that is refused days later is a decline, and moved nothing',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const { request } = await debit(harness, harness.tokens.insufficientFunds);
      await harness.advanceClock(longMs);
      assertDeclined(await seen(harness, request.reference), 'insufficient_funds');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a debit taken back by its payer is told as a late failure',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const { request } = await debit(harness, payerOf(harness).tokens.returned);
      await harness.advanceClock(longMs);
      assertDeclined(await seen(harness, request.reference), 'late_failure');
      await assertMovements(harness, request.reference, ['capture 1000', 'refund 1000']);
    },
  },
  {
    name: 'a debit that nobody agreed to asks for its page, and without its payer is declined',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const { unmandated } = payerOf(harness).tokens;
      const outcome = await harness.provider.authorize(ask('bank_debit', unmandated));
      assert.equal(outcome.kind === 'requires_action' && outcome.action.type, 'mandate');
      const away = ask('bank_debit', unmandated, { offSession: true });
      assertDeclined(await harness.provider.authorize(away), 'mandate_required');
    },
  },
  {
    name: 'a lost reply of a debit is unknown, found again, and sent again once',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const request = ask('bank_debit', harness.tokens.lostReply);
      assert.equal((await harness.provider.authorize(request)).kind, 'unknown');
      assert.equal((await seen(harness, request.reference)).kind, 'pending');
      assert.equal((await harness.provider.authorize(request)).kind, 'pending');
      await harness.advanceClock(longMs);
      await assertMovements(harness, request.reference, ['capture 1000']);
    },
  },
  {
    name: 'a debit is called off while it is pending, and not after it was paid',
    appliesTo: (contract) => by('bank_debit')(contract) && contract.voidByReference,
    async run(harness) {
      const fence = able(harness.provider, 'voidByReference');
      const open = await debit(harness);
      assert.equal((await fence.voidByReference(open.request.reference)).kind, 'confirmed');
      const paid = await debit(harness);
      await harness.advanceClock(longMs);
      assert.equal((await fence.voidByReference(paid.request.reference)).kind, 'refused');
      await assertMovements(harness, open.request.reference, []);
    },
  },
  {
    name: 'a refund is pending, then done, and never more than was paid',
    appliesTo: by('bank_debit'),
    async run(harness) {
      const taken = await debit(harness);
      const { refund, lookup } = able(harness.provider, 'refund', 'lookup');
      assertDeclined(await refund(anOperation(taken, 1n)), 'refund_exceeds_captured');
      await harness.advanceClock(longMs);
      const first = anOperation(taken, 700n);
      assert.equal((await refund(first)).kind, 'pending');
      assertDeclined(await refund(anOperation(taken, 301n)), 'refund_exceeds_captured');
      await assertMovements(harness, first.reference, []);
      await harness.advanceClock(longMs);
      const found = await lookup('refund', first.reference);
      assert.equal(found.kind === 'found' && found.outcome.kind, 'approved');
      await assertMovements(harness, first.reference, ['refund 700']);
    },
  },
];

const otherCases: readonly ConformanceCase[] = [
  {
    name: 'nothing is only held: what is not taken at once never leaves',
    appliesTo: by('bank_redirect'),
    async run(harness) {
      const request = ask('bank_redirect', '', { capture: false });
      assert.equal((await harness.provider.authorize(request)).kind, 'not_sent');
    },
  },
  {
    name: 'a redirect waits for its page, and approved there it is paid',
    appliesTo: by('bank_redirect'),
    async run(harness) {
      const returnUrl = 'http://127.0.0.1:9/return';
      const request = ask('bank_redirect', '', { returnUrl });
      const outcome = await harness.provider.authorize(request);
      assert.ok(outcome.kind === 'requires_action' && outcome.action.type === 'redirect');
      await assertMovements(harness, request.reference, []);
      await payerOf(harness)
        .approve(outcome.action.url)
        .catch(() => undefined);
      assertApproved(await seen(harness, request.reference));
      await assertMovements(harness, request.reference, ['capture 1000']);
    },
  },
  {
    name: 'a transfer tells where to, and lists every credit once, also behind its end',
    appliesTo: by('bank_transfer'),
    async run(harness) {
      const request = ask('bank_transfer', '');
      const outcome = await harness.provider.authorize(request);
      assert.ok(outcome.kind === 'requires_action' && outcome.action.type === 'bank_instructions');
      const { transferReference } = outcome.action;
      assert.deepEqual(await receipts(harness, request.reference), []);
      const send = (amount: number, id: string): Promise<void> =>
        payerOf(harness).transfer(transferReference, amount, `${request.reference}/${id}`);
      await send(400, 'a');
      await send(400, 'a');
      const end = anOperation({ request, outcome }, 1_000n, true);
      assertApproved(await able(harness.provider, 'void').void(end));
      await send(900, 'b');
      const listed = await receipts(harness, request.reference);
      assert.deepEqual(
        listed?.map(({ amountMinor, currency }) => [amountMinor, currency]),
        [
          [400n, 'EUR'],
          [900n, 'EUR'],
        ],
      );
      assertDeclined(await seen(harness, request.reference), 'already_voided');
      await assertMovements(harness, request.reference, ['capture 400', 'capture 900']);
    },
  },
];

export const bankCases = [...debitCases, ...otherCases];
