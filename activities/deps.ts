import type { Db } from '../db/client.ts';
import type { FrozenKey } from '../db/changes.ts';
import type { PaymentSnapshot } from '../db/snapshot.ts';
import type { Provider } from '../domain/provider.ts';
import type { RiskJudge } from './risk/judge.ts';
import type { RoutingSource } from './routing.ts';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a commit means to a caller that waits in this process. */
export interface CommitNews {
  readonly snapshot: PaymentSnapshot;
  readonly frozen: readonly FrozenKey[];
}

export interface ActivityDeps {
  readonly db: Db;
  /** In routing order. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** Absent: no rules, and everybody in good health. */
  readonly routing?: RoutingSource;
  /** Absent: nobody judges risk. */
  readonly risk?: RiskJudge;
  /** A prefixed UUIDv7: `newId('att')`. */
  readonly newId: (prefix: string) => string;
  /** Unguessable, for the page a shopper comes back to. */
  readonly newReturnToken: () => string;
  /** Where that page is: `<returnUrl>/<token>`. */
  readonly returnUrl: string;
  /** Told after each commit, so that a caller waiting in this process need not poll. */
  readonly onCommitted: (paymentId: string, news: CommitNews) => void;
  /** The payment as commit 1 left it, where that was in this process a moment ago. */
  readonly takeFresh: (paymentId: string) => PaymentSnapshot | undefined;
  readonly log: Log;
}

export function providerOf(deps: ActivityDeps, name: string): Provider {
  const provider = deps.providers.get(name);
  if (provider === undefined) throw new Error(`provider ${name} is not configured`);
  return provider;
}
