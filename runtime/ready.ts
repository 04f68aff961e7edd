import { flushCompileCache } from 'node:module';

/** The line by which a part tells its supervisor that it works; `runtime/local` waits for it. */
export function announceReady(facts: Readonly<Record<string, string | number>> = {}): void {
  process.stdout.write(`${JSON.stringify({ ready: true, ...facts })}\n`);
  // By default written at a regular end only: whoever is killed would never start faster.
  setImmediate(flushCompileCache);
}

/** Whether a part's output holds that line: JSON, with `ready: true`. */
export function hasReadyLine(output: string): boolean {
  return output.split('\n').some(isReadyLine);
}

function isReadyLine(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready"')) return false;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'ready' in value && value.ready === true;
  } catch {
    return false; // a line still being written
  }
}
