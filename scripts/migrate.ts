/**
 * Brings the database of DATABASE_URL to the newest schema and gives the roles their passwords;
 * with TENDER_SEED also its merchants and API keys. Running it again changes nothing.
 */
import { z } from 'zod';
import { connectDb } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { seedMerchants } from '../db/seed.ts';
import { migrateSettings } from '../runtime/env.ts';

const seedSchema = z.strictObject({
  merchants: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      apiKey: z.string(),
      fundModel: z.enum(['own', 'facilitator']).default('own'),
      uniqueReference: z.boolean().default(false),
      /** Of a new merchant: minor units by currency. */
      refundLimits: z.record(z.string(), z.int().min(0)).nullable().optional(),
    }),
  ),
});

async function seed(databaseUrl: string, text: string): Promise<void> {
  const asOwner = new URL(databaseUrl);
  asOwner.searchParams.set('options', '-c role=tender_owner');
  const db = connectDb({
    url: asOwner.href,
    applicationName: 'tender-seed',
    poolSize: 1,
    onError: () => undefined,
  });
  try {
    const { merchants } = seedSchema.parse(JSON.parse(text));
    await seedMerchants(db, merchants);
    console.log(`merchants: ${merchants.map(({ id, name }) => `${name} (${id})`).join(', ')}`);
  } finally {
    await db.destroy();
  }
}

const settings = migrateSettings();
const { databaseUrl, apiPassword, workerPassword } = settings;
const applied = await migrate(databaseUrl, { apiPassword, workerPassword });
console.log(applied.length === 0 ? 'already the newest schema' : `applied: ${applied.join(', ')}`);
if (settings.seed !== undefined) await seed(databaseUrl, settings.seed);
