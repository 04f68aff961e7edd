/** What the API asks of files of providers and banks. Staff only. */
import type { Reconciliation } from '../../db/reconciliations.ts';
import type {
  ReconciliationFilter,
  ReconciliationItem,
  ReconciliationLine,
  ReconciliationRow,
} from '../../db/reconciliation-views.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';
import type { UploadedFile } from '../upload.ts';

export interface NewFile extends Pick<Reconciliation, 'provider' | 'kind'> {
  readonly file: UploadedFile;
  readonly requestedBy: string;
}

export type Received =
  | { readonly kind: 'key_reused' }
  | {
      readonly kind: 'received';
      readonly row: ReconciliationItem;
      /** 200: the very same file was here before. */
      readonly status: 200 | 201;
      readonly replayed: boolean;
    };

export interface Reconciliations {
  receive(principal: Principal, key: IdempotencyKey, file: NewFile): Promise<Received>;
  /** Newest first. */
  list(filter: ReconciliationFilter, page: Page): Promise<Paged<ReconciliationRow>>;
  find(id: string): Promise<ReconciliationItem | null>;
  /** Of this merchant and of nobody known, in the order of the file; null: there is no such file. */
  lines(principal: Principal, id: string, page: Page): Promise<Paged<ReconciliationLine> | null>;
  exportLines(principal: Principal, id: string): Promise<AsyncIterable<ReconciliationLine> | null>;
}
