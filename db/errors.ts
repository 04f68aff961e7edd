/** What PostgreSQL's errors mean to us: the one table of this boundary. */

/** SQLSTATE classes after which the same statement may work: connection, resources, shutdown, conflict. */
const transientClasses: ReadonlySet<string> = new Set(['08', '53', '57', '40', '55']);

/** True when trying again later may help; a refused constraint or a bug in SQL never goes away. */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  // Without a state the server never answered: refused, reset, timed out, closed.
  return state === undefined ? true : transientClasses.has(state.slice(0, 2));
}

export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
