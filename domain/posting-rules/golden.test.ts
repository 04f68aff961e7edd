/**
 * Every event of the catalogue, in both fund models, in JPY, USD and KWD, against the hand-written journal
 * in `golden/`. Whoever changes a rule changes a page that an accountant can read.
 */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { samples, type Legend } from '../../test/support/posting-samples.ts';
import { accounts, type FundModel } from '../accounts.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { journalEvents } from './events.ts';

/** G in its parts GN + GT + GD + GX; of a refund R of it, the parts by exact fractions. */
const legends: Readonly<Record<string, Legend & Readonly<Record<string, bigint>>>> = {
  // prettier-ignore
  JPY: {
    G: 1_083n, GN: 950n, GT: 81n, GD: 5n, GX: 47n, F: 29n, R: 333n, RN: 292n, RT: 25n, RD: 2n, RX: 14n,
    S: 120n, P: 33n, N: 900n, K: 500n, D: 15n, U: 560n,
  },
  // prettier-ignore
  USD: {
    G: 10_833n, GN: 9_500n, GT: 808n, GD: 45n, GX: 480n, F: 285n, R: 3_333n, RN: 2_923n, RT: 248n, RD: 14n,
    RX: 148n, S: 1_200n, P: 331n, N: 9_001n, K: 5_001n, D: 1_500n, U: 8_317n,
  },
  // prettier-ignore
  KWD: {
    G: 108_333n, GN: 95_000n, GT: 8_083n, GD: 450n, GX: 4_800n, F: 2_850n, R: 33_334n, RN: 29_231n, RT: 2_487n,
    RD: 139n, RX: 1_477n, S: 12_000n, P: 3_311n, N: 90_001n, K: 50_001n, D: 4_500n, U: 27_113n,
  },
};

interface Case {
  readonly name: string;
  readonly event: string;
  readonly head: string;
  readonly lines: readonly string[];
}

const folder = new URL('golden/', import.meta.url);
const cases: readonly Case[] = readdirSync(folder)
  .sort()
  .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split(/^# /m).slice(1))
  .map((text) => {
    const [title = '', head = '', ...lines] = text.trim().split('\n');
    const [name = '', event = ''] = title.split(': ');
    return { name, event, head, lines };
  });

/** `K-S` or `N+5` in the amounts of a legend. */
function amountOf(sum: string, legend: Readonly<Record<string, bigint>>): bigint {
  return [...sum.matchAll(/([+-]?)(\w+)/g)].reduce((total, [, sign, term = '']) => {
    const value = /^\d+$/.test(term) ? BigInt(term) : legend[term];
    if (value === undefined) throw new Error(`no ${term} in the legend`);
    return sign === '-' ? total - value : total + value;
  }, 0n);
}

function golden(written: Case, model: FundModel, currency: string): string[] {
  const rows = written.lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([whose]) => whose === model || whose === 'both')
    .map(([, account = '', provider = '', side = '', sum = '', other = currency]) =>
      account === 'refused'
        ? 'refused'
        : [account, provider, side, amountOf(sum, legends[currency] ?? {}), other].join(' '),
    );
  if (rows[0] === 'refused') return rows;
  return [written.head.replaceAll('CUR', currency), ...rows];
}

function headOf(entry: JournalEntry): string {
  return [
    entry.key,
    entry.state,
    ...(entry.resolvesKey === undefined ? [] : ['resolves', entry.resolvesKey]),
    ...(entry.reversesKey === undefined ? [] : ['reverses', entry.reversesKey]),
    ...(entry.approver === undefined ? [] : ['by', entry.approver]),
    ...(entry.reason === undefined ? [] : ['for', entry.reason]),
  ].join(' ');
}

function journalOf(name: string, fundModel: FundModel, currency: string): JournalEntry | 'refused' {
  const legend = legends[currency];
  const sample = samples[name];
  if (legend === undefined || sample === undefined) throw new Error(`no sample of ${name}`);
  try {
    return sample({ fundModel, currency }, legend);
  } catch (error) {
    if (error instanceof RangeError) return 'refused';
    throw error;
  }
}

function written(entry: JournalEntry | 'refused'): string[] {
  if (entry === 'refused') return [entry];
  const lines = entry.postings.map((p) =>
    [p.account, p.provider || '-', p.side, p.amount, p.currency].join(' '),
  );
  return [headOf(entry), ...lines];
}

describe.each(['own', 'facilitator'] as const)('%s', (model) => {
  describe.each(Object.keys(legends))('%s', (currency) => {
    test.each(cases.map((c) => [c.name, c] as const))('%s', (name, page) => {
      const entry = journalOf(name, model, currency);
      expect(written(entry)).toEqual(golden(page, model, currency));
      if (entry === 'refused') return;
      expect(entry.event).toBe(page.event);
      const net = new Map<string, bigint>();
      for (const p of entry.postings) {
        const signed = p.side === 'debit' ? p.amount : -p.amount;
        net.set(p.currency, (net.get(p.currency) ?? 0n) + signed);
        expect(p.amount > 0n).toBe(true);
        expect(accounts.find((a) => a.code === p.account)?.fundModels).toContain(model);
      }
      expect([...net.values()].every((sum) => sum === 0n)).toBe(true);
    });
  });
});

test('every event of the catalogue has its golden rows, and every case its sample', () => {
  expect([...new Set(cases.map((c) => c.event))].sort()).toEqual([...journalEvents].sort());
  expect(cases.map((c) => c.name).sort()).toEqual(Object.keys(samples).sort());
});
