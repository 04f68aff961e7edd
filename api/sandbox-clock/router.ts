/** The sandbox moves Tender's clock along with its own. Mounted in sandbox mode only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { validate } from '../field-errors.ts';
import { HttpError } from '../http-errors.ts';
import { readJsonBody } from '../json-body.ts';
import type { SandboxClock } from '../ports.ts';

const hundredYearsSeconds = 100 * 366 * 86_400;
const offsetSchema = z.strictObject({
  offset_seconds: z.int().min(0).max(hundredYearsSeconds),
});

/** `PUT /sandbox/clock { offset_seconds }`, with the secret that signs the sandbox's webhooks. */
export function sandboxClockRouter(clock: SandboxClock, secret: string): Router {
  const router = Router();
  router.put('/sandbox/clock', async (request, response) => {
    if (!sameText(request.get('authorization') ?? '', `Bearer ${secret}`)) {
      throw new HttpError('unauthenticated', 'Only the sandbox moves the clock.');
    }
    const { offset_seconds } = validate(offsetSchema, await readJsonBody(request, response));
    await clock.setOffset(offset_seconds);
    response.json({ offset_seconds });
  });
  return router;
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
