/** Where providers report. The raw body is kept as it came: its signature is over these bytes. */
import express, { Router, type Request, type Response } from 'express';
import { HttpError } from '../http-errors.ts';
import type { ProviderWebhooks } from '../ports.ts';

const webhookBytesMax = 1024 * 1024;
const providerName = /^[a-z][a-z0-9_]{0,31}$/;
const jsonType = /^application\/json\s*(?:;.*)?$/i;
const readAll = express.raw({ limit: webhookBytesMax, type: () => true, inflate: false });

export function webhookRouter(webhooks: ProviderWebhooks): Router {
  const router = Router();
  router.post('/webhooks/:provider', async (request, response) => {
    const { provider } = request.params;
    const raw = await readRaw(request, response);
    const outcome = providerName.test(provider)
      ? await webhooks.receive(provider, raw, singleHeaders(request.headers))
      : 'unknown_provider';
    if (outcome === 'unknown_provider') throw new HttpError('not_found', 'No such provider here.');
    if (outcome === 'refused') {
      throw new HttpError('unauthenticated', 'The signature does not belong to this body.');
    }
    response.status(200).json({ received: true });
  });
  return router;
}

/** At once, before anything is waited for: once the other side has closed, nothing can be read any more. */
async function readRaw(request: Request, response: Response): Promise<Buffer> {
  if (!jsonType.test(request.get('content-type') ?? '')) {
    throw new HttpError('unsupported_media_type', 'Send Content-Type: application/json.');
  }
  await new Promise<void>((resolve, reject) => {
    readAll(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(readError(error));
    });
  });
  const raw: unknown = request.body;
  return Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
}

function readError(cause: unknown): HttpError {
  const { type } = cause as { type?: unknown };
  if (type === 'entity.too.large') {
    return new HttpError('body_too_large', `An event may have at most ${webhookBytesMax} bytes.`);
  }
  if (type === 'encoding.unsupported') {
    return new HttpError('unsupported_media_type', 'Send the event without Content-Encoding.');
  }
  return new HttpError('malformed_request', 'The event could not be read.', { cause });
}

function singleHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
