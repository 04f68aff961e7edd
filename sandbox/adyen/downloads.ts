/** `GET /adyen/reports/download/MerchantAccount/{account}/{file}`, for the report user: of each batch one file. */
import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../context.ts';
import type { Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import { findAdyenBatch } from '../settlement/reports.ts';
import { notHere, unauthorized } from './errors.ts';
import { merchantAccount } from './present.ts';

/** The one who may download; payments are made under any key. */
export const reportUser = {
  user: 'report@Company.TenderSandboxCompany',
  password: 'of the report user: "ü"',
  apiKey: 'key_of_the_report_user',
} as const;

const fileName = /^settlement_detail_report_batch_([1-9]\d{0,8})\.csv$/;

/** Null: not an address of downloads. */
export function answerDownload(context: Context, request: Request): Reply | null {
  const [, collection, download, kind, account, file = '', ...rest] = request.segments;
  if (collection !== 'reports' || download !== 'download') return null;
  if (!isReportUser(request)) return unauthorized;
  const [, number] = fileName.exec(file) ?? [];
  const isOurs = kind === 'MerchantAccount' && account === merchantAccount && rest.length === 0;
  if (request.method !== 'GET' || !isOurs || number === undefined) return notHere;
  return findAdyenBatch(context, Number(number)) ?? notHere;
}

function isReportUser({ headers }: Request): boolean {
  const { user, password, apiKey } = reportUser;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const { authorization, 'x-api-key': key } = headers;
  return isSame(authorization, basic) || isSame(key, apiKey);
}

function isSame(given: unknown, due: string): boolean {
  const [said, wanted] = [Buffer.from(String(given)), Buffer.from(due)];
  return said.length === wanted.length && timingSafeEqual(said, wanted);
}
