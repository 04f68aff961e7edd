/** Retrieve, list and search. Lists are fresh; search lags, as Stripe says of its own. */
import type { Context } from '../context.ts';
import { jsonReply } from '../http/reply.ts';
import type { Answer, Json, Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import { answerKeyless } from '../processor/wire-faults.ts';
import { stripeContract as contract } from './contract.ts';
import { invalidRequest, rateLimited, serverError } from './errors.ts';
import { listPayouts, listTransactions, presentPayout } from './payouts.ts';
import { presentIntent, presentRefund, snapshotOf } from './present.ts';

const searchLagMs = 60_000;

function limitOf({ query }: Request): number {
  const limit = Number(query.get('limit') ?? '10');
  return Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 100) : 10;
}

function page(url: string, rows: readonly Json[], limit: number): Json {
  return { object: 'list', url, data: rows.slice(0, limit), has_more: rows.length > limit };
}

function isExpanded({ query }: Request): boolean {
  return [...query].some(
    ([name, value]) => name.startsWith('expand') && /latest_charge$/.test(value),
  );
}

function retrieveIntent(context: Context, request: Request, id: string): Reply {
  const row = context.store.authorizations.find(id);
  if (row?.provider !== contract.name) {
    return invalidRequest({ code: 'resource_missing', param: 'intent' }, 404);
  }
  return jsonReply(200, presentIntent(context, row, snapshotOf(context, row), isExpanded(request)));
}

function listIntents(context: Context, request: Request): Reply {
  const limit = limitOf(request);
  const rows = context.store.authorizations.listNewest({
    provider: contract.name,
    since: Number(request.query.get('created[gte]') ?? '0') * 1_000,
    before: request.query.get('starting_after') ?? '~',
    limit: limit + 1,
  });
  const shown = rows.map((row) =>
    presentIntent(context, row, snapshotOf(context, row), isExpanded(request)),
  );
  return jsonReply(200, page('/v1/payment_intents', shown, limit));
}

function searchIntents(context: Context, request: Request): Reply {
  const query = request.query.get('query') ?? '';
  const reference = /^metadata\['tender_reference'\]:'([^']+)'$/.exec(query)?.[1];
  if (reference === undefined) return invalidRequest({ param: 'query' });
  const rows = context.store.authorizations
    .listByReference(contract.name, reference)
    .filter((row) => row.created_at + searchLagMs <= context.clock.now());
  const shown = rows.map((row) => presentIntent(context, row, snapshotOf(context, row), false));
  return jsonReply(200, {
    ...page('/v1/payment_intents/search', shown, 100),
    object: 'search_result',
  });
}

function listRefunds(context: Context, request: Request): Reply {
  const limit = limitOf(request);
  const after = request.query.get('starting_after') ?? '~';
  const rows = context.store.operations
    .listByAuthorization(request.query.get('payment_intent') ?? '')
    .filter((row) => row.kind === 'refund' && isMade(row.decline_code) && row.id < after)
    .reverse();
  return jsonReply(200, page('/v1/refunds', rows.map(presentRefund), limit));
}

/** What was refused at the door left no refund; what was made may still have failed. */
function isMade(declineCode: string | null): boolean {
  return declineCode === null || declineCode === 'late_failure';
}

/** After the one that was named, as far as it is there. */
function pageAfter(request: Request, url: string, all: readonly Json[]): Reply {
  const after = request.query.get('starting_after');
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) {
    return invalidRequest({ code: 'resource_missing', param: 'starting_after' });
  }
  return jsonReply(200, page(url, all.slice(start), limitOf(request)));
}

function readPayouts(context: Context, request: Request, id: string | undefined): Reply {
  const all = listPayouts(context);
  if (id === undefined) {
    const since = Number(request.query.get('created[gte]') ?? '0') * 1_000;
    const shown = all.filter(({ paidAt }) => paidAt >= since);
    return pageAfter(
      request,
      '/v1/payouts',
      shown.map((payout) => presentPayout(context, payout)),
    );
  }
  const found = all.find((payout) => payout.id === id);
  if (found !== undefined) return jsonReply(200, presentPayout(context, found));
  return invalidRequest({ code: 'resource_missing', param: 'payout' }, 404);
}

/** Of one payout; all there are at once is more than anybody asks for here. */
function listOfPayout(context: Context, request: Request): Reply {
  const id = request.query.get('payout');
  const payout = listPayouts(context).find((one) => one.id === id);
  if (payout === undefined) return invalidRequest({ code: 'resource_missing', param: 'payout' });
  const isSourceExpanded = [...request.query].some(
    ([name, value]) => name.startsWith('expand') && value === 'data.source',
  );
  const all = listTransactions(context, payout, isSourceExpanded);
  return pageAfter(request, '/v1/balance_transactions', all);
}

function read(context: Context, request: Request): Reply | null {
  const [, , collection, id, more] = request.segments;
  if (more !== undefined) return null;
  if (collection === 'payment_intents') {
    if (id === undefined) return listIntents(context, request);
    return id === 'search' ? searchIntents(context, request) : retrieveIntent(context, request, id);
  }
  if (collection === 'payouts') return readPayouts(context, request, id);
  if (collection === 'balance_transactions' && id === undefined) {
    return listOfPayout(context, request);
  }
  return collection === 'refunds' && id === undefined ? listRefunds(context, request) : null;
}

/** A read is a lookup, and suffers what lookups suffer. Null: not an address of ours. */
export function answerRead(context: Context, request: Request): Promise<Answer> | null {
  const reply = read(context, request);
  if (reply === null) return null;
  const fault = context.faults.drawCall(contract.name, 'lookup');
  if (fault === 'refused') return Promise.resolve('drop');
  if (fault === 'rate_limited') return Promise.resolve(rateLimited);
  if (fault === 'error_500') return Promise.resolve(serverError);
  const { status } = reply;
  return answerKeyless(context, fault, () => ({ status, body: JSON.parse(reply.body) as Json }));
}
