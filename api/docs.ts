/** `/openapi.json` and, to read it, `/docs`: assets come from this process, never from a CDN. */
import { Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { OpenApiDocument } from './openapi.ts';

export function docsRouter(document: OpenApiDocument): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  const page = { customSiteTitle: 'Tender API', swaggerOptions: { url: '/openapi.json' } };
  router.use('/docs', swaggerUi.serveFiles(undefined, page), swaggerUi.setup(undefined, page));
  return router;
}
