/** One reading at a time, however often it is asked for; one that failed is not kept. */
export function keptFor<T>(ageMaxMs: number, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    if (kept !== undefined && performance.now() - kept.at < ageMaxMs) return kept.value;
    const reading = { at: performance.now(), value: read() };
    kept = reading;
    reading.value.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.value;
  };
}
