/** OpenAPI 3.1, generated from the routes that serve: the schemas shown are the schemas that validate. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Route } from './route.ts';
import { problemSchema } from './schema/problem.ts';
import { apiVersion } from './version.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'Your own name for this one intent; permanent.' });
const prefer = z
  .string()
  .optional()
  .meta({ description: 'Seconds to wait for a clear state, 0 to 30.', example: 'wait=10' });

const ifMatch = z
  .string()
  .meta({ description: 'The ETag of the version that was read; the new one comes after it.' });
const reason = z.string().min(1).max(500).meta({ description: 'Why, for the record.' });

export function openApiDocument(routes: readonly Route[], publicUrl: string): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  const apiKey = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'tk_test_… or tk_live_…; staff send an OIDC token and Tender-Merchant.',
  });
  for (const route of routes) registry.registerPath(pathOf(route, apiKey.name));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tender',
      version: apiVersion,
      description: 'A payment service that companies run themselves.',
    },
    servers: [{ url: publicUrl }],
  });
}

const headersOf: Readonly<Record<Route['repeats'], z.ZodObject | undefined>> = {
  always: undefined,
  idempotency_key: z.object({ 'Idempotency-Key': idempotencyKey, Prefer: prefer }),
  if_match: z.object({ 'If-Match': ifMatch, 'X-Reason': reason }),
};

function pathOf({ method, repeats, spec }: Route, security: string): RouteConfig {
  const { params, query, body, form } = spec;
  const headers = method === 'delete' ? z.object({ 'X-Reason': reason }) : headersOf[repeats];
  return {
    method,
    path: spec.path,
    operationId: spec.operationId,
    tags: [spec.tag],
    summary: spec.summary,
    description: `Scope: ${spec.scopes.join(' or ')}.`,
    security: [{ [security]: [] }],
    request: {
      ...(params !== undefined && { params }),
      ...(query !== undefined && { query }),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && {
        body: { required: true, content: { 'application/json': { schema: body } } },
      }),
      ...(form !== undefined && {
        body: { required: true, content: { 'multipart/form-data': { schema: withFile(form) } } },
      }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(spec.answers).map(([status, { description, schema }]) => [
          status,
          {
            description,
            content: {
              [contentType(status)]: { schema },
              ...(spec.csv === true && { 'text/csv': { schema: z.string() } }),
            },
          },
        ]),
      ),
      default: {
        description: 'A problem; the codes are in docs/errors.md',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  };
}

function withFile(form: z.ZodObject): z.ZodObject {
  const file = z.any().meta({ type: 'string', format: 'binary', description: 'At most 512 MiB.' });
  return form.extend({ file });
}

function contentType(status: string): string {
  return status < '300' ? 'application/json' : 'application/problem+json';
}
