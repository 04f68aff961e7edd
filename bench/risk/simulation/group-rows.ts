/** The rows of each owner, in their order: a counting sort. */
export interface RowGroups {
  readonly of: (owner: number) => Int32Array;
}

/** `owners`: of each row, a number below `count`. */
export function groupRows(owners: Int32Array, count: number): RowGroups {
  const starts = new Int32Array(count + 1);
  for (const owner of owners) starts[owner + 1] = (starts[owner + 1] ?? 0) + 1;
  for (let owner = 0; owner < count; owner += 1) {
    starts[owner + 1] = (starts[owner + 1] ?? 0) + (starts[owner] ?? 0);
  }
  const next = starts.slice();
  const rows = new Int32Array(owners.length);
  for (const [row, owner] of owners.entries()) {
    const place = next[owner] ?? 0;
    rows[place] = row;
    next[owner] = place + 1;
  }
  return { of: (owner) => rows.subarray(starts[owner] ?? 0, starts[owner + 1] ?? 0) };
}
