/** Where the files of a provider or bank are to be had, where they can be fetched at all. */

export interface ListedReport {
  /** The provider's own name of it, the same for ever. */
  readonly id: string;
  readonly fileName: string;
  /** What it says it covers, [from, to), ISO 8601; null: it does not say. */
  readonly span: { readonly from: string; readonly to: string } | null;
}

export interface ReportSource {
  readonly provider: string;
  readonly kind: 'settlement' | 'bank_statement';
  /** Those that are whole, oldest first. Throws where the provider does not answer. */
  list(): Promise<readonly ListedReport[]>;
  /** Its bytes, as they come. Throws where they do not come, and where fewer came than were announced. */
  read(id: string): AsyncIterable<Buffer>;
}
