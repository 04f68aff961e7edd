/**
 * Databases for tests: migrated once into a template, cloned per test file in some 50 ms.
 * Roles belong to the whole server, so every clone knows the same passwords.
 */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { testAddresses } from './addresses.ts';

const templateName = 'tender_template';
const passwords = { apiPassword: 'test-api', workerPassword: 'test-worker' };

export interface TestDatabase {
  /** The superuser, to this database: for what only migrations and test fixtures may do. */
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  drop(): Promise<void>;
}

type Migrate = (adminUrl: string, options: typeof passwords) => Promise<unknown>;

export async function createTemplateDatabase(adminUrl: string, migrate: Migrate): Promise<void> {
  await execute(adminUrl, `create database ${templateName}`);
  await migrate(withDatabase(adminUrl, templateName), passwords);
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const { databaseUrl } = testAddresses();
  const name = `tender_test_${randomUUID().replaceAll('-', '')}`;
  await execute(databaseUrl, `create database ${name} template ${templateName}`);
  const ownerUrl = withDatabase(databaseUrl, name);
  return {
    ownerUrl,
    apiUrl: withRole(ownerUrl, 'tender_api', passwords.apiPassword),
    workerUrl: withRole(ownerUrl, 'tender_worker', passwords.workerPassword),
    // Forced: a test that leaks a connection fails by its own assertions, not by blocking others.
    drop: () => execute(databaseUrl, `drop database if exists ${name} with (force)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function withRole(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  return changed.href;
}
