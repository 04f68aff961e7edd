/** What the transport may conclude: only a connection that never came about proves nothing was sent. */
import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createDispatcher, createHttpClient } from './client.ts';
import type { HttpAnswer, HttpClient } from './client.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()));
});

function aClient(baseUrl: string, deadlineMs = 2_000, responseMs = 60_000): HttpClient {
  const dispatcher = createDispatcher(5_000);
  cleanups.push(() => dispatcher.destroy());
  return createHttpClient({ baseUrl, deadlineMs, responseMs, dispatcher });
}

/** A peer that does with each request what the test says. */
async function aPeer(onRequest: (socket: Socket, requestCount: number) => void): Promise<string> {
  const sockets = new Set<Socket>();
  let requestCount = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requestCount += 1;
      onRequest(socket, requestCount);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function post(client: HttpClient): Promise<HttpAnswer> {
  return client.call({ method: 'POST', path: '/x', idempotencyKey: 'k', body: { a: 1 } });
}

function reply(body: string, extra = ''): string {
  return `HTTP/1.1 200 OK\r\n${extra}content-length: ${String(body.length)}\r\n\r\n${body}`;
}

test.each([
  ['http://127.0.0.1:1', 'ECONNREFUSED'],
  ['http://localhost:1', 'ECONNREFUSED'],
  ['http://nowhere.invalid', 'ENOTFOUND'],
])('%s: not connected', async (url, detail) => {
  // Some resolvers answer "try again" for a name that does not exist: not connected just as well.
  const answer = await post(aClient(url, 10_000));
  expect(answer.kind).toBe('not_connected');
  expect([detail, 'EAI_AGAIN']).toContain(answer.kind === 'not_connected' && answer.detail);
});

test('an answer is passed on as it is', async () => {
  const url = await aPeer((socket) =>
    socket.write(reply('hi', 'sandbox-disposition: refused\r\n')),
  );
  expect(await post(aClient(url))).toEqual({
    kind: 'answered',
    status: 200,
    disposition: 'refused',
    text: 'hi',
  });
});

test('a connection cut after the request says nothing', async () => {
  const url = await aPeer((socket) => socket.destroy());
  expect((await post(aClient(url))).kind).toBe('no_answer');
});

test('a kept-alive connection cut at its second use says nothing, and nothing is sent twice', async () => {
  let seen = 0;
  const url = await aPeer((socket, count) => {
    seen = count;
    if (count === 1) socket.write(reply('first'));
    else socket.destroy();
  });
  const client = aClient(url);
  expect((await post(client)).kind).toBe('answered');
  expect((await post(client)).kind).toBe('no_answer');
  expect(seen).toBe(2);
});

test('a reset says nothing', async () => {
  const url = await aPeer((socket) => socket.resetAndDestroy());
  expect((await post(aClient(url))).kind).toBe('no_answer');
});

test('silence ends at the deadline', async () => {
  const url = await aPeer(() => undefined);
  expect(await post(aClient(url, 100))).toEqual({ kind: 'no_answer', detail: 'deadline' });
});

test('a body that stops half-way ends at the deadline', async () => {
  const url = await aPeer((socket) => socket.write(reply('0123456789').slice(0, -5)));
  expect(await post(aClient(url, 100))).toEqual({ kind: 'no_answer', detail: 'deadline' });
});

test('a body without end is not read to its end', async () => {
  const url = await aPeer((socket) => socket.write(reply('x'.repeat(100_000))));
  expect(await post(aClient(url))).toEqual({ kind: 'no_answer', detail: 'body_too_large' });
});

test('what is not HTTP says nothing', async () => {
  const url = await aPeer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  expect((await post(aClient(url))).kind).toBe('no_answer');
});

test('a reply that does not begin in time is no answer, whatever is left of the deadline', async () => {
  const silent = await aPeer(() => undefined);
  const began = performance.now();
  const answer = await post(aClient(silent, 20_000, 500));
  expect(answer).toEqual({ kind: 'no_answer', detail: 'UND_ERR_HEADERS_TIMEOUT' });
  expect(performance.now() - began).toBeLessThan(5_000);
});

const at = 'date: Wed, 25 Nov 2026 12:00:00 GMT\r\nretry-after:';
test.each([
  ['429 Too Many Requests', 'retry-after: 3', 3_000],
  ['503 Service Unavailable', `${at} Wed, 25 Nov 2026 12:01:00 GMT`, 60_000],
  ['503 Service Unavailable', `${at} Wed, 25 Nov 2026 11:59:00 GMT`, undefined],
  ['503 Service Unavailable', 'retry-after: soon', undefined],
  ['503 Service Unavailable', 'retry-after: -3', undefined],
  ['200 OK', 'retry-after: 3', undefined],
])('%s with %s asks to wait', async (status, header, ms) => {
  const peer = await aPeer((socket) => {
    socket.end(`HTTP/1.1 ${status}\r\n${header}\r\ncontent-length: 2\r\n\r\n{}`);
  });
  expect(await post(aClient(peer))).toMatchObject({ kind: 'answered', status: Number(status.slice(0, 3)), retryAfterMs: ms }); // prettier-ignore
});
