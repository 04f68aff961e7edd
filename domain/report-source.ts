/** Where the files of a provider or bank are to be had, where they can be fetched at all. */

export interface FetchedReport {
  /** The provider's own name of it, the same for ever. */
  readonly id: string;
  readonly fileName: string;
  /** What it says it covers, [from, to), ISO 8601; null: it does not say. */
  readonly span: { readonly from: string; readonly to: string } | null;
  /** As they come, once. Throws where they do not come, and where fewer came than were announced. */
  readonly bytes: AsyncIterable<Buffer>;
}

export interface ReportSource {
  readonly provider: string;
  readonly kind: 'settlement' | 'bank_statement';
  /**
   * Those that are whole and not `known`, oldest first; each is read to its end before the next one is asked for.
   * `known`: the ids of those that were taken, and the parts that files have told of. Throws where the provider
   * does not answer.
   */
  fetch(known: ReadonlySet<string>): AsyncIterable<FetchedReport>;
}
