import type { z } from 'zod';
import { HttpError } from '../http-errors.ts';
import { presentInstant } from '../instant.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import type { EntryFilter } from '../../db/ledger.ts';
import type { Ledger, TrialBalanceFilter } from './ports.ts';
import { readRoute, type Route } from '../route.ts';
import { balanceRows, entryRows } from './csv-rows.ts';
import { presentAccount, presentBalance, presentJournalEntry } from './presenter.ts';
import {
  accountParams,
  accountSchema,
  balanceQuery,
  balanceSchema,
  journalEntriesQuery,
  journalEntrySchema,
  trialBalanceQuery,
  trialBalanceSchema,
} from './schema.ts';

function timesOf(query: z.output<typeof trialBalanceQuery>): TrialBalanceFilter {
  return { asOf: query.as_of, effectiveBefore: query.effective_before };
}

function entryFilterOf(query: z.output<typeof journalEntriesQuery>): EntryFilter {
  return {
    paymentId: query.payment_id,
    account: query.account,
    provider: query.provider,
    currency: query.currency,
    effectiveFrom: query.effective_from,
    effectiveTo: query.effective_to,
    recordedFrom: query.recorded_from,
    recordedTo: query.recorded_to,
  };
}

const common = { tag: 'Ledger', scopes: ['ledger:read'] } as const;

export function ledgerRoutes(ledger: Ledger): readonly Route[] {
  return [
    accountsRoute(ledger),
    balanceRoute(ledger),
    journalEntriesRoute(ledger),
    trialBalanceRoute(ledger),
  ];
}

function accountsRoute(ledger: Ledger): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/ledger/accounts',
      operationId: 'listAccounts',
      summary: 'The chart of accounts',
      answers: { 200: { description: 'All accounts', schema: listSchema(accountSchema) } },
    },
    async ({ principal }) => {
      const items = await ledger.accounts(principal);
      const body = presentList({ items, hasMore: false }, ({ code }) => code, presentAccount);
      return { status: 200, body };
    },
  );
}

function balanceRoute(ledger: Ledger): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/ledger/accounts/{code}/balance',
      operationId: 'getBalance',
      summary: 'The balance of one account, now or as of a recorded time',
      params: accountParams,
      query: balanceQuery,
      answers: { 200: { description: 'The balance', schema: balanceSchema } },
    },
    async ({ principal, params, query }) => {
      const { currency, provider } = query;
      const filter = { account: params.code, currency, provider, ...timesOf(query) };
      const found = await ledger.balance(principal, filter);
      if (found === null) throw new HttpError('not_found', 'There is no such account.');
      return { status: 200, body: presentBalance(found) };
    },
  );
}

function journalEntriesRoute(ledger: Ledger): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/ledger/journal_entries',
      operationId: 'listJournalEntries',
      summary: 'Journal entries, newest first; as text/csv all of them, a line per posting',
      csv: true,
      query: journalEntriesQuery,
      answers: { 200: { description: 'A page', schema: listSchema(journalEntrySchema) } },
    },
    async ({ principal, query, asCsv }) => {
      const filter = entryFilterOf(query);
      if (asCsv) return { rows: entryRows(ledger.exportEntries(principal, filter)) };
      const page = await ledger.journalEntries(principal, filter, pageOf(query));
      return { status: 200, body: presentList(page, ({ id }) => id, presentJournalEntry) };
    },
  );
}

function trialBalanceRoute(ledger: Ledger): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/ledger/trial_balance',
      operationId: 'getTrialBalance',
      summary: 'Every balance, now or as of a recorded time; debits equal credits per currency',
      csv: true,
      query: trialBalanceQuery,
      answers: { 200: { description: 'The trial balance', schema: trialBalanceSchema } },
    },
    async ({ principal, query, asCsv }) => {
      const { asOf, balances } = await ledger.trialBalance(principal, timesOf(query));
      const data = balances.map(presentBalance);
      if (asCsv) return { rows: balanceRows(presentInstant(asOf), data) };
      return { status: 200, body: { as_of: presentInstant(asOf), data } };
    },
  );
}
