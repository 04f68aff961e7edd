/** What models are trained on: one column per feature, a label and a time per row. */
export interface Samples {
  readonly features: readonly string[];
  /** In the order of `features`; finite numbers only. */
  readonly columns: readonly Float64Array[];
  /** 1: fraud. */
  readonly labels: Uint8Array;
  /** Seconds since 1970, ascending. */
  readonly at: Float64Array;
}

/** These rows, which must be ascending for the times to stay so. */
export function takeRows(samples: Samples, rows: Int32Array): Samples {
  const { features, columns, labels, at } = samples;
  return {
    features,
    columns: columns.map((column) => Float64Array.from(rows, (row) => column[row] ?? 0)),
    labels: Uint8Array.from(rows, (row) => labels[row] ?? 0),
    at: Float64Array.from(rows, (row) => at[row] ?? 0),
  };
}

export function positivesOf({ labels }: Samples): number {
  return labels.reduce((sum, label) => sum + label, 0);
}

/** The later part holds the last `share` of the rows, and nothing that happened at the same time as an earlier one. */
export function splitByTime(
  samples: Samples,
  share: number,
): { readonly earlier: Samples; readonly later: Samples } {
  const count = samples.at.length;
  let from = Math.floor(count * (1 - share));
  while (from > 0 && from < count && samples.at[from] === samples.at[from - 1]) from += 1;
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  return {
    earlier: takeRows(samples, rows.subarray(0, from)),
    later: takeRows(samples, rows.subarray(from)),
  };
}
