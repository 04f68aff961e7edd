/** What finance staff do with the books of the whole installation: close periods, answer alarms. */
import { z } from 'zod';
import { HttpError } from '../http-errors.ts';
import { presentInstant } from '../instant.ts';
import { listSchema, presentList } from '../list.ts';
import type { AlarmItem, Books, CloseItem } from '../ledger/ports.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import { commandRoute, readRoute, type Route } from '../route.ts';
import { alarmSchema, closeSchema, type AlarmView, type CloseView } from './schema.ts';

const common = { tag: 'Books', scopes: ['ledger:close'] } as const;
const nothing = z.strictObject({});

export function booksRoutes(books: Books): readonly Route[] {
  return [closeRoute(books), alarmsRoute(books), acknowledgeRoute(books)];
}

function closeRoute(books: Books): Route {
  return commandRoute(
    {
      ...common,
      path: '/v1/periods/{date}/close',
      operationId: 'closePeriod',
      summary: 'Close a day (2026-11-25) softly or a month (2026-11) hard, with its trial balance',
      params: z.strictObject({ date: z.string() }),
      body: nothing,
      answers: {
        200: { description: 'The close, also if it was made before', schema: closeSchema },
      },
    },
    async ({ principal, params }) => {
      const { actor, reason } = staffAct(principal);
      const closed = await books.close(requirePeriod(params.date), actor, reason);
      if (closed === null) throw new HttpError('period_open', 'The period cannot be closed yet.');
      return { status: 200, body: presentClose(closed) };
    },
  );
}

function alarmsRoute(books: Books): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/ledger_alarms',
      operationId: 'listLedgerAlarms',
      summary:
        'Open alarms of the books, oldest first; while there is one no new payment is accepted',
      answers: { 200: { description: 'All open alarms', schema: listSchema(alarmSchema) } },
    },
    async ({ principal }) => {
      requireStaff(principal);
      const page = { items: await books.openAlarms(), hasMore: false };
      return { status: 200, body: presentList(page, ({ id }) => id, presentAlarm) };
    },
  );
}

function acknowledgeRoute(books: Books): Route {
  return commandRoute(
    {
      ...common,
      path: '/v1/ledger_alarms/{id}/acknowledge',
      operationId: 'acknowledgeLedgerAlarm',
      summary: 'End an alarm, once what it says has been looked into',
      params: z.strictObject({ id: z.string() }),
      body: nothing,
      answers: { 200: { description: 'What is still open', schema: listSchema(alarmSchema) } },
    },
    async ({ principal, params }) => {
      const { actor, reason } = staffAct(principal);
      const known = /^[1-9]\d{0,17}$/.test(params.id);
      if (!known || !(await books.acknowledge(params.id, actor, reason))) {
        throw new HttpError('not_found', 'There is no such open alarm.');
      }
      const page = { items: await books.openAlarms(), hasMore: false };
      return { status: 200, body: presentList(page, ({ id }) => id, presentAlarm) };
    },
  );
}

function requirePeriod(text: string): string {
  const [, month = '', day = '01'] = /^(\d{4}-\d\d)(?:-(\d\d))?$/.exec(text) ?? [];
  const date = `${month}-${day}`;
  const at = new Date(`${date}T00:00:00Z`);
  if (!Number.isNaN(at.getTime()) && at.toISOString().startsWith(date)) return text;
  throw new HttpError('not_found', 'There is no such day or month.');
}

function presentClose(item: CloseItem): CloseView {
  const { starts_at, ends_at, as_of, closed_at, entries, open_alarms, unknown_count, ...rest } =
    item;
  return {
    object: 'close',
    ...rest,
    starts_at: presentInstant(starts_at),
    ends_at: presentInstant(ends_at),
    as_of: presentInstant(as_of),
    closed_at: presentInstant(closed_at),
    entries: Number(entries),
    open_alarms: Number(open_alarms),
    unknown_count: Number(unknown_count),
  };
}

function presentAlarm({ raised_at, ...item }: AlarmItem): AlarmView {
  return { object: 'ledger_alarm', ...item, raised_at: presentInstant(raised_at) };
}
