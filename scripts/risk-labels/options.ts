/** What `npm run risk:labels` is told on its command line. */
import { parseArgs } from 'node:util';

export interface LabelsOptions {
  readonly out: string;
  /** ISO 8601; null: from the first decision on. */
  readonly from: string | null;
  /** Not included; null: as late as there are labels. */
  readonly to: string | null;
}

export function readOptions(args: readonly string[]): LabelsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { out: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  });
  const { out, from, to } = values;
  if (out === undefined || out === '') throw new Error('--out: the file to write to');
  return { out, from: instantOf('from', from), to: instantOf('to', to) };
}

const written = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A day begins in UTC. */
function instantOf(name: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const at = written.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new Error(`--${name}: a day such as 2026-11-25, or an RFC 3339 time`);
  return new Date(at).toISOString();
}
