/** `Prefer: wait=N` (RFC 7240): seconds an answer may wait for a clear state. */
const waitSecondsDefault = 10;
const waitSecondsMax = 30;

/** A preference that cannot be read is ignored, as the RFC asks; the first of several counts. */
export function waitMs(prefer: string | undefined): number {
  for (const preference of (prefer ?? '').split(',')) {
    const [token = ''] = preference.split(';');
    const match = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*$/i.exec(token);
    if (match !== null) return Math.min(Number(match[1]), waitSecondsMax) * 1000;
  }
  return waitSecondsDefault * 1000;
}
