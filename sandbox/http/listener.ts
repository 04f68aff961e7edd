import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { errorReply, invalidRequest } from './reply.ts';
import type { Answer, Reply } from './reply.ts';
import { readAddress } from './request.ts';
import type { Router } from './routes.ts';

const bodyBytesMax = 64 * 1_024;
/** Longer than clients keep theirs, so that it is not us who close a connection being reused. */
const keepAliveMs = 65_000;

/** Null: too large. */
async function readText(message: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...reply.headers,
    'content-length': Buffer.byteLength(reply.body),
  });
  response.end(reply.body);
}

async function answer(router: Router, message: IncomingMessage): Promise<Answer> {
  const address = readAddress(message.url ?? '/');
  if (address === null) return invalidRequest('malformed address');
  const body = await readText(message);
  if (body === null) return errorReply(413, 'invalid_request', 'too_large', 'at most 64 KiB');
  const { method = 'GET', headers } = message;
  return router({ ...address, method, headers, body });
}

/** Whatever goes wrong inside was rolled back: 500, and nothing was booked. */
async function serve(
  router: Router,
  log: Logger,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const answered = await answer(router, message);
    if (answered === 'drop') message.socket.destroy();
    else send(response, answered);
  } catch (error) {
    log.error({ err: error }, 'request failed');
    if (response.headersSent || message.socket.destroyed) message.socket.destroy();
    else send(response, errorReply(500, 'server_error', 'internal_error', 'see the log'));
  }
}

export function createListener(router: Router, log: Logger): Server {
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (message, response) => {
    void serve(router, log, message, response);
  });
  return server;
}
