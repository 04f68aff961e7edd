/**
 * A caller who hangs up early. Found by the kill drill: the body of "capture 100" was taken for absent,
 * and `{}` means "capture all of it".
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fakePorts, startApi, testKey, testPrincipal } from '../test/support/api.ts';

const body = JSON.stringify({ amount: 100, final: false });

type Leave = 'hangs up' | 'closes its side' | 'hangs up half way';

async function captureAndLeave(how: Leave): Promise<readonly unknown[]> {
  const asked: unknown[] = [];
  const api = await startApi(
    fakePorts({
      principals: {
        // Slow enough that the caller is gone before it is known who it was.
        byApiKey: async () => {
          await sleep(60);
          return testPrincipal;
        },
      },
      payments: {
        capture: (_principal, _key, _paymentId, input) => {
          asked.push(input);
          return Promise.resolve({ kind: 'not_found' });
        },
      },
    }),
  );
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const sent = how === 'hangs up half way' ? body.slice(0, 9) : body;
  socket.write(
    `POST /v1/payments/pay_01a2061a-88f0-77b6-8fe3-9b9d8919bc7f/captures HTTP/1.1\r\nHost: x\r\n` +
      `Authorization: Bearer ${testKey}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${String(body.length)}\r\n\r\n${sent}`,
  );
  await sleep(15);
  if (how === 'closes its side') socket.end();
  else socket.destroy();
  await sleep(200);
  await api.close();
  return asked;
}

test.each<Leave>(['hangs up', 'closes its side', 'hangs up half way'])(
  'a caller who %s never has a part turned into all of it',
  async (how) => {
    const asked = await captureAndLeave(how);
    for (const input of asked) expect(input).toMatchObject({ amountMinor: 100n, final: false });
    if (how === 'hangs up half way') expect(asked).toHaveLength(0);
  },
);

test('a caller who closes only its own side is served what it asked for', async () => {
  expect(await captureAndLeave('closes its side')).toHaveLength(1);
});
