/**
 * How long ago this was called, in ms. The longer of two clocks: the monotonic one stands still while a
 * machine is suspended, the wall clock may be set back; a permit to send must not outlive either.
 */
export function startElapsed(): () => number {
  const monotonic = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - monotonic, Date.now() - wall);
}
