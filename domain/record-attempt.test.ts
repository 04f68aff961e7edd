import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  aPayment,
  anAttempt,
  anAuthorizedAttempt,
  anOperation,
  approved,
  declined,
  evidence,
  illegalMoves,
  notSent,
  now,
  pending,
  requiresAction,
  seenByLookup,
  unknown,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import { attemptStatuses, type AttemptStatus } from './payment.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordAttempt } from './record-attempt.ts';
import { lookupDelayMs } from './timing.ts';

const outcomes = {
  // By lookup: a late reply alone only asks for one (see below).
  approved: seenByLookup(approved()),
  sale: seenByLookup(approved({ captured: true })),
  declined: declined(),
  not_sent: notSent(),
  requires_action: requiresAction(),
  pending: pending(),
  unknown: unknown(),
} as const;

function record(
  outcome: ProviderOutcome,
  attempt: Partial<AttemptState> = {},
  payment: Partial<PaymentState> = {},
): { payment: PaymentState; change: Change | null; next: AttemptStatus | undefined } {
  const tried = anAttempt(attempt);
  const onPage = tried.status === 'requires_action' && { status: 'requires_action' as const };
  const held = aPayment({ attempts: [tried], ...onPage, ...payment });
  const change = recordAttempt(
    { payment: held, attempt: tried, contract: aContract(), newOperationId: 'op_new' },
    outcome,
  );
  return { payment: held, change, next: change?.attempts?.update?.[0]?.status };
}

/** Rows: where the attempt is. Columns: what the provider says. `-`: the status stands. */
const table = `
                approved   sale       declined not_sent requires_action pending unknown
submitting      authorized authorized declined not_sent requires_action pending unknown
pending         authorized authorized declined -        requires_action pending unknown
unknown         authorized authorized declined not_sent requires_action pending unknown
requires_action authorized authorized declined -        -               pending -
authorized      -          -          -        -        -               -       -
voiding         -          -          -        -        -               -       -
declined        late       late       -        -        -               -       -
not_sent        late       late       -        -        -               -       -
voided          late       late       -        -        -               -       -
expired         late       late       -        -        -               -       -
late            -          -          -        -        -               -       -
`;
const [head = '', ...rows] = table.trim().split('\n');
const columns = head.trim().split(/\s+/) as (keyof typeof outcomes)[];
const cases = rows.flatMap((row) => {
  const [status, ...cells] = row.trim().split(/\s+/) as [AttemptStatus, ...string[]];
  return columns.map((outcome, i) => ({ status, outcome, next: cells[i] ?? '?' }));
});

describe('what an outcome does to an attempt', () => {
  test('the table has a row for every status', () => {
    expect(new Set(cases.map((c) => c.status))).toEqual(new Set(attemptStatuses));
  });

  test.each(cases)('$status, told $outcome: $next', ({ status, outcome, next }) => {
    const recorded = record(outcomes[outcome], { status });
    expect(illegalMoves(recorded.payment, recorded.change)).toEqual([]);
    const stands = recorded.next === undefined || recorded.next === status;
    expect(stands ? status : recorded.next).toBe(next === '-' ? status : next);
  });
});

describe('a no', () => {
  test('hands the payment back to the shopper with the decline', () => {
    const { change } = record(declined('insufficient_funds'));
    expect(change?.payment).toMatchObject({
      status: 'requires_payment_method',
      lastDecline: { code: 'insufficient_funds' },
    });
    expect(change?.entries ?? []).toEqual([]);
    expect(change?.answers).toEqual([{ awaitsId: 'pay_1', status: 402, code: 'payment_declined' }]);
  });

  const spent = Array.from({ length: 9 }, (_, i) =>
    anAttempt({ id: `att_old_${i}`, number: i + 1, status: 'declined' }),
  );
  test.each([
    { what: 'at the tenth attempt', payment: { attempts: [...spent, anAttempt()] } },
    { what: 'when the time is over', payment: { expiresAt: now } },
  ])('ends the payment $what', ({ payment }) => {
    expect(record(declined(), {}, payment).change?.payment?.status).toBe('failed');
  });

  test.each([
    { what: 'at the ninth attempt', payment: { attempts: [...spent.slice(1), anAttempt()] } },
    { what: 'a millisecond before the end', payment: { expiresAt: now + 1 } },
  ])('does not end it $what', ({ payment }) => {
    expect(record(declined(), {}, payment).change?.payment?.status).toBe('requires_payment_method');
  });

  test.each(['requested', 'submitting', 'unknown'] as const)(
    'completes a cancel that is %s: nothing is held any more',
    (status) => {
      const cancel = anOperation({ id: 'op_c', kind: 'void', cause: 'cancel', status });
      const { change } = record(declined(), { status: 'unknown' }, { operations: [cancel] });
      expect(change?.payment).toMatchObject({ status: 'canceled', captureClosed: true });
      expect(change?.operations?.update).toMatchObject([
        { id: 'op_c', fromStatus: status, status: 'succeeded' },
      ]);
      expect(change?.answers).toEqual([
        { awaitsId: 'pay_1', status: 201 },
        { awaitsId: 'op_c', status: 200 },
      ]);
    },
  );
});

describe('a request that certainly never left', () => {
  test('leaves the payment processing for the next provider, and nothing to look up', () => {
    const { change } = record(notSent());
    expect(change?.payment?.status).toBe('processing');
    expect(change?.attempts?.update).toMatchObject([{ status: 'not_sent', dueAt: null }]);
  });

  // Send 1 hangs, a lookup finds nothing, send 2 takes the permit and loses its reply; then send 1 turns
  // out to have been refused. Send 2 may be booked: whoever fails over now charges twice.
  test('proves nothing once the same request was sent again', () => {
    const { next } = record(notSent(), { status: 'unknown', sentCount: 2 });
    expect(next ?? 'unknown').toBe('unknown');
  });
});

describe('a doubt', () => {
  test.each([
    { from: 'submitting' as const, outcome: unknown(), events: ['payment.in_doubt'] },
    { from: 'submitting' as const, outcome: pending(), events: [] },
    { from: 'unknown' as const, outcome: unknown(), events: [] },
  ])('is told once: $from, then $outcome.kind', ({ from, outcome, events }) => {
    const { change } = record(outcome, { status: from });
    expect(change?.events?.map((e) => e.type)).toEqual(events);
    expect(change?.payment?.status).toBeUndefined();
    expect(change?.answers).toBeUndefined();
  });

  test.each([0, 1, 2, 5])('is looked up later and later: after %i lookups', (lookups) => {
    const { change } = record(unknown(), { status: 'unknown', lookups });
    expect(change?.attempts?.update).toMatchObject([
      { lookups: lookups + 1, dueAt: now + lookupDelayMs(lookups) },
    ]);
  });

  test('about a page is not asked every second for ever', () => {
    const { change } = record(unknown(), { status: 'requires_action', lookups: 3, dueAt: now });
    expect(change?.attempts?.update).toMatchObject([{ lookups: 4 }]);
  });

  test.each(['declined', 'not_sent', 'voided', 'expired'] as const)(
    'a yes that comes as a reply to what is %s is looked up before it is believed',
    (status) => {
      const { change } = record(approved(), { status });
      expect(change?.attempts?.update).toEqual([{ id: 'att_1', fromStatus: status, dueAt: now }]);
      expect(change?.entries).toBeUndefined();
      expect(change?.timeline).toMatchObject([{ kind: 'attempt.contradicted' }]);
    },
  );

  test('about a page writes no move into the timeline that did not happen', () => {
    const { change, next } = record(unknown(), { status: 'requires_action' });
    const told = (change?.timeline ?? []).map((line) => line.toStatus);
    expect(told.filter((to) => to !== undefined && to !== next)).toEqual([]);
  });
});

describe('a page', () => {
  test('is shown to the shopper for a quarter of an hour', () => {
    const { change } = record(requiresAction());
    const expiresAt = new Date(now + 15 * 60_000).toISOString();
    expect(change?.payment).toMatchObject({
      status: 'requires_action',
      nextAction: { type: 'redirect', url: 'https://alder.example/3ds/1', expiresAt },
    });
    expect(change?.answers).toEqual([{ awaitsId: 'pay_1', status: 201 }]);
  });

  test('is taken away by whatever ends it', () => {
    for (const outcome of [approved(), approved({ captured: true }), declined()]) {
      const { change } = record(outcome, { status: 'requires_action' });
      expect(change?.payment?.nextAction).toBeNull();
    }
  });
});

describe('an attempt that is decided', () => {
  test('is not written again by an answer that agrees', () => {
    expect(record(approved(), anAuthorizedAttempt()).change).toBeNull();
    expect(record(declined(), { status: 'declined', dueAt: null }).change).toBeNull();
  });

  test('keeps its authorization when the provider says unknown, however often', () => {
    const change = record(unknown(), anAuthorizedAttempt({ dueAt: now })).change;
    expect(change?.attempts?.update?.[0]?.status).toBeUndefined();
    expect(change?.attempts?.update?.[0]?.dueAt).toBeGreaterThan(now);
  });

  test('is looked at no more once a lookup that was due agrees', () => {
    const seen = record(declined(), { status: 'not_sent', dueAt: now, lookups: 2 }).change;
    expect(seen?.attempts?.update).toMatchObject([{ dueAt: null, lookups: 3 }]);
    const life = now + 1_000;
    const authorized = anAuthorizedAttempt({ dueAt: now, expiresAt: life });
    expect(record(approved(), authorized).change?.attempts?.update).toMatchObject([
      { dueAt: life },
    ]);
  });

  test('keeps what contradicts it as evidence', () => {
    const { change } = record(declined(), anAuthorizedAttempt());
    expect(change?.timeline).toMatchObject([
      { kind: 'attempt.contradicted', evidence: { attempt_id: 'att_1', outcome: 'declined' } },
    ]);
    expect(change?.payment?.status).toBeUndefined();
  });
});

test('only a no to the very payment that stands takes it away, not one to another under our reference', () => {
  const told = { evidence: evidence({ kind: 'webhook' }) };
  const no = (providerReference: string): ProviderOutcome => ({
    ...declined(),
    ...told,
    providerReference,
  });
  const held = { status: 'requires_capture', amountAuthorized: 10_000n } as const;
  const other = record(no('alder_2'), anAuthorizedAttempt(), held);
  expect(other.next).toBeUndefined();
  expect(other.change?.timeline).toMatchObject([{ kind: 'attempt.contradicted' }]);
  expect(record(no('alder_1'), anAuthorizedAttempt(), held).next).toBe('voided');
});

test.each(['voided', 'expired'] as const)(
  'told that it was authorized after it is %s again, nothing is given back twice',
  (status) => {
    const gone = anAuthorizedAttempt({ status, dueAt: now });
    const held = { status: 'canceled', amountAuthorized: 10_000n, captureClosed: true } as const;
    for (const kind of ['webhook', 'settlement'] as const) {
      const { change } = record(approved({ evidence: evidence({ kind }) }), gone, held);
      expect(change?.entries ?? []).toEqual([]);
      expect(change?.operations?.insert ?? []).toEqual([]);
      expect(change?.attempts?.update).toMatchObject([{ id: 'att_1', dueAt: null }]);
    }
    // Another authorization under our reference, or one behind a page that was called off, is news.
    const other = approved({ providerReference: 'x', evidence: evidence({ kind: 'webhook' }) });
    expect(record(other, gone, held).next).toBe('late');
  },
);

test('every recorded outcome names its evidence', () => {
  for (const outcome of Object.values(outcomes)) {
    const { change } = record(outcome);
    expect(change?.attempts?.update?.[0]?.basis).toMatchObject({
      kind: outcome.evidence.kind,
      provider: 'alder',
    });
    expect(change?.timeline[0]).toMatchObject({
      actor: 'provider:alder',
      fromStatus: 'submitting',
    });
  }
});
