/** What schedules do. Each does all that is due by the database's clock, and may be run twice at once. */
import type { Db } from '../db/client.ts';
import type { ImportStore } from '../db/import-store.ts';
import type { ProviderContract } from '../domain/provider-contract.ts';
import type { ReportSource } from '../domain/report-source.ts';
import { fileBytesMax } from '../domain/settlement-file.ts';
import { closeDue, type Closing } from './close-periods.ts';
import type { Log } from './deps.ts';
import { detect, type Detected } from './detect.ts';
import { fetchReports } from './reconciliation/fetch.ts';
import {
  importFiles,
  matchFiles,
  matchStatements,
  postFiles,
  settleFiles,
  type Imported,
  type Matched,
} from './reconciliation/night.ts';
import type { Provider } from '../domain/provider.ts';
import type { PayoutDeps } from './payouts/drive-payout.ts';
import { makeAvailable } from './payouts/make-available.ts';
import { releaseReserves } from './payouts/release-reserves.ts';
import { resolvePayouts, runPayouts } from './payouts/run-payouts.ts';

export type { Closing } from './close-periods.ts';
export type { Detected } from './detect.ts';

export interface BackgroundDeps {
  readonly db: Db;
  /** Of every provider there is an adapter for. */
  readonly contracts: readonly ProviderContract[];
  readonly store: ImportStore;
  /** Whose files can be fetched, by name. */
  readonly sources: ReadonlyMap<string, ReportSource>;
  /** Through which merchants are paid out, by name. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly waitInLine: PayoutDeps['waitInLine'];
  /** A prefixed UUIDv7: `newId('po')`. */
  readonly newId: (prefix: string) => string;
  readonly log: Log;
  /** The process is to end: what is long stops between two steps. */
  readonly signal: AbortSignal;
}

export interface BackgroundActivities {
  closePeriods(rule: {
    readonly kind: 'day' | 'month';
    readonly afterDays: number;
  }): Promise<Closing>;
  detect(): Promise<Detected>;
  makeAvailable(): Promise<{ readonly batches: number }>;
  releaseReserves(): Promise<{ readonly released: number }>;
  runPayouts(): Promise<{ readonly asked: number }>;
  resolvePayouts(): Promise<{ readonly moved: number }>;
  /** The steps of a reconciliation, in this order; each over all files of the sender that wait for it. */
  fetchReports(sender: Sender): Promise<{ readonly received: number }>;
  importFiles(sender: Sender): Promise<Imported>;
  matchFiles(sender: Sender): Promise<Matched>;
  postFiles(sender: Sender): Promise<{ readonly entries: number }>;
  settleFiles(sender: Sender): Promise<{ readonly settled: number }>;
  /** Of bank statements, in place of the last three. */
  matchStatements(sender: Sender): Promise<{ readonly matched: number; readonly opened: number }>;
}

/** Whoever sends files: a provider, or the bank that it pays into. */
export interface Sender {
  readonly provider: string;
}

export function createBackgroundActivities(deps: BackgroundDeps): BackgroundActivities {
  const providers = new Map(deps.contracts.map((contract) => [contract.name, { contract }]));
  return {
    closePeriods: (rule) => closeDue(deps, rule),
    detect: () => detect(deps),
    fetchReports: ({ provider }) => fetchReports({ ...deps, bytesMax: fileBytesMax }, provider),
    importFiles: ({ provider }) => importFiles({ ...deps, providers }, provider),
    matchFiles: ({ provider }) => matchFiles(deps, contractOf(deps, provider)),
    postFiles: ({ provider }) => postFiles(deps, provider),
    settleFiles: ({ provider }) => settleFiles(deps, provider),
    matchStatements: ({ provider }) => matchStatements(deps, provider),
    makeAvailable: () => makeAvailable(deps),
    releaseReserves: () => releaseReserves(deps),
    runPayouts: () => runPayouts(deps),
    resolvePayouts: () => resolvePayouts(deps),
  };
}

function contractOf({ contracts }: BackgroundDeps, provider: string): ProviderContract {
  const found = contracts.find(({ name }) => name === provider);
  if (found === undefined) throw new Error(`there is no provider ${provider}`);
  return found;
}
