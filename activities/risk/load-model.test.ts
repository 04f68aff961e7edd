import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedFeatures } from '../../bench/risk/simulation/features.ts';
import { scoreOf } from '../../domain/risk/model.ts';
import { formatModel, versionOf } from '../../scripts/risk-train/model-file.ts';
import { defaultModelPath, loadModel } from './load-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'tender-load-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the model that comes with Tender', () => {
  const text = readFileSync(defaultModelPath, 'utf8');
  const model = loadModel(defaultModelPath, simulatedFeatures);

  test('is the file that was trained, as it was written, and small', () => {
    expect(formatModel(model) === text).toBe(true);
    expect(model.version).toBe(versionOf(model));
    expect(text.length).toBeLessThan(200_000);
  });

  test('finds the frauds of the simulation', () => {
    const usual = Object.fromEntries(simulatedFeatures.map((name) => [name, name.includes('risk') ? 0 : name.includes('average') ? 50 : 10])); // prettier-ignore
    const chance = (changes: object): number => scoreOf(model, { ...usual, amount: 50, is_weekend: 0, is_night: 0, ...changes }).probability; // prettier-ignore
    expect(chance({})).toBeLessThan(0.01);
    expect(chance({ amount: 260 })).toBeGreaterThan(0.9);
    expect(chance({ merchant_risk_1d: 1, merchant_risk_7d: 0.9, merchant_risk_30d: 0.5 })).toBeGreaterThan(0.5); // prettier-ignore
  });
});

test.each([
  ['is not there', null, 'ENOENT'],
  ['is no JSON', '{', 'JSON'],
  ['is no model', '{}', 'risk model: format: must be 1, is nothing'],
])('a file that %s is refused by its path', (_, text, message) => {
  const path = join(folder, 'model.json');
  rmSync(path, { force: true });
  if (text !== null) writeFileSync(path, text);
  expect(() => loadModel(path, [])).toThrow(new RegExp(`model.json: .*${message}`));
});

test('a model that wants what the service does not have is refused', () => {
  expect(() => loadModel(defaultModelPath, ['amount'])).toThrow(
    'features[1]: must be a known feature, is "is_weekend"',
  );
});
