/** The API in process, over real HTTP, on ports that a test may replace one by one. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createApp, type AppDeps } from '../../api/app.ts';
import { factCatalogue } from '../../domain/risk/facts.ts';
import { scopes, type Ports, type Principal } from '../../api/ports.ts';

export const testKey = 'tk_test_0123456789abcdefghijABCDEFGHIJ';
export const liveKey = 'tk_live_0123456789abcdefghijABCDEFGHIJ';

export const testPrincipal: Principal = {
  merchantId: 'mer_demo',
  mode: 'test',
  scopes,
  actor: { kind: 'api_key', id: 'key_1' },
};

function unexpected(name: string): () => Promise<never> {
  return () => Promise.reject(new Error(`unexpected call of ${name}`));
}

/** Knows `testKey`; everything else must be given, so that "nothing was written" is what passes. */
export function fakePorts(ports: Partial<{ [P in keyof Ports]: Partial<Ports[P]> }> = {}): Ports {
  const known = createHash('sha256').update(testKey).digest();
  return {
    principals: {
      byApiKey: async (hash) => (hash.equals(known) ? testPrincipal : null),
      merchantExists: async (id) => id === 'mer_demo',
      ...ports.principals,
    },
    payments: {
      create: unexpected('create'),
      addAttempt: unexpected('addAttempt'),
      capture: unexpected('capture'),
      cancel: unexpected('cancel'),
      refund: unexpected('refund'),
      increment: unexpected('increment'),
      reauthorize: unexpected('reauthorize'),
      find: unexpected('find'),
      list: unexpected('list'),
      timeline: unexpected('timeline'),
      findRefund: unexpected('findRefund'),
      ...ports.payments,
    },
    approvals: {
      find: unexpected('findApproval'),
      list: unexpected('listApprovals'),
      decide: unexpected('decide'),
      ...ports.approvals,
    },
    settings: { read: unexpected('settings'), ask: unexpected('ask'), ...ports.settings },
    doubts: { list: unexpected('doubts'), resolve: unexpected('resolve'), ...ports.doubts },
    customers: {
      create: unexpected('createCustomer'),
      find: unexpected('findCustomer'),
      list: unexpected('listCustomers'),
      saveMethod: unexpected('saveMethod'),
      findMethod: unexpected('findMethod'),
      methods: unexpected('methods'),
      detach: unexpected('detach'),
      ...ports.customers,
    },
    disputes: {
      find: unexpected('findDispute'),
      list: unexpected('listDisputes'),
      answer: unexpected('answerDispute'),
      ...ports.disputes,
    },
    paymentMethods: { offered: unexpected('offered'), ...ports.paymentMethods },
    ledger: {
      accounts: unexpected('accounts'),
      balance: unexpected('balance'),
      journalEntries: unexpected('journalEntries'),
      exportEntries: () => {
        throw new Error('unexpected call of exportEntries');
      },
      trialBalance: unexpected('trialBalance'),
      ...ports.ledger,
    },
    books: {
      close: unexpected('close'),
      openAlarms: unexpected('openAlarms'),
      acknowledge: unexpected('acknowledge'),
      ...ports.books,
    },
    reconciliations: {
      receive: unexpected('receiveFile'),
      list: unexpected('listReconciliations'),
      find: unexpected('findReconciliation'),
      lines: unexpected('lines'),
      exportLines: unexpected('exportLines'),
      ...ports.reconciliations,
    },
    breaks: {
      find: unexpected('findBreak'),
      list: unexpected('listBreaks'),
      export: unexpected('exportBreaks'),
      resolve: unexpected('resolveBreak'),
      ...ports.breaks,
    },
    payouts: {
      balances: unexpected('balances'),
      request: unexpected('requestPayout'),
      find: unexpected('findPayout'),
      list: unexpected('listPayouts'),
      statement: unexpected('statement'),
      exportStatement: unexpected('exportStatement'),
      ...ports.payouts,
    },
    audit: { list: unexpected('audit'), standing: unexpected('standing'), ...ports.audit },
    verifiedMoney: { list: unexpected('verifiedMoney'), ...ports.verifiedMoney },
    events: { list: unexpected('events'), ...ports.events },
    webhookEvents: { list: unexpected('webhookEvents'), ...ports.webhookEvents },
    webhooks: { receive: unexpected('receive'), ...ports.webhooks },
    returns: { arrive: unexpected('arrive'), ...ports.returns },
    routing: {
      providerNames: ['alder', 'birch', 'cedar'],
      readRules: unexpected('readRules'),
      listRules: unexpected('listRules'),
      askForRules: unexpected('askForRules'),
      preview: unexpected('preview'),
      providers: () => {
        throw new Error('unexpected call of providers');
      },
      ...ports.routing,
    },
    risk: {
      facts: factCatalogue([]),
      readRules: unexpected('readRiskRules'),
      listRules: unexpected('listRiskRules'),
      askForRules: unexpected('askForRiskRules'),
      dryRun: unexpected('dryRun'),
      findDryRun: unexpected('findDryRun'),
      report: unexpected('riskReport'),
      listEntries: unexpected('listEntries'),
      addEntry: unexpected('addEntry'),
      removeEntry: unexpected('removeEntry'),
      ...ports.risk,
    },
    reviews: {
      find: unexpected('findReview'),
      list: unexpected('listReviews'),
      decide: unexpected('decideReview'),
      ...ports.reviews,
    },
    health: { check: unexpected('check'), ...ports.health },
  };
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, where the answer is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON; texts and bytes as they are. */
  readonly body?: object | string | Buffer;
  /** Null: none. Default: `testKey`. */
  readonly key?: string | null;
}

export interface TestApi {
  readonly url: string;
  readonly logged: readonly string[];
  call(path: string, request?: ApiRequest): Promise<ApiResponse>;
  post(
    path: string,
    body: ApiRequest['body'],
    headers?: ApiRequest['headers'],
  ): Promise<ApiResponse>;
  close(): Promise<void>;
}

function rawBody(body: ApiRequest['body']): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || typeof body === 'string') return body;
  return Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
}

export async function startApi(ports: Ports, deps: Partial<AppDeps> = {}): Promise<TestApi> {
  const logged: string[] = [];
  const app = createApp({
    settings: { mode: 'test', publicUrl: 'http://127.0.0.1:8080', requestsPerSecondMax: 10_000 },
    ports,
    staff: null,
    sandboxClock: null,
    isUnavailable: () => false,
    log: pino({ level: 'trace' }, { write: (line: string) => logged.push(line) }),
    ...deps,
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (path: string, request: ApiRequest = {}): Promise<ApiResponse> => {
    const { method = 'GET', headers = {}, body, key = testKey } = request;
    const raw = rawBody(body);
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(raw !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(raw !== undefined && { body: raw }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
  };
  return {
    url,
    logged,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'idempotency-key': 'key-1', ...headers },
        ...(body !== undefined && { body }),
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
