/**
 * Records the histories that `test/replay/replay.test.ts` replays: real runs of real payments, one file
 * for each branch of the workflow. `node scripts/record-histories.ts` replaces them all, which is right
 * only when no run of the old kind can still be open; before that, copy what must still replay.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { format } from 'prettier';
import type { PaymentView } from '../api/payments/payment-schema.ts';
import globalSetup from '../test/jest/global-setup.ts';
import globalTeardown from '../test/jest/global-teardown.ts';
import { byCard, paymentOf } from '../test/support/http.ts';
import { startTestStack, type TestStack } from '../test/support/stack.ts';
import { waitFor } from '../test/support/wait.ts';
import { paymentWorkflowId } from '../workflows/ids.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..', 'test', 'replay', 'histories');
const manual = { capture_method: 'manual' } as const;
const week = 7 * 86_400;

/** Each leaves behind one payment whose latest run is the one to record. */
type Scenario = (stack: TestStack) => Promise<string>;

async function pay(
  { api }: TestStack,
  token: string,
  changes: object = {},
  wait = 10,
): Promise<PaymentView> {
  return paymentOf(await api.post('/v1/payments', byCard(token, { ...changes }), { wait }));
}

async function ended({ api }: TestStack, id: string, status: string): Promise<string> {
  await api.until(id, (payment) => payment.status === status, 60_000);
  return id;
}

/** Asks something of a payment once its first run has ended, so that another run does it. */
async function later(
  stack: TestStack,
  first: PaymentView,
  path: string,
  body: object,
): Promise<string> {
  await runEnded(stack, first.id);
  await stack.api.post(`/v1/payments/${first.id}/${path}`, body);
  return first.id;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  sale: async (stack) => (await pay(stack, 'tok_visa')).id,
  authorization: async (stack) => (await pay(stack, 'tok_visa', manual)).id,
  decline: async (stack) => (await pay(stack, 'tok_declined_do_not_honor')).id,
  'failover-authorize-capture': async (stack) => (await pay(stack, 'tok_refused_connection')).id,
  'lost-reply': async (stack) => ended(stack, (await pay(stack, 'tok_lost_reply')).id, 'captured'),
  'nudge-while-waiting': async (stack) => {
    const { id } = await pay(stack, 'tok_lost_reply');
    await stack.api.post(`/v1/payments/${id}/cancel`, {});
    await stack.api.until(id, (payment) => payment.amount_refunded > 0);
    return id;
  },
  'unknown-voided-failover': async (stack) => {
    const { id } = await pay(stack, 'tok_error_500');
    return waitFor(async () => {
      await stack.sandbox.advance(10);
      const { status } = paymentOf(await stack.api.get(`/v1/payments/${id}`));
      if (status === 'processing') throw new Error('not yet');
      return id;
    }, 60_000);
  },
  capture: async (stack) => later(stack, await pay(stack, 'tok_visa', manual), 'captures', {}),
  cancel: async (stack) => later(stack, await pay(stack, 'tok_visa', manual), 'cancel', {}),
  refund: async (stack) => later(stack, await pay(stack, 'tok_visa'), 'refunds', { reason: 'x' }),
  'refund-in-doubt': async (stack) => {
    await stack.sandbox.setFaults([{ operation: 'refund', fault: 'lost_reply', rate: 1 }]);
    const id = await later(stack, await pay(stack, 'tok_visa'), 'refunds', { reason: 'x' });
    await stack.sandbox.setFaults([]);
    await stack.api.until(id, (payment) => payment.amount_refunded > 0);
    return id;
  },
  expiry: async (stack) => {
    const { id } = await pay(stack, 'tok_visa', manual);
    await runEnded(stack, id);
    await stack.sandbox.advance(week + 60);
    return ended(stack, id, 'expired');
  },
  'three-d-secure': async (stack) => {
    const { id, next_action: action } = await pay(stack, 'tok_3ds');
    await runEnded(stack, id);
    const page = await fetch(`${action?.url ?? ''}/approve`, {
      method: 'POST',
      redirect: 'manual',
    });
    await fetch(page.headers.get('location') ?? '', { redirect: 'manual' });
    return ended(stack, id, 'captured');
  },
};

async function withClient<T>(stack: TestStack, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function runEnded(stack: TestStack, paymentId: string): Promise<void> {
  return withClient(
    stack,
    (client) => client.workflow.getHandle(paymentWorkflowId(paymentId)).result() as Promise<void>,
  );
}

async function record(stack: TestStack, name: string, scenario: Scenario): Promise<void> {
  const paymentId = await scenario(stack);
  await runEnded(stack, paymentId);
  const history = await showHistory(stack, paymentWorkflowId(paymentId));
  // Whoever ran it is no business of a replay.
  const text = history.replaceAll(/("identity": ")[^"]*(")/g, '$1recorded$2');
  await writeFile(join(folder, `${name}.json`), await format(text, { parser: 'json' }));
  console.log(`${name}: ${text.match(/"eventId"/g)?.length ?? 0} events`);
}

/** As JSON, in the form in which it is replayed. */
async function showHistory(stack: TestStack, workflowId: string): Promise<string> {
  const address = ['--address', stack.temporalAddress, '--output', 'json'];
  const { stdout } = await run(stack.temporalBinary, [
    ...['workflow', 'show', '--workflow-id', workflowId],
    ...address,
  ]);
  return stdout;
}

await globalSetup();
try {
  await mkdir(folder, { recursive: true });
  const stack = await startTestStack();
  try {
    await stack.api.until(
      (await pay(stack, 'tok_visa', {}, 30)).id,
      (payment) => payment.status === 'captured',
      60_000,
    );
    for (const [name, scenario] of Object.entries(scenarios)) await record(stack, name, scenario);
  } finally {
    await stack.stop();
  }
} finally {
  await globalTeardown();
}
