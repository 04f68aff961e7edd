import { expect, test } from '@jest/globals';
import { readSettings } from './settings.ts';

test('only the data file is required', () => {
  expect(readSettings({ TENDER_SANDBOX_DATA: '/x', TENDER_SANDBOX_CLOCK_URL: '' })).toEqual({
    kind: 'settings',
    settings: {
      port: 0,
      host: '127.0.0.1',
      publicUrl: undefined,
      dataPath: '/x',
      webhookUrl: undefined,
      webhookSecret: undefined,
      clockUrl: undefined,
      parentWatch: false,
    },
  });
});

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 'k').toString('base64')}`;

test('a secret of 24 bytes is long enough, as it is for the service', () => {
  const source = { TENDER_SANDBOX_DATA: '/x', TENDER_SANDBOX_WEBHOOK_SECRET: secretOf(24) };
  expect(readSettings(source)).toMatchObject({ settings: { webhookSecret: secretOf(24) } });
});

test.each([
  ['TENDER_SANDBOX_PORT', { TENDER_SANDBOX_PORT: '70000' }],
  ['TENDER_SANDBOX_DATA', { TENDER_SANDBOX_DATA: undefined }],
  ['TENDER_SANDBOX_WEBHOOK_URL', { TENDER_SANDBOX_WEBHOOK_URL: 'ftp://x' }],
  ['TENDER_SANDBOX_WEBHOOK_SECRET', { TENDER_SANDBOX_WEBHOOK_SECRET: 'hunter2' }],
  ['TENDER_SANDBOX_WEBHOOK_SECRET', { TENDER_SANDBOX_WEBHOOK_SECRET: secretOf(23) }],
  ['TENDER_SANDBOX_WEBHOOK_SECRET', { TENDER_SANDBOX_WEBHOOK_URL: 'http://127.0.0.1/webhooks' }],
  ['TENDER_SANDBOX_PUBLIC_URL', { TENDER_SANDBOX_PUBLIC_URL: 'sandbox.example' }],
  ['TENDER_SANDBOX_CLOCK_URL', { TENDER_SANDBOX_CLOCK_URL: 'clock' }],
  ['TENDER_PARENT_WATCH', { TENDER_PARENT_WATCH: 'yes' }],
])('a wrong value is named: %s', (name, changes) => {
  const read = readSettings({ TENDER_SANDBOX_DATA: '/x', ...changes });
  expect(read.kind === 'invalid' && read.message).toContain(name);
});
