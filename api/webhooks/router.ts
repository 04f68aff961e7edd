/** Where providers report. The raw body is kept as it came: its signature is over these bytes. */
import express, { Router } from 'express';
import { HttpError } from '../http-errors.ts';
import type { ProviderWebhooks } from '../ports.ts';

const webhookBytesMax = 1024 * 1024;
const providerName = /^[a-z][a-z0-9_]{0,31}$/;

export function webhookRouter(webhooks: ProviderWebhooks): Router {
  const router = Router();
  const readRaw = express.raw({ limit: webhookBytesMax, type: () => true, inflate: false });
  router.post('/webhooks/:provider', readRaw, async (request, response) => {
    const provider = request.params.provider;
    const raw: unknown = request.body;
    const outcome = providerName.test(provider)
      ? await webhooks.receive(provider, Buffer.isBuffer(raw) ? raw : Buffer.alloc(0), {
          ...singleHeaders(request.headers),
        })
      : 'unknown_provider';
    if (outcome === 'unknown_provider') throw new HttpError('not_found', 'No such provider here.');
    if (outcome === 'refused') {
      throw new HttpError('unauthenticated', 'The signature does not belong to this body.');
    }
    response.status(200).json({ received: true });
  });
  return router;
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
