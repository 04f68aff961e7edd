/** Tender's end, as the sandbox sees it: takes webhooks and clock offsets, and can be told to fail. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The most requests that were here at the same time. */
  peak(): number;
  /** What to answer from now on, and after how long. */
  answerWith(status: number, delayMs?: number): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answer = { status: 204, delayMs: 0 };
  let present = 0;
  let peak = 0;
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    present += 1;
    peak = Math.max(peak, present);
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = JSON.parse(raw.toString()) as Received['body'];
      received.push({ path: message.url ?? '', headers: message.headers, raw, body });
      setTimeout(() => {
        present -= 1;
        response.writeHead(answer.status).end();
      }, answer.delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    received,
    peak: () => peak,
    answerWith(status, delayMs = 0) {
      answer = { status, delayMs };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
