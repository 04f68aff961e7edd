/** Where 3-D Secure and bank pages send the shopper back to: a browser, so no credentials and no JSON. */
import express, { Router, type Request, type Response } from 'express';
import { containsCardNumber } from '../card-data.ts';
import { HttpError } from '../http-errors.ts';
import type { Returns } from '../ports.ts';

const waitMsMax = 5_000;
const returnedBytesMax = 8 * 1_024;
const attemptToken = /^[0-9A-Za-z_-]{16,128}$/;

/** A form that cannot be read is no reason to leave the shopper standing: the payment is looked at all the same. */
const readText = express.text({
  limit: returnedBytesMax,
  type: 'application/x-www-form-urlencoded',
});
const readForm = (request: Request, response: Response, next: () => void): void => {
  readText(request, response, () => {
    next();
  });
};

export function returnRouter(returns: Returns): Router {
  const router = Router();
  const arrive = async (request: Request, response: Response): Promise<void> => {
    const token = String(request.params['token']);
    const found = attemptToken.test(token)
      ? await returns.arrive(token, returnedOf(request), waitMsMax)
      : null;
    if (found === null) throw new HttpError('not_found', 'There is no such page.');
    if (found.returnUrl === null) {
      response.type('text/plain').send('Thank you. You may close this page.\n');
      return;
    }
    const target = new URL(found.returnUrl);
    target.searchParams.set('payment_id', found.paymentId);
    // 303: whatever the bank's page posted stays here; the shop's page is fetched by GET.
    response.redirect(303, target.href);
  };
  router.get('/return/:token', arrive);
  router.post('/return/:token', readForm, arrive);
  return router;
}

/** By address or by form, whichever the page used. What must not be kept is as good as nothing. */
function returnedOf(request: Request): string | null {
  const mark = request.originalUrl.indexOf('?');
  const query = mark === -1 ? '' : request.originalUrl.slice(mark + 1);
  const form: unknown = request.body;
  const returned = typeof form === 'string' && form !== '' ? form : query;
  if (returned === '' || Buffer.byteLength(returned) > returnedBytesMax) return null;
  const values = [...new URLSearchParams(returned).values()];
  return values.some(containsCardNumber) || returned.includes('\0') ? null : returned;
}
