import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakePorts, startApi, type TestApi } from '../test/support/api.ts';
import { apiRoutes } from './app.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = await startApi(fakePorts());
  document = (await api.call('/openapi.json', { key: null })).body as unknown as Document;
});
afterAll(() => api.close());

/** They change nothing. */
const questions = ['/v1/routing/preview', '/v1/risk/rules/dry_run'];

describe('/openapi.json', () => {
  test('describes every route that is served, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const served = apiRoutes(fakePorts()).map(({ method, spec }) => `${method} ${spec.path}`);
    expect(document.openapi).toBe('3.1.0');
    expect(described.toSorted()).toEqual(served.toSorted());
  });

  test('says of each command that it needs an Idempotency-Key', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const parameters = methods['post']?.parameters;
      if (methods['post'] === undefined || questions.includes(path)) continue;
      expect(parameters).toContainEqual(
        expect.objectContaining({ name: 'Idempotency-Key', required: true }),
      );
    }
  });

  test('closes the bodies it takes: unknown fields are errors', () => {
    const { PaymentCreate, RefundCreate, Payment, Problem } = document.components.schemas;
    expect(PaymentCreate).toMatchObject({ additionalProperties: false });
    expect(PaymentCreate?.required).toEqual([
      'amount',
      'currency',
      'capture_method',
      'payment_method',
    ]);
    expect(RefundCreate).toMatchObject({ required: ['reason'], additionalProperties: false });
    expect(Object.keys(Payment?.properties ?? {})).toContain('amount_in_doubt');
    expect(Problem?.required).toContain('request_id');
  });

  test('refers only to what it holds', () => {
    const references = JSON.stringify(document).matchAll(
      /"\$ref":"#\/components\/schemas\/(\w+)"/g,
    );
    const names = new Set([...references].map(([, name]) => name));
    expect(names.size).toBeGreaterThan(5);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...names]));
  });
});

test('/docs is readable without any other server', async () => {
  const page = await api.call('/docs/', { key: null });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toMatch(/html/);
  const assets = [...page.text.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(([, path = '']) => path);
  expect(assets.length).toBeGreaterThan(3);
  expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  for (const path of assets) {
    expect((await api.call(`/docs/${path.slice(2)}`, { key: null })).status).toBe(200);
  }
  const init = await api.call('/docs/swagger-ui-init.js', { key: null });
  expect(init.text).toContain('/openapi.json');
});
