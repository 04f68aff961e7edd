/** What is not JSON for merchants: providers' webhooks, returning shoppers, the sandbox, operators. */
import { describe, expect, test } from '@jest/globals';
import { fakePorts, startApi } from '../test/support/api.ts';
import type { Returns } from './ports.ts';

describe('POST /webhooks/{provider}', () => {
  test('hands over the bytes as they came and answers for them', async () => {
    const seen: [string, string, string | undefined][] = [];
    const api = await startApi(
      fakePorts({
        webhooks: {
          receive: async (provider, raw, headers) => {
            seen.push([provider, raw.toString('latin1'), headers['webhook-signature']]);
            if (provider === 'alder') return 'accepted';
            return provider === 'birch' ? 'refused' : 'unknown_provider';
          },
        },
      }),
    );
    const raw = '{ "a":1, "a": 2 }\xff';
    const send = (path: string): ReturnType<typeof api.call> =>
      api.call(path, {
        method: 'POST',
        key: null,
        body: Buffer.from(raw, 'latin1'),
        headers: { 'webhook-signature': 'v1,abc' },
      });
    expect((await send('/webhooks/alder')).status).toBe(200);
    expect(seen).toEqual([['alder', raw, 'v1,abc']]);
    expect((await send('/webhooks/birch')).status).toBe(401);
    expect((await send('/webhooks/none')).status).toBe(404);
    expect((await send('/webhooks/__proto__')).status).toBe(404);
    expect(seen.length).toBe(3);
    await api.close();
  });
});

describe('/return/{attempt_token}', () => {
  const token = 'abcdefghijklmnopqrstuvwxyz0123456789_-ABCDE';
  const paymentId = 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';

  test.each(['GET', 'POST'])('%s sends the shopper on to the shop', async (method) => {
    const waits: number[] = [];
    const api = await startApi(
      fakePorts({
        returns: {
          arrive: async (given, _returned, waitMs) => {
            waits.push(waitMs);
            return given === token
              ? { paymentId, returnUrl: 'https://shop.example/done?order=7#top' }
              : null;
          },
        },
      }),
    );
    const response = await api.call(`/return/${token}`, { method, key: null });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(
      `https://shop.example/done?order=7&payment_id=${paymentId}#top`,
    );
    expect(waits).toEqual([5_000]);
    expect((await api.call(`/return/${token}x`, { method, key: null })).status).toBe(404);
    expect((await api.call('/return/short', { method, key: null })).status).toBe(404);
    await api.close();
  });

  const number = '4242424242424242';
  test.each<[string, string, Record<string, string> | null, string | null]>([
    ['in the address', '?redirectResult=X6%21a&x=1', null, 'redirectResult=X6%21a&x=1'],
    ['in a form', '', { MD: '1', PaRes: 'a+b' }, 'MD=1&PaRes=a%2Bb'],
    ['in both: the form', '?x=1', { MD: '1' }, 'MD=1'],
    ['not at all', '', null, null],
    ['with a card number in it', `?x=${number.replaceAll(/(....)/g, '$1%20')}`, null, null],
    ['with a card number in a form', '', { x: number }, null],
    ['of more than 8 KiB', `?x=${'y'.repeat(8_192)}`, null, null],
    ['in a form of more than 8 KiB', '', { x: 'y'.repeat(8_192) }, null],
  ])('keeps what was brought back %s', async (_, query, form, expected) => {
    const kept: (string | null)[] = [];
    const arrive: Returns['arrive'] = async (_token, returned) => {
      kept.push(returned);
      return { paymentId, returnUrl: null };
    };
    const api = await startApi(fakePorts({ returns: { arrive } }));
    const init = form === null ? {} : { method: 'POST', body: new URLSearchParams(form) };
    const response = await fetch(`${api.url}/return/${token}${query}`, init);
    expect([response.status, kept]).toEqual([200, [expected]]);
    await api.close();
  });

  test('thanks the shopper where there is no shop to go to', async () => {
    const arrive = async (): Promise<{ paymentId: string; returnUrl: null }> => ({
      paymentId,
      returnUrl: null,
    });
    const api = await startApi(fakePorts({ returns: { arrive } }));
    expect((await api.call(`/return/${token}`, { key: null })).text).toMatch(/Thank you/);
    await api.close();
  });
});

describe('PUT /sandbox/clock', () => {
  test('moves the clock for whoever knows the secret, and only in sandbox mode', async () => {
    const moved: number[] = [];
    const clock = {
      setOffset: async (seconds: number): Promise<void> => {
        moved.push(seconds);
      },
    };
    const api = await startApi(fakePorts(), { sandboxClock: { clock, secret: 'whsec_c2VjcmV0' } });
    const put = (key: string, body: object): ReturnType<typeof api.call> =>
      api.call('/sandbox/clock', { method: 'PUT', key, body });
    expect((await put('whsec_c2VjcmV0', { offset_seconds: 86_400 })).status).toBe(200);
    expect((await put('whsec_wrong', { offset_seconds: 1 })).status).toBe(401);
    expect((await put('whsec_c2VjcmV0', { offset_seconds: -1 })).status).toBe(400);
    expect(moved).toEqual([86_400]);
    await api.close();

    const live = await startApi(fakePorts());
    const refused = await live.call('/sandbox/clock', {
      method: 'PUT',
      body: { offset_seconds: 1 },
    });
    expect(refused.status).toBe(404);
    await live.close();
  });
});

describe('health', () => {
  test('alive is not yet ready', async () => {
    let database = false;
    const check = async (): Promise<Record<string, boolean>> => ({ database, temporal: true });
    const api = await startApi(fakePorts({ health: { check } }));
    expect((await api.call('/livez', { key: null })).status).toBe(200);
    const away = await api.call('/readyz', { key: null });
    expect(away.status).toBe(503);
    expect(away.body).toEqual({ status: 'not_ready', checks: { database: false, temporal: true } });
    database = true;
    expect((await api.call('/readyz', { key: null })).status).toBe(200);
    expect((await api.call('/metrics', { key: null })).status).toBe(404);
    await api.close();
  });
});
