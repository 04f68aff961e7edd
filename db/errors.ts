/** What PostgreSQL's errors mean to us: the one table of this boundary. */

/** SQLSTATE classes after which the same statement may work: connection, resources, shutdown, conflict. */
const transientClasses: ReadonlySet<string> = new Set(['08', '53', '57', '40', '55']);
/** Of Node, where the server never answered. */
const networkCodes = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/;
const sqlState = /^[0-9A-Z]{5}$/;
/** Of pg, whose own errors have no code. */
const lostConnection = /connection (terminated|ended)|timeout|not queryable|Client was closed/i;

/** True when trying again later may help; a refused constraint or a bug of ours never goes away. */
export function isTransient(error: unknown): boolean {
  // Told by its fields, not by its class: errors of Node itself come from another realm under jest.
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, cause, errors } = error as Readonly<Record<string, unknown>>;
  if (typeof code === 'string' && networkCodes.test(code)) return true;
  if (typeof code === 'string' && sqlState.test(code))
    return transientClasses.has(code.slice(0, 2));
  if (Array.isArray(errors)) return errors.some(isTransient);
  return (typeof message === 'string' && lostConnection.test(message)) || isTransient(cause);
}

/** True for an error of the named constraint, ours included. */
export function isRefusedBy(error: unknown, constraint: string): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'constraint' in error &&
    error.constraint === constraint
  );
}
