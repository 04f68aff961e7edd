/**
 * Adyen's settlement details reports. It lists them nowhere, but numbers the batches of a merchant account without
 * gaps: so whoever has one asks for the next, until there is none yet. Addresses are made here and never taken from
 * an event, and whatever else than the file is answered, a redirect above all, is an error.
 */
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import type { FetchedReport, ReportSource } from '../../domain/report-source.ts';
import { createPool, describeError } from '../connection.ts';
import { adyenContract } from './contract.ts';

export interface AdyenReportOptions {
  /** What `/MerchantAccount/…` is below. */
  readonly url: string;
  /** One segment of an address. */
  readonly merchantAccount: string;
  /** Of a report user. */
  readonly credentials:
    { readonly user: string; readonly password: string } | { readonly apiKey: string };
  /** Batches before this one are of before Tender, and not asked for. */
  readonly firstBatch: number;
}

/** As the reader of the file names its part: then one that was uploaded is not asked for. */
export function batchId(merchantAccount: string, batch: number | string): string {
  return `batch/${merchantAccount}/${String(batch)}`;
}

/** Between two pieces of a file, and until the first; a whole one may take long. */
const silenceMs = 30_000;

export function createAdyenReports(options: AdyenReportOptions): ReportSource {
  const pool = createPool({ connectMs: adyenContract.connectMs, responseMs: silenceMs });
  return {
    ...{ provider: adyenContract.name, kind: 'settlement' },
    fetch: (known) => fetchBatches(options, pool, known),
  };
}

async function* fetchBatches(
  options: AdyenReportOptions,
  pool: Dispatcher,
  known: ReadonlySet<string>,
): AsyncGenerator<FetchedReport> {
  const { merchantAccount, firstBatch } = options;
  const newest = newestOf(known, batchId(merchantAccount, ''));
  for (let batch = firstBatch; ; batch += 1) {
    const id = batchId(merchantAccount, batch);
    if (known.has(id)) continue;
    const fileName = `settlement_detail_report_batch_${String(batch)}.csv`;
    const bytes = await open(options, pool, fileName);
    if (bytes === null) {
      if (batch > newest) return;
      // One that was passed over, or refused: it may be there another time.
      continue;
    }
    try {
      yield { id, fileName, span: null, bytes };
    } finally {
      bytes.destroy();
    }
  }
}

function newestOf(known: ReadonlySet<string>, prefix: string): number {
  let newest = 0;
  for (const id of known) {
    const number = id.startsWith(prefix) ? Number(id.slice(prefix.length)) : 0;
    if (Number.isSafeInteger(number)) newest = Math.max(newest, number);
  }
  return newest;
}

/** Null: there is no such file yet. */
async function open(
  { url, merchantAccount, credentials }: AdyenReportOptions,
  dispatcher: Dispatcher,
  fileName: string,
): Promise<Dispatcher.ResponseData['body'] | null> {
  const account = encodeURIComponent(merchantAccount);
  const address = `${url.replace(/\/$/, '')}/MerchantAccount/${account}/${fileName}`;
  const headers = authorizationOf(credentials);
  const asked = { dispatcher, method: 'GET', headers, bodyTimeout: silenceMs } as const;
  const answer = await request(address, asked).catch((error: unknown) => {
    throw new Error(`adyen: ${describeError(error)}`, { cause: error });
  });
  const { statusCode, body } = answer;
  // Given up while it comes, it must not end the process.
  body.on('error', () => undefined);
  const wrong = statusCode === 200 ? wrongOf(answer.headers) : `HTTP ${String(statusCode)}`;
  if (wrong === null) return body;
  if (statusCode === 404) {
    await body.dump();
    return null;
  }
  body.destroy();
  throw new Error(`adyen: ${wrong} of ${fileName}`);
}

function authorizationOf(
  credentials: AdyenReportOptions['credentials'],
): Readonly<Record<string, string>> {
  if ('apiKey' in credentials) return { 'x-api-key': credentials.apiKey };
  const { user, password } = credentials;
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Null: it is a file, and one that cannot end too early unnoticed: it has no totals that would tell. */
function wrongOf(headers: Dispatcher.ResponseData['headers']): string | null {
  // What its customer area shows people, to log in for example, is no report.
  if (/html/i.test(String(headers['content-type'] ?? ''))) return 'a page in place';
  const hasEnd = 'content-length' in headers || 'transfer-encoding' in headers;
  return hasEnd ? null : 'an answer without its length, in place';
}
