/** The report of risk over HTTP, and what `GET /metrics` shows of it: of samples in PostgreSQL. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetrics } from '../backend/metrics.ts';
import { readRiskReport } from '../backend/risk-report.ts';
import { createRisk } from '../backend/risk.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { factCatalogue } from '../../domain/risk/facts.ts';
import { createRandom } from '../../domain/risk/training/random.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { insertJudged, type Judged } from '../../test/support/judged.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import { park } from '../../test/support/risk.ts';
import type { ReportView } from './report-schema.ts';

const staff: Record<string, StaffMember> = {
  viewer: { subject: 'vic', scopes: ['risk:read'] },
  other: { subject: 'oz', scopes: ['reviews:read'] },
};
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
let now: number;
const ago = (ms: number): string => new Date(now - ms).toISOString();
/** Noon of the day (UTC) that began so many days ago. */
const noonOf = (daysAgo: number): string =>
  new Date(Math.floor(now / dayMs - daysAgo) * dayMs + dayMs / 2).toISOString();

beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  const captured = await on.captured({ merchantId });
  const row = await on.rows.one<{ now: string }>(
    'select (extract(epoch from tender_now()) * 1000)::text as now',
  );
  now = Math.floor(Number(row.now));
  const other = await on.newMerchant();
  await insertJudged(on.rows, captured, [...steady(), ...labelled(), ...lastHour(), ...lastHour().slice(0, 1).map((one) => ({ ...one, merchant_id: other }))]); // prettier-ignore
  await park(on, captured, { withinMs: 10 * dayMs });
  await on.rows.all(
    `select add_risk_list_entry(jsonb_build_object('merchant_id', '${merchantId}', 'list', 'block', 'entity', e.entity, 'value', '1',
       'reason', 'r', 'added_by', e.by, 'expires_at', tender_now() + e.lasts))
     from (values ('device', 'tender', interval '1 hour'), ('ip', 'tender', interval '1 millisecond'), ('email', 'staff:ada', interval '1 hour')) e (entity, by, lasts)`,
  );
  const ports = fakePorts({
    principals: { merchantExists: async () => true },
    risk: createRisk({ workerDb: on.worker, facts: factCatalogue([]) }),
    health: { metrics: createMetrics(on.worker, new Map()) },
  });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

/** 30 an hour for a week that ended 20 days ago, and for the last day, whose cards are tried more often. */
function steady(): Judged[] {
  const random = createRandom(7);
  const at = (hour: number, n: number): number => hour * hourMs + n * 60_000 + 61_000;
  const one = (ago_: number, tries: number): Judged => ({
    ...{ merchant_id: merchantId, at: ago(ago_), fate: 'stopped', outcome: 'block' },
    facts: { amount: Math.ceil(random() * 900), currency: 'USD', card_attempts_1h: Math.floor(random() * 3) + tries, is_night: null }, // prettier-ignore
  });
  const hours = (count: number): number[] => Array.from({ length: count }, (_, hour) => hour);
  const each = Array.from({ length: 30 }, (_, n) => n);
  return [
    ...hours(168).flatMap((hour) => each.map((n) => one(at(hour, n) + 20 * dayMs, 0))),
    ...hours(23).flatMap((hour) => each.map((n) => one(at(hour, n) + hourMs, 2))),
  ];
}

/** Two days of four that can be told apart, between the steady week and the delay of labels. */
function labelled(): Judged[] {
  const of = (daysAgo: number, score: number, fate: Judged['fate'], more: Partial<Judged> = {}): Judged => ({
    ...{ merchant_id: merchantId, at: noonOf(daysAgo), facts: {}, score, fate },
    ...{ shadows: [{ version: 'm2', score: 1 - score, action: score > 0.5 ? 'allow' : 'block' }], ...more },
  }); // prettier-ignore
  return [
    of(10, 0.99, 'fraud', { amount: 5_000 }),
    of(10, 0.98, 'other_dispute'),
    of(10, 0.2, 'fraud', { amount: 1_000 }),
    of(9, 0.97, 'refused'),
    of(9, 0.96, 'fraud', { model_version: 'm0', shadows: [] }),
    of(9, 0.3, 'kept'),
    // Younger than the delay: disputed or not, it counts for nothing.
    of(5, 1, 'fraud'),
    of(5, 1, 'kept'),
  ];
}

function lastHour(): Judged[] {
  const blind = { score: null, score_action: null, model_version: null, fate: 'kept' } as const;
  const of = (values: Partial<Judged>): Judged => ({
    ...{ merchant_id: merchantId, at: ago(60_000), facts: {}, fate: 'kept', ...values },
  });
  return [
    of({
      outcome: 'challenge',
      score: 0.6,
      score_action: 'challenge',
      reasons: [{ kind: 'rule' }, { kind: 'attack', detector: 'd' }],
    }),
    of({ ...blind, mode: 'block', outcome: 'block', fail_reason: 'slow' }),
    of({ ...blind, mode: 'allow_with_rules', fail_reason: 'features' }),
  ];
}

const call = (query = '', who = 'viewer', of = merchantId): Promise<ApiResponse> =>
  api.call(`/v1/risk/report${query}`, { headers: { authorization: `Bearer ${who}`, 'tender-merchant': of }, key: null }); // prettier-ignore
const report = async (query = '', of = merchantId): Promise<ReportView> => {
  const { status, body } = await call(query, 'viewer', of);
  expect(status).toBe(200);
  return body as unknown as ReportView;
};

test('drift: what changed comes first, and how many were looked at is said', async () => {
  const { drift } = await report();
  // 24 of each hour, of a week and of a day.
  expect(drift.reference.decisions).toBeGreaterThan(160 * 24);
  expect(drift.reference.decisions).toBeLessThanOrEqual(168 * 24);
  // And of the last hour the one that was scored.
  expect(drift.current.decisions).toBe(23 * 24 + 1);
  expect(drift.features[0]).toMatchObject({ feature: 'card_attempts_1h', drift: 'major' });
  expect(drift.features[1]).toMatchObject({ drift: 'none' });
});

test('precision, recall and value at what people can look at, of what is old enough', async () => {
  const { quality } = await report('?capacity=2');
  // Of the steady week the highest of each day, of which nobody can tell.
  const of = (daysAgo: number): object | undefined =>
    quality.days.find(({ day }) => day === noonOf(daysAgo).slice(0, 10));
  expect(of(10)).toMatchObject({ flagged: 2, unlabelled: 0, frauds: 1, precision: 0.5, frauds_known: 2, recall: 0.5 }); // prettier-ignore
  expect(of(9)).toMatchObject({ flagged: 2, unlabelled: 1, frauds: 1, precision: 1, frauds_known: 1, recall: 1 }); // prettier-ignore
  expect(of(5)).toBeUndefined();
  expect(quality).toMatchObject({ frauds: 2, precision: 2 / 3, frauds_known: 3, sample: { limit: 20_000 } }); // prettier-ignore
  expect(quality.value).toEqual([{ currency: 'USD', fraud_amount: '6100', caught_amount: '5100', recall: 0.836 }]); // prettier-ignore
});

test('of one version of a model', async () => {
  const { quality, model } = await report('?capacity=2&model=m0');
  expect([model, quality.decisions, quality.frauds]).toEqual(['m0', 1, 1]);
});

test('a model that looks on beside the one that acts', async () => {
  const { shadows } = await report('?capacity=1');
  expect(shadows).toMatchObject([{ version: 'm2', decisions: 5, silent: 0 }]);
  expect(shadows[0]?.acting).toMatchObject({ flagged: 2, frauds: 1, frauds_known: 2 });
  expect(shadows[0]?.shadow).toMatchObject({ flagged: 2, frauds: 1, frauds_known: 2 });
});

test('alert rates, and what could not be scored', async () => {
  const { rates } = await report('?days=2');
  const all = rates.days.reduce((sum, { decisions }) => sum + decisions, 0);
  expect([all, rates.sample.decisions, rates.sample.limit]).toEqual([693, 693, 100_000]);
  const newest = rates.days[0];
  expect(newest).toMatchObject({
    outcomes: { challenge: { count: 1 } },
    unscored: { block: 1, allow_with_rules: 1, challenge: 0 },
    fail_reasons: { slow: 1, features: 1 },
  });
});

test('of one merchant, or of the installation', async () => {
  const blank = await report('', await on.newMerchant());
  expect(blank).toMatchObject({
    ...{
      scope: 'merchant',
      rates: { days: [], sample: { decisions: 0, from: null } },
      shadows: [],
    },
    quality: { decisions: 0, precision: null, value: [] },
  });
  expect(new Set(blank.drift.features.map(({ psi }) => psi))).toEqual(new Set([null]));
  const [ours, global] = [await report('?days=2'), await report('?days=2&scope=global')];
  expect([global.scope, global.rates.sample.decisions]).toEqual(['global', ours.rates.sample.decisions + 1]); // prettier-ignore
});

test('no more is looked at than the limit, the newest; and of a day cut in two nothing', async () => {
  const of = (scored: number): ReturnType<typeof readRiskReport> =>
    readRiskReport(on.worker, merchantId, { days: 28, capacity: 2, model: undefined }, { tallied: 10, scored }); // prettier-ignore
  const { rates, quality, shadows } = await of(4);
  expect(rates.sample).toMatchObject({ decisions: 10, limit: 10 });
  expect(rates.days[0]?.outcomes.challenge.count).toBe(1);
  // Three of nine days ago and one of ten, of which one or two more are not there.
  expect(quality.sample).toMatchObject({ decisions: 4, limit: 4, from: expect.stringContaining(noonOf(10).slice(0, 10)) }); // prettier-ignore
  expect(quality.days.map(({ day, flagged }) => [day, flagged])).toEqual([[noonOf(9).slice(0, 10), 2]]); // prettier-ignore
  expect(shadows[0]?.decisions).toBe(2);
  // Where there is no other day, part of it is better than nothing.
  expect((await of(2)).quality).toMatchObject({ decisions: 2, caught: { flagged: 2 } });
});

test.each([
  ['?days=1', '/days'],
  ['?days=91', '/days'],
  ['?capacity=0', '/capacity'],
  ['?scope=all', '/scope'],
  ['?model=', '/model'],
])('%s is bad input', async (query, pointer) => {
  const { status, body } = await call(query);
  expect([status, JSON.stringify(body['errors']).includes(pointer)]).toEqual([400, true]);
});

test('for staff who read risk, and nobody else', async () => {
  expect((await call('', 'other')).body).toMatchObject({ code: 'forbidden' });
  expect((await api.call('/v1/risk/report')).body).toMatchObject({ code: 'forbidden' });
});

test('metrics: the last hour, open reviews, what attacks left on lists, the feature that changed most', async () => {
  const { text } = await api.call('/metrics', { headers: {} });
  const lines = text.split('\n');
  const valueOf = (name: string): number =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  expect(valueOf('tender_risk_decisions{outcome="challenge",mode="scored"}')).toBe(2);
  expect(valueOf('tender_risk_decisions{outcome="block",mode="block"}')).toBe(1);
  expect(valueOf('tender_risk_decisions{outcome="review",mode="scored"}')).toBe(0);
  expect(valueOf('tender_risk_decisions{outcome="block",mode="scored"}')).toBe(0);
  expect(valueOf('tender_risk_attacked')).toBe(2);
  expect(valueOf('tender_risk_unscored{reason="slow"}')).toBe(1);
  expect(valueOf('tender_risk_automatic_entries{entity="device"}')).toBe(1);
  expect(valueOf('tender_risk_automatic_entries{entity="ip"}')).toBe(0);
  expect(valueOf('tender_risk_automatic_entries{entity="email"}')).toBe(0);
  expect(valueOf('tender_open_reviews')).toBe(1);
  expect(valueOf('tender_open_reviews_oldest_seconds')).toBeLessThan(60);
  expect(valueOf('tender_risk_psi_max')).toBeGreaterThan(0.25);
});
