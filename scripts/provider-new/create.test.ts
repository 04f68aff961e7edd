/** What `npm run provider:new` writes compiles, fits its contract, and is asked what the suite asks. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProviderFolder } from './create.ts';

const project = join(import.meta.dirname, '..', '..');
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tender-provider-'));
  for (const name of ['node_modules']) symlinkSync(join(project, name), join(root, name));
  for (const name of ['domain', 'package.json', 'tsconfig.json']) {
    cpSync(join(project, name), join(root, name), { recursive: true });
  }
  for (const name of ['conformance', 'conformance.ts', 'capabilities.ts', 'connection.ts', 'evidence.ts']) {
    cpSync(join(project, 'providers', name), join(root, 'providers', name), { recursive: true });
  }
}); // prettier-ignore

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

test('it is written once, and only under a name', () => {
  expect(createProviderFolder(root, 'willow')).toMatchObject({ kind: 'created' });
  const contract = join(root, 'providers', 'willow', 'contract.ts');
  writeFileSync(contract, `${readFileSync(contract, 'utf8')}// changed\n`);
  expect(createProviderFolder(root, 'willow')).toMatchObject({ kind: 'refused' });
  expect(readFileSync(contract, 'utf8')).toMatch(/changed/);
  for (const name of ['', 'A', '../x', 'two words', 'sandbox/x']) {
    expect(createProviderFolder(root, name).kind).toBe('refused');
  }
});

test('it compiles by the rules of the house', () => {
  const config = { extends: './tsconfig.json', include: ['providers/willow/**/*.ts'] };
  writeFileSync(join(root, 'tsconfig.new.json'), JSON.stringify(config));
  const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = (): string =>
    execFileSync(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.new.json'], {
      cwd: root,
      encoding: 'utf8',
    });
  expect(run()).toBe('');
}, 60_000);

test('it can do what its contract says, and the suite has cases for it', () => {
  const program = `
    import { listConformanceCases } from './providers/conformance.ts';
    import { checkCapabilities } from './providers/capabilities.ts';
    import { createWillowProvider } from './providers/willow/provider.ts';
    const fail = () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    const provider = createWillowProvider({ webhookSecret: 's', call: fail });
    const asked = { reference: 'att_1', idempotencyKey: 'k', amountMinor: 1n, currency: 'EUR' };
    const outcome = await provider.authorize({ ...asked, method: 'card', token: 't' });
    const differing = checkCapabilities(provider);
    const cases = listConformanceCases(provider.contract).length;
    console.log(JSON.stringify({ differing, cases: cases > 10, outcome: outcome.kind }));
  `;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const printed = execFileSync(process.execPath, flags, { cwd: root, encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({ differing: [], cases: true, outcome: 'not_sent' });
});
