import type { WebhookEventFilter, WebhookEventRow } from '../../db/webhook-events.ts';
import type { Page, Paged, Principal } from '../ports.ts';

export interface WebhookEvents {
  /** Newest first: of this merchant's payments, and those that belong to nobody. */
  list(
    principal: Principal,
    filter: WebhookEventFilter,
    page: Page,
  ): Promise<Paged<WebhookEventRow>>;
}
