/** The command as it is run: the same bytes twice, a file that the service reads, and what is wrong said. */
import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../../activities/risk/load-model.ts';
import { createRandom } from '../../domain/risk/training/random.ts';
import { localSettings } from '../../runtime/env.ts';
import { runCommand, type CommandResult } from '../../runtime/servers/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'tender-risk-train-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(import.meta.dirname, '..', 'risk-train.ts');
const file = (name: string): string => join(folder, name);

function train(...args: readonly string[]): Promise<CommandResult> {
  const environment = localSettings().inherited;
  return runCommand([process.execPath, program, ...args], { timeoutMs: 60_000, environment });
}

function labels(count: number): string {
  const random = createRandom(9);
  const rows = Array.from({ length: count }, (_, row) => {
    const isFraud = random() < 0.2;
    return `${(isFraud ? 80 : 40) * random()},${random() < 0.3 ? 1 : 0},${isFraud ? 1 : 0},${1767225600 + row}`; // prettier-ignore
  });
  return ['amount,is_night,label,at', ...rows].join('\n');
}

test('twice the same gives the same bytes; another seed or other data another version', async () => {
  writeFileSync(file('labels.csv'), labels(600));
  writeFileSync(file('other.csv'), labels(601));
  const model = (name: string): string => readFileSync(file(name), 'utf8');
  const version = (name: string): string => loadModel(file(name), ['amount', 'is_night']).version;
  for (const [name, from, seed] of [
    ['a', 'labels', '1'],
    ['b', 'labels', '1'],
    ['c', 'labels', '2'],
    ['d', 'other', '1'],
  ] as const) {
    // prettier-ignore
    const ran = await train('--labels', file(`${from}.csv`), '--out', file(name), '--seed', seed);
    expect(ran).toMatchObject({ ok: true });
  }
  expect(model('b')).toBe(model('a'));
  expect(new Set(['a', 'b', 'c', 'd'].map(version)).size).toBe(3);
  const { data, seed, kind } = loadModel(file('a'), ['amount', 'is_night']);
  expect({ seed, kind }).toEqual({ seed: 1, kind: 'boosting' });
  expect(data).toMatchObject({ source: 'labels', rows: 600, from: '2026-01-01T00:00:00.000Z' });
});

test('nothing is written of what is wrong, and the end says so', async () => {
  writeFileSync(file('bad.csv'), 'amount,label,at\n1,2,3\n');
  const { ok, output } = await train('--labels', file('bad.csv'), '--out', file('none'));
  expect({ ok, output }).toEqual({ ok: false, output: 'risk:train: line 2, column 2 (label): must be 0 or 1, is "2"' }); // prettier-ignore
  expect(existsSync(file('none'))).toBe(false);
});

test('the model that comes with Tender is written over by nobody in passing', async () => {
  const { ok, output } = await train('--labels', file('labels.csv'));
  expect({ ok, output }).toEqual({ ok: false, output: 'risk:train: --out: the file to write to' });
});
