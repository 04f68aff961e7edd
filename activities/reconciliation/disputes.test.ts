/** Disputes at the sandbox, its files over HTTP and nights on real PostgreSQL: whatever became of one, nothing is left over. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectDb, type Db } from '../../db/client.ts';
import { receiveDispute } from '../../db/disputes.ts';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { checkExternalBalances, proofs, runProof } from '../../db/ledger-proofs.ts';
import { createReportSources } from '../../providers/report-sources.ts';
import { readDispute } from '../../providers/sandbox/dispute-news.ts';
import { newId } from '../../runtime/ids.ts';
import { openBench, type Bench } from '../../test/support/bench.ts';
import { createBackgroundActivities, type BackgroundActivities } from '../background.ts';

let bench: Bench;
let api: Db;
let store: ImportStore;
let nights: BackgroundActivities;
beforeAll(async () => {
  bench = await openBench();
  const onError = (): void => undefined;
  api = connectDb({ url: bench.apiUrl, applicationName: 'told', poolSize: 2, onError });
  store = createImportStore({ url: bench.workerUrl, onError });
  nights = createBackgroundActivities({
    ...bench.deps,
    store,
    waitInLine: () => Promise.resolve(),
    contracts: [...bench.deps.providers.values()].map(({ contract }) => contract),
    sources: createReportSources({ sandboxUrl: bench.sandbox.url }),
    signal: new AbortController().signal,
  });
});
afterAll(async () => {
  await Promise.all([api.destroy(), store.close()]);
  await bench.close();
});

const providers = ['alder', 'birch', 'cedar'] as const;
/** What is done on each day, after the sale: its last is decided. */
const lives = [
  [['open', 'win']],
  [['open'], ['lose']],
  [['open'], ['win'], ['reopen'], ['lose']],
  [['open', 'evidence'], ['lose', 'reopen'], ['win']],
  [['open', 'win', 'reopen', 'lose', 'reopen', 'win']],
] as const;
type Action = (typeof lives)[number][number][number];

class Disputed {
  readonly provider: string;
  readonly paymentId: string;
  readonly reference: string;
  #id = '';

  constructor(provider: string, paymentId: string, reference: string) {
    [this.provider, this.paymentId, this.reference] = [provider, paymentId, reference];
  }

  async do(action: Action): Promise<void> {
    const { provider, reference } = this;
    const place = `/${provider}/disputes`;
    const { body } =
      action === 'open'
        ? await bench.sandbox.call('POST', place, { reference, amount: 700 })
        : await bench.sandbox.call('POST', `${place}/${this.#id}/${action}`);
    this.#id = String(body['id']);
    const types = { open: 'opened', reopen: 'reopened', win: 'won', lose: 'lost', evidence: null };
    const type = types[action];
    if (type === null) return;
    // As the sandbox's own event tells it.
    const news = readDispute(`dispute.${type}`, reference, body);
    if (news === null) throw new Error(JSON.stringify(body));
    const event = { provider, eventId: newId('evt'), type, reference, raw: Buffer.from('{}') };
    await receiveDispute(api, event, news, 0);
    await bench.settle(this.paymentId);
  }
}

async function sold(provider: string): Promise<Disputed> {
  const paymentMethod = { type: 'card', tokens: { [provider]: 'tok_visa' } } as const;
  const id = await bench.accept('', { amount: 5_000n, currency: 'EUR', paymentMethod });
  const payment = await bench.settle(id);
  expect(payment.status).toBe('captured');
  return new Disputed(provider, id, payment.attempts[0]?.id ?? '');
}

async function night(): Promise<void> {
  await bench.advance(86_400);
  for (const provider of providers) {
    for (const step of ['fetchReports', 'importFiles', 'matchFiles', 'postFiles', 'settleFiles'] as const) {
      await nights[step]({ provider });
    }
  }
  for (const step of ['fetchReports', 'importFiles', 'matchStatements'] as const) {
    await nights[step]({ provider: 'bank_account' });
  }
} // prettier-ignore

const balances = (codes: readonly string[]): Promise<readonly { place: string; net: number }[]> =>
  bench.rows.all(
    `select concat_ws(' ', account, nullif(provider, ''), currency) as place, sum(posted_debits - posted_credits)::int as net
     from account_balances where account = any($1) group by 1 having sum(posted_debits - posted_credits) <> 0 order by 1`,
    [codes],
  );

test('won, lost and taken up again, in days or in one: every account is drained and the bank has the rest', async () => {
  const all = await Promise.all(
    providers.flatMap((provider) =>
      lives.map(async (life) => [await sold(provider), life] as const),
    ),
  );
  await night();
  for (let day = 0; day < 4; day += 1) {
    for (const [disputed, life] of all) {
      for (const action of life[day] ?? []) await disputed.do(action);
    }
    await night();
  }
  // The bank's day after the last payout.
  await night();
  expect(await bench.rows.all(`select kind, provider, detail from breaks where status = 'open'`)).toEqual([]); // prettier-ignore
  expect(await balances(['1100', '1190', '1200', '1300', '1900', '2900'])).toEqual([]);
  // Nine rounds each; at cedar each of the five that were won gives back its own.
  expect(await balances(['5200'])).toEqual([
    { place: '5200 alder EUR', net: 9 * 1_500 },
    { place: '5200 birch EUR', net: 9 * 2_000 },
    { place: '5200 cedar EUR', net: 4 * 1_500 },
  ]);
  const told = await bench.rows.all<{ net: number }>(
    `select sum(l.net)::int as net from settlement_lines l join reconciliations r on r.id = l.reconciliation_id
     where r.kind = 'bank_statement' and r.status = 'completed'`,
  );
  expect(await balances(['1010'])).toEqual(told.map(({ net }) => ({ place: '1010 EUR', net })));
  for (const [{ paymentId }] of all) expect((await bench.state(paymentId)).status).toBe('settled');
  const checked = [
    ...(await Promise.all(proofs.map((proof) => runProof(bench.db, proof)))),
    ...(await checkExternalBalances(bench.db)),
  ];
  expect(checked.filter(({ state }) => state === 'broken')).toEqual([]);
}, 60_000);
