/** The way of every request, in one place and in order: who, how often, what, then the handler. */
import type { Express, Request, Response } from 'express';
import { authenticate, authorize, type Authentication } from './authenticate.ts';
import { containsCardNumber } from './card-data.ts';
import { sendCsv } from './csv.ts';
import { HttpError } from './http-errors.ts';
import { fingerprint, readIdempotencyKey } from './idempotency-key.ts';
import { parseJsonBody, readRawBody, refuseCardData } from './json-body.ts';
import type { JsonValue } from './json/strict-json.ts';
import { waitMs } from './prefer.ts';
import { problem, sendProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import type { IdempotencyKey } from './ports.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Reply, Route } from './route.ts';
import { withUpload } from './upload.ts';

export interface Pipeline {
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit;
}

export function mountRoutes(app: Express, pipeline: Pipeline, routes: readonly Route[]): void {
  for (const route of routes) {
    app[route.method](expressPath(route.spec.path), async (request, response) => {
      await send(response, await answer(pipeline, route, request, response));
    });
  }
  mountOtherMethods(app, routes);
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function answer(
  { authentication, rateLimit }: Pipeline,
  route: Route,
  request: Request,
  response: Response,
): Promise<Reply> {
  const isUpload = route.spec.form !== undefined;
  // A refusal does not wait for all of a file that nobody wants.
  if (isUpload) response.set('Connection', 'close');
  const hasBody = ['post', 'put'].includes(route.method) && !isUpload;
  const raw = hasBody ? await readRawBody(request, response) : undefined;
  const principal = await authenticate(authentication, request.headers);
  response.locals['merchantId'] = principal.merchantId;
  await rateLimit.spend(principal);
  authorize(principal, route.spec.scopes);
  const params: unknown = request.params;
  const query = queryOf(request);
  refuseCardDataInAddress(request.path, query);
  const body = raw === undefined ? {} : parseJsonBody(request, raw);
  const { method, path } = request;
  const keyFor = (fingerprinted: JsonValue): IdempotencyKey => ({
    key: readIdempotencyKey(request.get('idempotency-key')),
    fingerprint: fingerprint(principal.mode, method, path, fingerprinted),
    method,
    path,
  });
  return route.answer({
    principal,
    params,
    query,
    body,
    key: () => keyFor(body),
    keyFor,
    withUpload: (use) =>
      withUpload(request, (upload) => {
        refuseCardData(upload.fields);
        return use(upload);
      }),
    waitMs: waitMs(request.get('prefer')),
    ifMatch: request.get('if-match'),
    asCsv: request.accepts(['application/json', 'text/csv']) === 'text/csv',
  });
}

/** Express's simple parser gives a text, or a list of texts where a name comes twice. */
function queryOf(request: Request): Readonly<Record<string, JsonValue>> {
  return { ...(request.query as Readonly<Record<string, JsonValue>>) };
}

function refuseCardDataInAddress(path: string, query: Readonly<Record<string, JsonValue>>): void {
  if (containsCardNumber(decodeURIComponent(path))) {
    throw new HttpError('card_data_refused', 'A card number was found in the address.');
  }
  refuseCardData(query, '/query');
}

async function send(response: Response, reply: Reply): Promise<void> {
  if ('rows' in reply) return sendCsv(response, reply.rows);
  response.set(reply.headers ?? {});
  if ('problem' in reply) {
    const { code, detail, members } = reply.problem;
    sendProblem(response, { ...problem(code, detail, requestIdOf(response)), ...members });
  } else {
    response.status(reply.status).json(reply.body);
  }
}

/** 405 with Allow where the address exists but the method does not. */
function mountOtherMethods(app: Express, routes: readonly Route[]): void {
  const methods = new Map<string, string[]>();
  for (const { method, spec } of routes) {
    methods.set(spec.path, [...(methods.get(spec.path) ?? []), method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) {
    app.all(expressPath(path), () => {
      throw new HttpError('method_not_allowed', `This address takes ${allowed.join(' and ')}.`, {
        headers: { Allow: allowed.join(', ') },
      });
    });
  }
}
