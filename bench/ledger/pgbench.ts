/** pgbench itself, where it is on the PATH: the same script in C, on the same server. */
import { spawn } from 'node:child_process';
import type pg from 'pg';
import type { Scale } from './tpcb.ts';

function run(args: readonly string[], url: string): Promise<string | undefined> {
  const child = spawn('pgbench', [...args, url], { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString() : undefined));
  });
}

function databaseUrl(ownerUrl: string, scale: Scale): string {
  const url = new URL(ownerUrl);
  url.pathname = `/pgbench${String(scale)}`;
  return url.href;
}

/** False where there is no pgbench. */
export async function createPgbench(
  owner: pg.Pool,
  ownerUrl: string,
  scale: Scale,
): Promise<boolean> {
  if ((await run(['--version'], ownerUrl)) === undefined) return false;
  await owner.query(`create database pgbench${String(scale)}`);
  const made = await run(['-i', '-q', '-s', String(scale)], databaseUrl(ownerUrl, scale));
  return made !== undefined;
}

/** Transactions a second. */
export async function pgbench(
  ownerUrl: string,
  scale: Scale,
  { writers, seconds }: { readonly writers: number; readonly seconds: number },
): Promise<number | null> {
  const options = ['-n', '-M', 'prepared', '-c', String(writers), '-j', '2', '-T', String(seconds)];
  const output = await run(options, databaseUrl(ownerUrl, scale));
  const tps = /^tps = ([\d.]+)/m.exec(output ?? '')?.[1];
  return tps === undefined ? null : Number(tps);
}
