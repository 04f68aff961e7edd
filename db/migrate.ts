/**
 * Brings a database to the newest schema: roles, numbered SQL files in order, chart of accounts and
 * transition tables. `node db/migrate.ts` with DATABASE_URL of a role that may create roles.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import pg from 'pg';
import { accounts } from '../domain/accounts.ts';
import { disputeAnswerTransitions, disputeTransitions } from '../domain/dispute-state.ts';
import { payoutTransitions } from '../domain/payout.ts';
import { attemptTransitions, operationTransitions, paymentTransitions } from '../domain/payment.ts';

export interface MigrateOptions {
  /** Undefined: the role keeps the password it has. */
  readonly apiPassword: string | undefined;
  readonly workerPassword: string | undefined;
}

const folder = new URL('migrations/', import.meta.url);

export async function migrate(
  adminUrl: string,
  options: MigrateOptions,
): Promise<readonly string[]> {
  await settleRoles(adminUrl, options);
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({ connectionString: adminUrl, max: 2, options: '-c role=tender_owner' }),
    }),
  });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw new Error('Migration failed', { cause: error });
    await writeReferenceData(db);
    return (results ?? []).map((r) => r.migrationName);
  } finally {
    await db.destroy();
  }
}

/** Role exists already, unique violation, "tuple concurrently updated": another migration was faster. */
const lostRace: ReadonlySet<string> = new Set(['42710', '23505', 'XX000']);
const racesMax = 20;

/** Roles belong to the whole server, locks to one database: whoever loses a race just looks again. */
async function settleRoles(adminUrl: string, options: MigrateOptions): Promise<void> {
  for (let lost = 0; ; lost += 1) {
    try {
      await createRoles(adminUrl, options);
      return;
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      if (!lostRace.has(code) || lost >= racesMax) throw error;
      await sleep(50 * Math.ceil(lost / 2 + 1));
    }
  }
}

async function createRoles(adminUrl: string, options: MigrateOptions): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = 'tender_owner') then create role tender_owner nologin; end if;
      if not exists (select from pg_roles where rolname = 'tender_api') then create role tender_api login; end if;
      if not exists (select from pg_roles where rolname = 'tender_worker') then create role tender_worker login; end if;
    end $$`);
    const passwords = { tender_api: options.apiPassword, tender_worker: options.workerPassword };
    for (const [role, password] of Object.entries(passwords)) {
      if (password === undefined) continue;
      await client.query(`alter role ${role} password ${client.escapeLiteral(password)}`);
    }
    await client.query(`grant tender_owner to current_user`);
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    const name = client.escapeIdentifier(rows[0]?.name ?? '');
    await client.query(`grant create, connect on database ${name} to tender_owner`);
    await client.query(`revoke temporary on database ${name} from public`);
    await client.query(`grant connect on database ${name} to tender_api, tender_worker`);
    await client.query(`alter schema public owner to tender_owner`);
  } finally {
    await client.end();
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((f) => f.endsWith('.sql')).sort();
  const entries = files.map(async (file): Promise<[string, Migration]> => {
    const text = await readFile(new URL(file, folder), 'utf8');
    return [
      file.replace('.sql', ''),
      {
        up: async (db) => {
          await sql.raw(text).execute(db);
        },
      },
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The chart and the transition tables are data of `domain/`; the database's copies follow it. */
async function writeReferenceData(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into accounts (code, name, type, normal_side, must_drain)
    select a.code, a.name, a.type, a."normalSide", a."mustDrain"
    from jsonb_to_recordset(${JSON.stringify(accounts)}::jsonb)
      as a (code text, name text, type text, "normalSide" text, "mustDrain" boolean)
    on conflict (code) do update set name = excluded.name, must_drain = excluded.must_drain`.execute(
    db,
  );
  const tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
    payment: paymentTransitions,
    attempt: attemptTransitions,
    operation: operationTransitions,
    dispute: disputeTransitions,
    dispute_answer: disputeAnswerTransitions,
    payout: payoutTransitions,
  };
  const moves = Object.entries(tables).flatMap(([object, table]) =>
    Object.entries(table).flatMap(([from, tos]) => tos.map((to) => ({ object, from, to }))),
  );
  await db.transaction().execute(async (trx) => {
    // Two migrations at once: the second waits here and then sees the first one's rows.
    await sql`lock table status_transitions in share row exclusive mode`.execute(trx);
    await sql`delete from status_transitions`.execute(trx);
    await sql`
      insert into status_transitions (object, from_status, to_status)
      select m.object, m."from", m."to"
      from jsonb_to_recordset(${JSON.stringify(moves)}::jsonb) as m (object text, "from" text, "to" text)`.execute(
      trx,
    );
  });
}
