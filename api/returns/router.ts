/** Where 3-D Secure and bank pages send the shopper back to: a browser, so no credentials and no JSON. */
import { Router, type Request, type Response } from 'express';
import type { Returns } from '../ports.ts';
import { HttpError } from '../http-errors.ts';

const waitMsMax = 5_000;
const attemptToken = /^[0-9A-Za-z_-]{16,128}$/;

export function returnRouter(returns: Returns): Router {
  const router = Router();
  const arrive = async (request: Request, response: Response): Promise<void> => {
    const token = String(request.params['token']);
    const found = attemptToken.test(token) ? await returns.arrive(token, waitMsMax) : null;
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
  router.post('/return/:token', arrive);
  return router;
}
