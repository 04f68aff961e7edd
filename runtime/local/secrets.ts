/** Passwords, keys and tokens of a local home: made up at its first start, kept from then on. */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { hasCode } from '../errors.ts';
import { newId } from '../ids.ts';
import { writePrivateJson } from './private-file.ts';

const merchantSchema = z.object({ id: z.string(), name: z.string(), apiKey: z.string() });
const staffKeySchema = z.object({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
});
const secretsSchema = z.object({
  postgresPassword: z.string(),
  apiDbPassword: z.string(),
  workerDbPassword: z.string(),
  merchants: z.tuple([merchantSchema, merchantSchema]),
  sandboxWebhookSecret: z.string(),
  staffKey: staffKeySchema,
});

export type Secrets = z.infer<typeof secretsSchema>;
export type StaffKey = z.infer<typeof staffKeySchema>;

export async function openSecrets(path: string): Promise<Secrets> {
  const known = readKnown(path);
  const complete = secretsSchema.safeParse(known);
  if (complete.success) return complete.data;
  // A home of an older Tender keeps what it has and is given what it lacks.
  const secrets = secretsSchema.parse({ ...(await makeSecrets()), ...known });
  writePrivateJson(path, secrets);
  return secrets;
}

function readKnown(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw error;
  }
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

async function makeSecrets(): Promise<Secrets> {
  return {
    postgresPassword: randomBase62(32),
    apiDbPassword: randomBase62(32),
    workerDbPassword: randomBase62(32),
    merchants: [makeMerchant('The Corner Shop'), makeMerchant('Second Merchant')],
    sandboxWebhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
    staffKey: await makeStaffKey(),
  };
}

function makeMerchant(name: string): z.infer<typeof merchantSchema> {
  return { id: newId('mer'), name, apiKey: `tk_test_${randomBase62(40)}` };
}

export async function makeStaffKey(): Promise<StaffKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const key = await exportJWK(privateKey);
  return staffKeySchema.parse({ ...key, kid: `local-${randomBase62(8)}` });
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function randomBase62(length: number): string {
  return Array.from({ length }, () => base62.charAt(randomInt(base62.length))).join('');
}
