/** Breaks that money is in question of, and people who end them over HTTP. */
import { proofs, runProof } from '../../db/ledger-proofs.ts';
import type { BreakKind } from '../../domain/breaks.ts';
import type { ApiResponse } from './api.ts';
import { aKey, type Headers } from './approvals-api.ts';
import { insertBreak, insertFile, type BreaksApi, type NewBreak } from './breaks.ts';

export interface Resolving {
  resolve(id: string, body: object, who?: string, headers?: Headers): Promise<ApiResponse>;
  decide(id: unknown, verdict: 'approve' | 'reject', who: string): Promise<ApiResponse>;
  /** Asked for by `fin`, approved by `fay` where that is needed: `<status> <code or status>` of the end. */
  settle(id: string, body: object): Promise<string>;
  /** Of this merchant, a line of its own in a file of its own; below zero, taken from us. */
  broken(kind: BreakKind, amount: number, values?: Partial<NewBreak>): Promise<string>;
  /** Of all merchants, posted: `1900 alder USD` to debits less credits; zeros are left out. */
  books(): Promise<Readonly<Record<string, string>>>;
  status(id: string): Promise<string>;
  /** Names of the proofs of the books that do not hold. */
  broke(): Promise<readonly string[]>;
}

export function said({ status, body }: ApiResponse): string {
  return `${status} ${String(body['code'] ?? body['status'])}`;
}

export function resolving(it: BreaksApi): Resolving {
  const { rows } = it.on;
  const resolve: Resolving['resolve'] = (id, body, who = 'fin', headers = {}) =>
    it.api.post(`/v1/breaks/${id}/resolve`, body, {
      ...{ ...aKey(), ...it.as(who), 'x-reason': 'looked into' },
      ...headers,
    });
  const decide: Resolving['decide'] = (id, verdict, who) =>
    it.api.post(
      `/v1/approvals/${String(id)}/${verdict}`,
      {},
      { ...aKey(), ...it.as(who), 'x-reason': 'seen too' },
    );
  return {
    ...{ resolve, decide },
    settle: async (id, body) => {
      const asked = await resolve(id, body);
      if (asked.status !== 202) return said(asked);
      return said(await decide(asked.body['id'], 'approve', 'fay'));
    },
    broken: async (kind, amount, values = {}) => {
      const file = await insertFile(rows, [{ gross: amount }]);
      const of = { reconciliationId: file, line: 1, merchantId: it.merchantId, currency: 'USD' };
      return (await insertBreak(rows, { kind, amount, ...of, ...values })) ?? '';
    },
    books: async () => {
      const found = await rows.all<{ place: string; net: string }>(
        `select account || ' ' || provider || ' ' || currency as place, sum(posted_debits - posted_credits)::text as net
         from account_balances group by 1 having sum(posted_debits - posted_credits) <> 0 order by 1`,
      );
      return Object.fromEntries(found.map(({ place, net }) => [place, net]));
    },
    broke: async () => {
      const results = await Promise.all(proofs.map((proof) => runProof(it.on.worker, proof)));
      return results.filter(({ state }) => state !== 'holds').map(({ what }) => String(what));
    },
    status: async (id) =>
      (await rows.one<{ status: string }>('select status from breaks where id = $1', [id])).status,
  };
}
