/** From decisions and disputes in PostgreSQL to a model that the service reads: the commands as they are run. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../../activities/risk/load-model.ts';
import { featureNames } from '../../domain/risk/features.ts';
import { scoreOf } from '../../domain/risk/model.ts';
import { storedVector } from '../../domain/risk/stored-vector.ts';
import { createRandom } from '../../domain/risk/training/random.ts';
import { localSettings } from '../../runtime/env.ts';
import { runCommand, type CommandResult } from '../../runtime/servers/run-command.ts';
import { insertJudged, type Judged } from '../../test/support/judged.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import { readLabels } from '../risk-train/read-labels.ts';
import { readOptions } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'tender-risk-labels-'));
const file = (name: string): string => join(folder, name);
const dayMs = 86_400_000;
const pairs = 600;

let on: PaymentDatabase;
let now: number;
const daysAgo = (days: number): string => new Date(now - days * dayMs).toISOString();

beforeAll(async () => {
  on = await openPaymentDatabase();
  const captured = await on.captured();
  const row = await on.rows.one<{ now: string }>('select extract(epoch from tender_now())::text as now'); // prettier-ignore
  now = Math.floor(Number(row.now) * 1_000);
  const random = createRandom(11);
  const one = (days: number, fate: Judged['fate'], more: Partial<Judged> = {}): Judged => ({
    ...{ merchant_id: captured.merchantId, at: daysAgo(days), fate },
    facts: {
      ...{ amount: 1_234, currency: 'JPY', is_night: 0, card_frauds_30d: null, country: 'FR' },
      card_attempts_1h: Math.floor(6 * random()) + (fate === 'fraud' ? 4 : 0),
    },
    ...more,
  });
  await insertJudged(on.rows, captured, [
    ...Array.from({ length: pairs }, (_, n) => one(10 + n / 30, n % 3 === 0 ? 'fraud' : 'kept')),
    one(9, 'other_dispute'),
    one(9, 'refused'),
    one(9, 'stopped', { outcome: 'block' }),
    one(9, 'kept', { mode: 'challenge', fail_reason: 'slow', score: null, facts: { amount: 1, currency: 'USD' } }), // prettier-ignore
    one(6.9, 'fraud'),
    one(6.9, 'kept'),
  ]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await on.close();
});

function run(program: string, ...args: readonly string[]): Promise<CommandResult> {
  const environment = {
    ...localSettings().inherited,
    TENDER_WORKER_DATABASE_URL: on.database.workerUrl,
  };
  const path = join(import.meta.dirname, '..', program);
  return runCommand([process.execPath, path, ...args], { timeoutMs: 60_000, environment });
}

test('what was judged and is known by now becomes a model that finds it', async () => {
  const labels = await run('risk-labels.ts', '--out', file('labels.csv'));
  expect(labels).toMatchObject({ ok: true });
  // Refused and stopped have no label, and the blind one no features; the two of this week are not looked at.
  const read = { decisions: pairs + 4, unscored: 1, unlabelled: 2 };
  expect(JSON.parse(labels.output)).toEqual({ name: 'risk:labels', ok: true, rows: pairs + 1, frauds: pairs / 3, ...read }); // prettier-ignore
  const { features, columns, at, labels: known } = readLabels(readFileSync(file('labels.csv'), 'utf8')); // prettier-ignore
  expect(features).toEqual([...featureNames]);
  const last = at.length - 1;
  const vector = Object.fromEntries(features.map((name, n) => [name, columns[n]?.[last]]));
  // As they were: yen are major units, and what was not known is -1.
  expect(vector).toMatchObject({
    amount: 1_234,
    is_night: 0,
    card_frauds_30d: -1,
    bin_risk_7d: -1,
  });
  expect([at[last], known[last]]).toEqual([Date.parse(daysAgo(9)) / 1_000, 0]);

  const trained = await run('risk-train.ts', '--labels', file('labels.csv'), '--out', file('model.json')); // prettier-ignore
  expect(trained).toMatchObject({ ok: true });
  const model = loadModel(file('model.json'), featureNames);
  expect(model.data).toMatchObject({ source: 'labels', rows: pairs + 1, frauds: pairs / 3 });
  const scored = (tries: number): number =>
    scoreOf(model, storedVector({ amount: 1_234, currency: 'JPY', card_attempts_1h: tries })).probability; // prettier-ignore
  expect(scored(9)).toBeGreaterThan(0.8);
  expect(scored(1)).toBeLessThan(0.2);
}, 30_000);

test('only what was judged from one day to another', async () => {
  const range = ['--from', daysAgo(12).slice(0, 10), '--to', daysAgo(11)] as const;
  const { output } = await run('risk-labels.ts', '--out', file('some.csv'), ...range);
  const rows = (JSON.parse(output) as { rows: number }).rows;
  const text = readFileSync(file('some.csv'), 'utf8');
  const at = [...readLabels(text).at].map((second) => second * 1_000);
  expect([rows, at.length > 20]).toEqual([at.length, true]);
  expect(Math.min(...at)).toBeGreaterThanOrEqual(Date.parse(range[1]));
  expect(Math.max(...at)).toBeLessThan(Date.parse(range[3]));
});

test('nothing to learn from is refused, and the file of before stays', async () => {
  writeFileSync(file('before.csv'), 'kept');
  const none = await run('risk-labels.ts', '--out', file('before.csv'), '--from', daysAgo(6.95));
  expect(none.ok).toBe(false);
  expect(none.output).toContain('risk:labels: no row to train on: 0 decisions are old enough');
  expect(readFileSync(file('before.csv'), 'utf8')).toBe('kept');
  expect(existsSync(file('before.csv.part'))).toBe(false);
});

describe('the command line', () => {
  test.each([
    ['no file', [], '--out: the file to write to'],
    ['no day', ['--out', 'x', '--from', 'monday'], '--from: a day such as 2026-11-25'],
    ['a day that there is not', ['--out', 'x', '--to', '2026-13-01'], '--to: a day'],
    ['something else', ['--out', 'x', '--days', '3'], "Unknown option '--days'"],
  ])('%s is refused', (_, args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  test('a day begins in UTC', () => {
    const options = readOptions(['--out', 'x', '--from', '2026-11-25', '--to', '2026-11-26T01:00:00+02:00']); // prettier-ignore
    expect(options).toEqual({ out: 'x', from: '2026-11-25T00:00:00.000Z', to: '2026-11-25T23:00:00.000Z' }); // prettier-ignore
  });
});
