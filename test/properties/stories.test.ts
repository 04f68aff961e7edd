/** Histories worth telling one by one: each was, or could have been, a payment gone wrong. */
import { describe, expect, test } from '@jest/globals';
import { now } from '../support/payments.ts';
import { aRow, contracts } from './fixtures.ts';
import type { Action, History } from './histories.ts';
import { live, type Lived } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';
import type { Behaviour } from './provider-world.ts';
import { theBooksAreTheProviders, whatIsReservedIsHeld } from './truths.ts';

const alder = 0;
const birch = 1;
const hour = 3_600_000;
const yes: Behaviour = { wire: 'ok', verdict: 'yes' };
const drive: Action = { kind: 'drive' };
const advance = (ms: number): Action => ({ kind: 'advance', ms });

async function tell(story: Partial<History>): Promise<Lived> {
  const history: History = {
    captureMethod: 'automatic',
    firstProvider: alder,
    calls: [],
    lookups: [],
    actions: [drive],
    heldWakeAtEnd: true,
    ...story,
  };
  return live(history, createMemoryDatabase(aRow(history), 'own', now), contracts);
}

/** `alder 10000, birch 0, cedar 0`: what each has taken and kept. */
function taken({ providers }: Lived): string {
  return providers
    .map((model) => `${model.provider.contract.name} ${String(model.net())}`)
    .sort()
    .join(', ');
}

/** Every payment status, in the order in which it was reached. */
function way({ database }: Lived): string[] {
  const statuses = database.commits.map(({ after }) => after.payment.status as string);
  return statuses.filter((status, i) => status !== statuses[i - 1]);
}

test('a sale: two commits, captured, nothing pending', async () => {
  const lived = await tell({});
  const telling = lived.database.commits.filter(({ timeline }) => timeline.length > 0);
  expect(telling).toHaveLength(2);
  expect(way(lived)).toEqual(['processing', 'captured']);
  expect(taken(lived)).toBe('alder 10000, birch 0, cedar 0');
});

test('a provider that refuses connections: the next one takes it', async () => {
  const lived = await tell({ calls: [{ wire: 'refused', verdict: 'yes' }] });
  expect(taken(lived)).toBe('alder 0, birch 10000, cedar 0');
});

test('a lost reply: unknown, looked up, found', async () => {
  const lived = await tell({ calls: [{ wire: 'reply_lost', verdict: 'yes' }] });
  expect(lived.payment.attempts).toHaveLength(1);
  expect(taken(lived)).toBe('alder 10000, birch 0, cedar 0');
});

test('a refusal of the first send, told after the second was booked, charges nobody twice', async () => {
  const lived = await tell({
    calls: [
      { wire: 'refused_and_held', verdict: 'yes' },
      { wire: 'reply_lost', verdict: 'yes' },
    ],
    actions: [drive, { kind: 'overtaken' }],
  });
  expect(lived.payment.attempts).toHaveLength(1);
  expect(lived.heldTwice).toEqual([]);
  expect(taken(lived)).toBe('alder 10000, birch 0, cedar 0');
});

test('a refusal of the first refund, told after the second was booked, refunds nobody twice', async () => {
  const lived = await tell({
    calls: [
      yes,
      { wire: 'refused_and_held', verdict: 'yes' },
      { wire: 'reply_lost', verdict: 'yes' },
    ],
    actions: [drive, { kind: 'refund', percent: 30 }, drive, { kind: 'overtaken' }],
  });
  expect(taken(lived)).toBe('alder 7000, birch 0, cedar 0');
  theBooksAreTheProviders(lived);
});

test('a refusal of the first refund, told after another key was booked, refunds nobody twice', async () => {
  const lived = await tell({
    // Hangs; the resend is refused too; proven absent, it is asked for under a new key, and booked.
    calls: [
      yes,
      { wire: 'refused_and_held', verdict: 'yes' },
      { wire: 'refused', verdict: 'yes' },
      { wire: 'reply_lost', verdict: 'yes' },
    ],
    actions: [
      drive,
      { kind: 'refund', percent: 30 },
      drive,
      ...[7_000, 30_000, 30_000, 3_000].map(advance),
      { kind: 'wake_held', which: 0 },
      drive,
    ],
    lookups: [],
  });
  expect(lived.payment.operations.map((o) => o.providerKey).at(-1)).toMatch(/\.2$/);
  expect(taken(lived)).toBe('alder 7000, birch 0, cedar 0');
  theBooksAreTheProviders(lived);
});

test('absence is proven, and nobody fails over from it', async () => {
  const lost: Behaviour = { wire: 'request_lost', verdict: 'yes' };
  const lived = await tell({
    firstProvider: birch,
    calls: [lost, lost],
    actions: [drive, advance(7_000), advance(hour), advance(hour)],
  });
  expect(lived.payment.attempts.map((a) => [a.provider, a.status])).toEqual([
    ['birch', 'not_sent'],
  ]);
  expect(way(lived)).toEqual(['processing', 'requires_payment_method', 'failed']);
});

test('a payment that nobody submitted in time is never sent', async () => {
  const lived = await tell({ actions: [advance(300_000)] });
  expect(way(lived)).toEqual(['canceled']);
  expect(lived.payment.attempts).toEqual([]);
  expect(lived.database.answers.get('pay_1')).toBe(402);
});

test('a decline that was booked all the same is given back, and the next card pays', async () => {
  const lived = await tell({
    calls: [{ wire: 'ok', verdict: 'late_yes' }],
    actions: [drive, advance(7_000), { kind: 'retry' }, drive, { kind: 'webhook' }, drive],
  });
  expect(lived.payment.attempts.map((a) => a.status)).toEqual(['voided', 'authorized']);
  expect(taken(lived)).toBe('alder 10000, birch 0, cedar 0');
});

describe('an authorization', () => {
  const manual = { captureMethod: 'manual' as const };

  test('that nobody captures is voided at its end', async () => {
    const lived = await tell({ ...manual });
    expect(way(lived)).toEqual(['processing', 'requires_capture', 'expired']);
    whatIsReservedIsHeld(lived);
  });

  test('is captured in parts, the final part overtaken by nothing', async () => {
    const lived = await tell({
      ...manual,
      calls: [yes, { wire: 'reply_lost', verdict: 'yes' }],
      actions: [
        drive,
        { kind: 'capture', percent: 30, final: false },
        { kind: 'capture', percent: 50, final: true },
        drive,
      ],
    });
    expect(way(lived)).toEqual([
      'processing',
      'requires_capture',
      'partially_captured',
      'captured',
    ]);
    expect(taken(lived)).toBe('alder 8000, birch 0, cedar 0');
    whatIsReservedIsHeld(lived);
  });

  test('that ended and is forgotten by its provider is not looked up without a pause', async () => {
    const lived = await tell({
      ...manual,
      calls: [yes],
      lookups: Array.from({ length: 60 }, () => 'absent' as const),
      actions: [
        drive,
        { kind: 'capture', percent: 100, final: true },
        drive,
        advance(200 * hour),
        { kind: 'webhook' },
        drive,
      ],
    });
    expect(lived.end.kind).toBe('rest');
  });
});

describe('a cancel', () => {
  test('of a sale in doubt is kept, and the sale given back', async () => {
    const lived = await tell({
      calls: [{ wire: 'reply_lost', verdict: 'yes' }],
      lookups: ['no_answer'],
      actions: [drive, { kind: 'cancel' }, drive],
    });
    expect(taken(lived)).toBe('alder 0, birch 0, cedar 0');
    expect([...lived.database.answers.values()]).toEqual([201, 201, 200]);
  });

  test('of an authorization in doubt voids it', async () => {
    const lived = await tell({
      captureMethod: 'manual',
      calls: [{ wire: 'reply_lost', verdict: 'yes' }],
      lookups: ['no_answer'],
      actions: [drive, { kind: 'cancel' }, drive],
    });
    expect(lived.payment.status).toBe('canceled');
    whatIsReservedIsHeld(lived);
  });

  test('of a request that was lost is done by the void of its reference', async () => {
    const lived = await tell({
      calls: [{ wire: 'request_lost', verdict: 'yes' }],
      actions: [drive, { kind: 'cancel' }, drive],
    });
    expect(lived.payment.attempts.map((a) => a.status)).toEqual(['voided']);
    expect(lived.payment.status).toBe('canceled');
  });
});
