/** Whose files can be fetched; those of all others are uploaded. */
import type { ReportSource } from '../domain/report-source.ts';
import { createAdyenReports } from './adyen/reports.ts';
import type { AdyenReportOptions } from './adyen/reports.ts';
import type { everyContract } from './registry.ts';
import { createDispatcher } from './sandbox/client.ts';
import { bankContract } from './sandbox/contracts.ts';
import { createSandboxReports } from './sandbox/reports.ts';
import { createStripeReports } from './stripe/reports.ts';
import type { StripeReportOptions } from './stripe/reports.ts';

/** Each is set up, or undefined. */
export interface ReportSettings {
  readonly sandboxUrl?: string | undefined;
  readonly stripe?: StripeReportOptions | undefined;
  readonly adyen?: AdyenReportOptions | undefined;
}

type Contract = (typeof everyContract)[number];
/** Of those whose contract says so: with a name of the others, and without one of these, nothing compiles. */
type Fetched = Extract<Contract, { settlementReports: { come: 'fetched' } }>['name'];

/** Whose account the providers pay into. */
const ownBank = 'bank_account';

/** By the name of whoever sends them. */
export function createReportSources(settings: ReportSettings): ReadonlyMap<string, ReportSource> {
  const { sandboxUrl, stripe, adyen } = settings;
  const inSandbox = sandboxUrl === undefined ? () => undefined : createSandboxSources(sandboxUrl);
  const byProvider: Readonly<Record<Fetched, ReportSource | undefined>> = {
    alder: inSandbox('alder'),
    birch: inSandbox('birch'),
    cedar: inSandbox('cedar'),
    bank: inSandbox('bank'),
    stripe: stripe && createStripeReports(stripe),
    adyen: adyen && createAdyenReports(adyen),
  };
  const sources = [...Object.values(byProvider), inSandbox(ownBank, 'bank_statement')];
  return new Map(sources.flatMap((source) => (source ? [[source.provider, source]] : [])));
}

function createSandboxSources(
  baseUrl: string,
): (provider: string, kind?: ReportSource['kind']) => ReportSource {
  const dispatcher = createDispatcher(bankContract.connectMs);
  return (provider, kind = 'settlement') =>
    createSandboxReports({ provider, kind, baseUrl, dispatcher });
}
