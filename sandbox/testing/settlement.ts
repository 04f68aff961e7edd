/** Money through the sandbox's providers, and their files read as an importer would read them. */
import { anAuthorization, newReference } from './client.ts';
import type { SandboxClient } from './client.ts';

/** Captured in two steps, since birch sells in no other way. */
export async function capture(
  sandbox: SandboxClient,
  provider: string,
  amount: number,
  currency: string,
): Promise<{ readonly id: string; readonly reference: string }> {
  const order = anAuthorization({ amount, currency });
  const path = `/${provider}/authorizations`;
  const { body } = await sandbox.call('POST', path, order, newReference());
  const id = String(body['id']);
  // A reference may hold what a separator is.
  const reference = `op,"${newReference()};`;
  await operate(sandbox, `${path}/${id}/captures`, { reference, amount, currency });
  return { id, reference };
}

async function operate(sandbox: SandboxClient, path: string, body: object): Promise<void> {
  const { status, body: answer } = await sandbox.call('POST', path, body, newReference());
  if (status !== 200) throw new Error(JSON.stringify(answer));
}

export function refund(
  sandbox: SandboxClient,
  provider: string,
  id: string,
  amount: number,
  currency = 'EUR',
): Promise<void> {
  const path = `/${provider}/authorizations/${id}/refunds`;
  return operate(sandbox, path, { reference: newReference(), amount, currency });
}

export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly covers_from: string;
  readonly covers_to: string;
}

export async function list(sandbox: SandboxClient, path: string): Promise<readonly Listed[]> {
  return (await sandbox.call('GET', path)).body['data'] as readonly Listed[];
}

export async function text(sandbox: SandboxClient, path: string): Promise<string> {
  const response = await fetch(`${sandbox.url}${path}`);
  if (response.status !== 200) throw new Error(`${path}: ${String(response.status)}`);
  return response.text();
}

const kinds = [
  ...['alder', 'birch', 'cedar', 'bank'].map((provider) => [`/${provider}/settlement_reports`, '']),
  ['/bank_account/statements', '?format=camt053'],
  ['/bank_account/statements', '?format=csv'],
] as const;

/** Every file there is, by its address. */
export async function filesOf(sandbox: SandboxClient): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [path = '', query = ''] of kinds) {
    for (const { id } of await list(sandbox, path)) {
      const address = `${path}/${id}${query}`;
      files.set(address, await text(sandbox, address));
    }
  }
  return files;
}

export interface Row {
  readonly record: string;
  readonly id: string;
  readonly reference: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly currency: string;
}

export function fieldsOf(line: string, separator: string): readonly string[] {
  const pattern = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g');
  return [...line.matchAll(pattern)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare : quoted.replaceAll('""', '"'),
  );
}

/** The digits without their mark: minor units, if the file shows as many as the currency has. */
function minorOf(shown: string, mark: string, exponent: number): bigint {
  const [, decimals = ''] = shown.split(mark);
  if (decimals.length !== exponent) throw new Error(`${shown}: not ${String(exponent)} digits`);
  return BigInt(shown.replace(mark, ''));
}

export const exponents: Readonly<Record<string, number>> = { EUR: 2, JPY: 0, KWD: 3 };

function readCsv(file: string, separator: string): readonly Row[] {
  const isGerman = separator === ';';
  const [, ...lines] = file.trimEnd().split(isGerman ? '\r\n' : '\n');
  const names = new Map([['B', 'L'], ['A', 'P'], ['S', 'T']]); // prettier-ignore
  return lines.map((line) => {
    const [record = '', id = '', reference = '', , , amount = '', fee = '', currency = ''] =
      fieldsOf(line, separator);
    const exponent = isGerman && currency !== '' ? (exponents[currency] ?? 2) : 0;
    const read = (shown: string): bigint => (currency === '' ? 0n : minorOf(shown, ',', exponent));
    const sums = { amount: read(amount), fee: read(fee) };
    return { record: names.get(record) ?? record, id, reference, currency, ...sums };
  });
}

function readJsonLines(file: string): readonly Row[] {
  const names = new Map([['line', 'L'], ['payout', 'P']]); // prettier-ignore
  const rowOf = (record: string, json: Record<string, string>): Row => ({
    record,
    id: json['movement_id'] ?? json['payout_id'] ?? '',
    reference: json['reference'] ?? String(json['count']),
    amount: BigInt(json['amount'] ?? ''),
    fee: BigInt(json['fee'] ?? '0'),
    currency: json['currency'] ?? '',
  });
  return file
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const json = JSON.parse(line) as Record<string, string> & {
        readonly totals: readonly Record<string, string>[];
      };
      const name = names.get(json['record'] ?? '');
      if (name !== undefined) return rowOf(name, json);
      return json['record'] === 'footer' ? json.totals.map((total) => rowOf('T', total)) : [];
    });
}

export function readReport(provider: string, file: string): readonly Row[] {
  if (provider === 'cedar') return readJsonLines(file);
  return readCsv(file, provider === 'birch' ? ';' : ',');
}

export function sum(rows: readonly Row[], of: (row: Row) => bigint): bigint {
  return rows.reduce((total, row) => total + of(row), 0n);
}
