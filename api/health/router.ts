/** For whoever runs Tender: alive, ready, measured. No credentials, nothing secret. */
import { Router } from 'express';
import { HttpError } from '../http-errors.ts';
import type { Health } from '../ports.ts';

export function healthRouter(health: Health): Router {
  const router = Router();
  router.get('/livez', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const checks = await health.check();
    const ready = Object.values(checks).every(Boolean);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'not_ready', checks });
  });
  router.get('/metrics', async (_request, response) => {
    if (health.metrics === undefined) throw new HttpError('not_found', 'Metrics are off.');
    response.type('text/plain; version=0.0.4').send(await health.metrics());
  });
  return router;
}
