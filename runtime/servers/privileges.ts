/**
 * As whom PostgreSQL runs: it refuses root. As root we give it an account of its own, which then
 * may be unable to pass the folders above (a clone under a mode-700 folder); `setpriv` can let
 * that one process pass and nothing else.
 */
import { chownSync, statSync } from 'node:fs';
import { findOnPath, runCommand } from './run-command.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Privileges {
  /** Put before the command. */
  readonly prefix: readonly string[];
  /** For spawn, where no `setpriv` does it. */
  readonly account: Account | undefined;
  /** To whom the data must belong; absent: to ourselves. */
  readonly owner: Account | undefined;
}

export interface PrivilegeOptions {
  readonly program: string;
  /** Holds the data; exists. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Has the kernel send a signal when the supervisor dies, even by SIGKILL (Linux only; elsewhere
 * the next start stops what is left).
 */
export async function diesWithParent(
  signal: NodeJS.Signals,
  environment: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const setpriv = findOnPath('setpriv', environment['PATH'] ?? '');
  if (setpriv === undefined) return [];
  const prefix = [setpriv, '--pdeathsig', signal.replace('SIG', '')];
  const probe = await runCommand([...prefix, 'true'], { timeoutMs: 2000, environment });
  return probe.ok ? prefix : [];
}

export async function postgresPrivileges(options: PrivilegeOptions): Promise<Privileges> {
  const tied = await diesWithParent('SIGINT', options.environment);
  if (process.getuid?.() !== 0) return { prefix: tied, account: undefined, owner: undefined };
  const owner = ownerOf(options.folder) ?? (await findOrCreateAccount(options.environment));
  chownSync(options.folder, owner.uid, owner.gid);
  for (const prefix of droppingPrefixes(tied, owner)) {
    const privileges = { prefix, account: prefix.length === 0 ? owner : undefined, owner };
    if (await canRun(privileges, options)) return privileges;
  }
  throw new Error(
    `PostgreSQL may not run as root, and user ${owner.uid} cannot reach ${options.program} or ` +
      `${options.folder}: start as an ordinary user, make the folders above them passable ` +
      '(chmod o+x), install setpriv (util-linux), or set DATABASE_URL.',
  );
}

/** From harmless to strong: the plain account, then one that may pass any folder. */
function droppingPrefixes(tied: readonly string[], { uid, gid }: Account): (readonly string[])[] {
  if (tied.length === 0) return [[]];
  const plain = [...tied, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  // Without no_setuid_fixup, access(2), which PostgreSQL asks about itself, ignores capabilities.
  const passing = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override'];
  return [plain, [...plain, ...passing, '--ambient-caps=+dac_override'], []];
}

async function canRun(privileges: Privileges, options: PrivilegeOptions): Promise<boolean> {
  const script = 'test -x "$1/." && exec "$2" --version';
  const result = await runCommand(
    [...privileges.prefix, 'sh', '-c', script, 'sh', options.folder, options.program],
    {
      timeoutMs: 5000,
      environment: options.environment,
      account: privileges.account,
      cwd: '/',
    },
  );
  return result.ok;
}

/** Data that is there keeps its owner; a folder of root's is one we have just made. */
function ownerOf(folder: string): Account | undefined {
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}

async function findOrCreateAccount(
  environment: Readonly<Record<string, string>>,
): Promise<Account> {
  const name = 'postgres';
  const ask = { timeoutMs: 10_000, environment };
  const found = await findAccount(name, ask);
  if (found !== undefined) return found;
  const created = await runCommand(
    ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', name],
    ask,
  );
  const account = await findAccount(name, ask);
  if (account !== undefined) return account;
  throw new Error(
    `PostgreSQL may not run as root, and a user "${name}" could not be made: ${created.output}`,
  );
}

async function findAccount(
  name: string,
  ask: { timeoutMs: number; environment: Readonly<Record<string, string>> },
): Promise<Account | undefined> {
  const uid = await runCommand(['id', '-u', name], ask);
  const gid = await runCommand(['id', '-g', name], ask);
  if (!uid.ok || !gid.ok) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
}
