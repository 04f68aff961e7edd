import { expect, test } from '@jest/globals';
import { accounts, accountByCode, type Account } from './accounts.ts';

const models: Readonly<Record<string, string>> = {
  'own,facilitator': 'both',
  own: 'own',
  facilitator: 'facilitator',
};

/** `2110 liability credit facilitator bounded`, as one reads a chart. */
function row(account: Account): string {
  const traits = (['mustDrain', 'perProvider', 'bounded'] as const).filter((t) => account[t]);
  const model = models[account.fundModels.join(',')] ?? '?';
  return [account.code, account.type, account.normalSide, model, ...traits].join(' ');
}

test('the chart is that of the accounting rules', () => {
  expect(accounts.map(row)).toEqual([
    '1010 asset debit both',
    '1100 asset debit both perProvider',
    '1150 asset debit both perProvider',
    '1190 asset debit both mustDrain',
    '1200 asset debit both mustDrain perProvider',
    '1300 asset debit both mustDrain perProvider',
    '1310 asset debit facilitator',
    '1900 asset debit both mustDrain perProvider',
    '2100 liability credit facilitator',
    '2110 liability credit facilitator bounded',
    '2120 liability credit facilitator bounded',
    '2130 liability credit facilitator mustDrain',
    '2140 liability credit both mustDrain perProvider',
    '2150 liability credit both',
    '2300 liability credit both',
    '2310 liability credit both',
    '2320 liability credit both',
    '2900 liability credit both mustDrain perProvider',
    '3000 equity credit both',
    '4000 income credit own',
    '4100 income credit facilitator',
    '4200 income credit facilitator',
    '5100 expense debit both perProvider',
    '5200 expense debit both perProvider',
    '5300 expense debit both',
    '5400 expense debit both',
    '7100 expense debit both',
  ]);
});

test('every account is named and found by its code', () => {
  expect(new Set(accounts.map((a) => a.name)).size).toBe(accounts.length);
  expect(accounts.map((a) => accountByCode(a.code))).toEqual(accounts);
});
