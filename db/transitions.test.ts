/** The database's copies of the transition tables, and the triggers that hold every writer to them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  attemptStatuses,
  attemptTransitions,
  operationStatuses,
  operationTransitions,
  paymentStatuses,
  paymentTransitions,
} from '../domain/payment.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';

let on: PaymentDatabase;
let payment: PaymentState;
beforeAll(async () => {
  on = await openPaymentDatabase();
  payment = await on.captured();
});
afterAll(() => on.close());

const objects = [
  { object: 'payment', table: 'payments', statuses: paymentStatuses, moves: paymentTransitions },
  { object: 'attempt', table: 'attempts', statuses: attemptStatuses, moves: attemptTransitions },
  {
    object: 'operation',
    table: 'operations',
    statuses: operationStatuses,
    moves: operationTransitions,
  },
] as const;

function allowedMoves(moves: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(moves)
    .flatMap(([from, tos]) => tos.map((to) => `${from} to ${to}`))
    .sort();
}

describe.each(objects)('$object', ({ object, table, statuses, moves }) => {
  test('the copy is the table of the domain', async () => {
    const copy = await on.rows.all<{ move: string }>(
      `select from_status || ' to ' || to_status as move from status_transitions where object = $1`,
      [object],
    );
    expect(copy.map(({ move }) => move).sort()).toEqual(allowedMoves(moves));
  });

  test('the trigger allows each of its moves and refuses each other', async () => {
    const id =
      object === 'payment'
        ? payment.id
        : object === 'attempt'
          ? payment.attempts[0]?.id
          : payment.operations[0]?.id;
    // In one round trip: every pair is tried inside a block of its own and undone.
    const verdicts = await on.rows.all<{ move: string; verdict: string }>(
      'select * from try_moves($1, $2, $3)',
      [table, id, statuses],
    );
    const allowed = verdicts.filter(({ verdict }) => verdict !== 'TD001').map(({ move }) => move);
    expect(verdicts).toHaveLength(statuses.length ** 2 - statuses.length);
    expect(allowed.sort()).toEqual(allowedMoves(moves));
  });

  beforeAll(async () => {
    await on.rows.all(`
      create or replace function try_moves(t text, row_id text, statuses text[])
      returns table (move text, verdict text) language plpgsql as $$
      declare f text; s text;
      begin
        foreach f in array statuses loop
          foreach s in array statuses loop
            continue when f = s;
            move := f || ' to ' || s;
            begin
              set local session_replication_role = replica;
              execute format('update %I set status = $1 where id = $2', t) using f, row_id;
              set local session_replication_role = origin;
              execute format('update %I set status = $1 where id = $2', t) using s, row_id;
              raise exception using errcode = 'TTEST', message = 'undo';
            exception
              when sqlstate 'TTEST' then verdict := 'accepted';
              when others then verdict := sqlstate;
            end;
            return next;
          end loop;
        end loop;
      end $$`);
  });
});

describe('what was agreed is never rewritten', () => {
  test.each([
    ['payments', 'amount', 'amount + 1'],
    ['payments', 'currency', `'EUR'`],
    ['payments', 'id', `'pay_other'`],
    ['payments', 'merchant_id', `'mer_other'`],
    ['attempts', 'amount', 'amount - 1'],
    ['attempts', 'currency', `'EUR'`],
    ['attempts', 'merchant_id', `'mer_other'`],
    ['operations', 'amount', 'amount - 1'],
    ['operations', 'currency', `'EUR'`],
    ['operations', 'merchant_id', `'mer_other'`],
  ])('%s.%s', async (table, column, value) => {
    const key = table === 'payments' ? 'id' : 'payment_id';
    await expect(
      on.rows.all(`update ${table} set ${column} = ${value} where ${key} = $1`, [payment.id]),
    ).rejects.toMatchObject({ code: 'TD002' });
  });

  test.each([
    ['operations', 'payment_id', '(select max(id) from payments)'],
    ['operations', 'kind', `'refund'`],
    ['operations', 'late', 'not late'],
    ['operations', 'number', 'number + 1'],
    ['attempts', 'payment_id', '(select max(id) from payments)'],
    ['attempts', 'provider', `'birch'`],
    ['attempts', 'kind', `case kind when 'sale' then 'authorize' else 'sale' end`],
    ['attempts', 'number', 'number + 1'],
    ['attempts', 'provider_key', `'other'`],
  ])('%s.%s of an attempt or operation', async (table, column, value) => {
    await on.accept();
    await expect(
      on.rows.all(`update ${table} set ${column} = ${value} where payment_id = $1`, [payment.id]),
    ).rejects.toMatchObject({ code: 'TD002' });
  });

  test.each([
    'amount_captured = amount_captured - 1',
    'amount_refunded = 1',
    'capture_reserved = 1',
    'refund_reserved = 1',
    'void_open = true',
  ])('amounts follow the operations alone: %s', async (assignment) => {
    await expect(
      on.rows.all(`update payments set ${assignment} where id = $1`, [payment.id]),
    ).rejects.toMatchObject({ constraint: 'amounts_follow_operations' });
  });
});
