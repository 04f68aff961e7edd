/** What disputes move is in the files of the sandbox's processors, over HTTP, and read as what it is, or refused. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestSandbox } from '../sandbox/testing/client.ts';
import type { TestSandbox } from '../sandbox/testing/client.ts';
import { capture, list, text } from '../sandbox/testing/settlement.ts';
import { readFile, refusalOf } from '../test/support/settlement-files.ts';
import { samples } from '../test/support/settlement-samples.ts';

const day = 86_400;
const providers = ['alder', 'birch', 'cedar'] as const;
type Provider = (typeof providers)[number];
/** Of 7.00 and a fee of 15.00 (birch: 20.00), which cedar gives back with a win. */
const fees = { alder: 1_500n, birch: 2_000n, cedar: 1_500n } as const;
let sandbox: TestSandbox;
const ids = new Map<Provider, string>();
const references = new Map<Provider, string>();

/** A day: opened, won and taken once more; the next: lost, and contested again; the third: won. */
beforeAll(async () => {
  sandbox = await startTestSandbox();
  for (const provider of providers) {
    const { id } = await capture(sandbox, provider, 1_000, 'EUR');
    const order = { authorization_id: id, amount: 700 };
    const { body } = await sandbox.call('POST', `/${provider}/disputes`, order);
    ids.set(provider, String(body['id']));
    references.set(provider, String(body['reference']));
  }
  const days = [['win', 'reopen'], ['lose', 'reopen', 'evidence'], ['win'], []];
  for (const actions of days) {
    for (const action of actions) {
      for (const [provider, id] of ids) {
        const { status } = await sandbox.call('POST', `/${provider}/disputes/${id}/${action}`);
        expect(status).toBe(200);
      }
    }
    await sandbox.advance(day);
  }
});
afterAll(() => sandbox.close());

async function filesOf(provider: Provider): Promise<readonly string[]> {
  const reports = await list(sandbox, `/${provider}/settlement_reports`);
  return Promise.all(
    reports.map(({ id }) => text(sandbox, `/${provider}/settlement_reports/${id}`)),
  );
}

describe.each(providers)('%s', (provider) => {
  const fee = fees[provider];
  const back = provider === 'cedar' ? fee : 0n;

  test('lists what was taken, its fee and what was given back on the day of each, under the dispute', async () => {
    const files = await filesOf(provider);
    const found = await Promise.all(
      files.map(async (file) => {
        const { lines } = await readFile(file, { kind: 'settlement', provider });
        return lines
          .filter(({ kind }) => kind.startsWith('dispute'))
          .map(({ kind, gross, net, ...line }) => ({
            said: `${kind} ${String(gross)} ${String(line.fee)} ${String(net)}`,
            ids: [line.reference, line.providerReference, line.parentReference],
          }));
      }),
    );
    const taken = `dispute -700 ${String(fee)} ${String(-700n - fee)}`;
    const given = `dispute_reversal 700 ${String(-back)} ${String(700n + back)}`;
    const again = `dispute 0 ${String(fee)} ${String(-fee)}`;
    expect(found.map((lines) => lines.map(({ said }) => said))).toEqual([
      [taken, given, taken],
      [again],
      [given],
      [],
    ]);
    for (const line of found.flat()) {
      expect(line.ids).toEqual([references.get(provider), ids.get(provider), null]);
    }
    expect(await filesOf(provider)).toEqual(files);
  });

  test('pays what is left of it, and the bank statement says so', async () => {
    const files = await filesOf(provider);
    const statements = await list(sandbox, '/bank_account/statements');
    const source = { kind: 'bank_statement', provider: 'bank_account' } as const;
    const booked = await Promise.all(
      statements.map(async ({ id }) => {
        const path = `/bank_account/statements/${id}?format=camt053`;
        const { lines } = await readFile(await text(sandbox, path), source);
        return lines.filter(({ counterparty }) => counterparty === provider);
      }),
    );
    for (const [index, file] of files.slice(0, 3).entries()) {
      const { lines } = await readFile(file, { kind: 'settlement', provider });
      const net = lines.filter(({ kind }) => kind !== 'payout' && kind !== 'collection');
      const sum = net.reduce((total, line) => total + line.net, 0n);
      expect(booked[index]?.map(({ gross }) => gross)).toEqual(sum === 0n ? [] : [sum]);
    }
  });

  test('shows when each came about', async () => {
    const { body } = await sandbox.call(
      'GET',
      `/${provider}/disputes/${String(ids.get(provider))}`,
    );
    const facts = body['facts'] as readonly Readonly<Record<string, unknown>>[];
    expect(facts.map(({ round, what, amount }) => [round, what, amount])).toEqual([
      [1, 'opened', -700],
      [1, 'won', 700],
      [2, 'reopened', -700],
      [2, 'lost', 0],
      [3, 'reopened', 0],
      [3, 'won', 700],
    ]);
    const days = facts.map(({ at }) => Math.floor(Date.parse(String(at)) / 1_000 / day));
    expect(days.map((one) => one - (days[0] ?? 0))).toEqual([0, 0, 0, 1, 1, 2]);
  });
});

const disputed = {
  alder: ['L,cap_1,op_1,pay_1,capture,1000,39', 'L,cap_1,op_1,dp_1,dispute,-1000,39'],
  birch: ['B;cap_1;op_1;pay_1;Einzug;10,00;0,39', 'B;cap_1;op_1;dp_1;Rückbelastung;-10,00;0,39'],
  cedar: ['"parent_id":"pay_1","type":"capture","amount":"1000"', '"parent_id":"dp_1","type":"dispute","amount":"-1000"'],
} as const; // prettier-ignore

test.each([
  ['alder', 'amount', 'amount', ['dispute,-1000', 'dispute,1']],
  ['alder', 'amount', 'amount', ['dispute,-1000', 'dispute_reversal,-1000']],
  ['alder', 'amount', 'amount', ['dispute,-1000', 'dispute_reversal,0']],
  ['alder', 'field', 'parent_id', ['dp_1', '']],
  ['alder', 'field', 'reference', ['op_1,dp_1', ',dp_1']],
  ['alder', 'record', 'type', ['dispute,', 'dispute_lost,']],
  ['alder', 'record', 'type', ['L,cap_1', 'P,cap_1']],
  ['birch', 'amount', 'Betrag', ['Rückbelastung;-10,00', 'Rückbelastung;10,00']],
  ['birch', 'amount', 'Betrag', ['Rückbelastung;-10,00', 'Wiedergutschrift;-10,00']],
  ['birch', 'field', 'Ursprung', ['dp_1', '']],
  ['birch', 'record', 'Art', ['Rückbelastung', 'Rückbelastungen']],
  ['cedar', 'amount', 'amount', ['"-1000"', '"1000"']],
  ['cedar', 'field', 'parent_id', ['"dp_1"', 'null']],
  ['cedar', 'record', 'type', ['"dispute"', '"disputes"']],
] as const)('%s: a line of a dispute is refused for %s in %s', async (name, code, field, [from, to]) => {
  const { file, source } = samples[name];
  const [was, is] = disputed[name];
  const broken = file.replace(was, is).replace(from, to);
  expect(await refusalOf(broken, source)).toMatchObject({ code, line: 2, field });
}); // prettier-ignore

test.each(providers)('%s: a total that leaves a dispute out is refused', async (provider) => {
  const [file = ''] = await filesOf(provider);
  const line = /^.*(?:dispute_reversal|Wiedergutschrift).*\r?\n/m;
  expect(file).toMatch(line);
  const refusal = await refusalOf(file.replace(line, ''), { kind: 'settlement', provider });
  expect(refusal).toMatchObject({ code: 'totals' });
});
