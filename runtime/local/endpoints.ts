/** endpoints.json, as API.md fixes it: where everything is, for tools and tests. */
import { rmSync } from 'node:fs';
import { writePrivateJson } from './private-file.ts';
import type { StaffTokens } from './staff-tokens.ts';

export type PartName = 'api' | 'background' | 'sandbox' | 'postgres' | 'temporal';

export interface Endpoints {
  readonly api: { readonly url: string; readonly key: string };
  readonly second_merchant: { readonly key: string };
  readonly staff: StaffTokens;
  readonly sandbox: { readonly url: string };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    /** Null for a server that is not ours. */
    readonly ui: string | null;
  };
  readonly database: { readonly url: string };
  /** Parts that are not ours (DATABASE_URL, TENDER_TEMPORAL_ADDRESS) have no entry. */
  readonly processes: Readonly<Partial<Record<PartName, number>>>;
}

export function writeEndpoints(path: string, endpoints: Endpoints): void {
  writePrivateJson(path, endpoints);
}

export function removeEndpoints(path: string): void {
  rmSync(path, { force: true });
}
