/** Providers' events that nothing has come of, as people read them: never the bytes as they came. */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import type { Page } from './payments.ts';

export type OpenInboxState = 'waiting' | 'unmatched' | 'mismatch';

export interface WebhookEventRow {
  readonly id: string;
  readonly provider: string;
  readonly event_id: string;
  readonly type: string;
  readonly reference: string;
  readonly state: OpenInboxState;
  readonly payment_id: string | null;
  readonly received_at: string;
  readonly told_at: string | null;
  /** Of its claim, where one could be read; the amount in minor units. */
  readonly kind: string | null;
  readonly outcome: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
}

export interface WebhookEventFilter {
  readonly state: OpenInboxState;
  readonly provider?: string | undefined;
}

/**
 * As a worker, since what matches nothing is nobody's: this merchant's and those of no merchant, newest first.
 * One row more than `limit` tells of more.
 */
export async function listWebhookEvents(
  db: Db,
  merchantId: string,
  { state, provider }: WebhookEventFilter,
  { limit, after }: Page,
): Promise<readonly WebhookEventRow[]> {
  const { rows } = await sql<{ row: WebhookEventRow }>`
    select jsonb_build_object('id', i.id, 'provider', i.provider, 'event_id', i.event_id, 'type', i.type,
      'reference', i.reference, 'state', i.state, 'payment_id', i.payment_id, 'received_at', i.received_at,
      'told_at', i.told_at, 'kind', i.claim ->> 'kind', 'outcome', coalesce(i.claim #>> '{outcome,kind}', i.claim ->> 'what'),
      'amount', coalesce(i.claim #>> '{outcome,amountMinor}', i.claim ->> 'amount'),
      'currency', coalesce(i.claim #>> '{outcome,currency}', i.claim ->> 'currency')) as row
    from inbox i left join payments p on p.id = i.payment_id
    where i.handled_at is null and i.state = ${state}
      and (i.payment_id is null or p.merchant_id = ${merchantId})
      and (${after ?? null}::text is null or i.id < ${after ?? null})
      and (${provider ?? null}::text is null or i.provider = ${provider ?? null})
    order by i.id desc limit ${limit + 1}`.execute(db);
  return rows.map(({ row }) => row);
}
