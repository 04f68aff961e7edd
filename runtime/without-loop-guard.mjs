/**
 * Opt-in, by NODE_OPTIONS=--import=<this file> for the API and workers: workflow code runs without the
 * SDK's time limit on each call into its sandbox. Node starts a thread per limited call, 0.2 ms of CPU
 * each (docs/performance.md). The price: an endless loop in workflow code hangs its thread unnoticed, and
 * every `timeout` of a `vm.Script` in the process is ignored. A preload, because only that reaches the
 * SDK's worker threads.
 */
import vm from 'node:vm';

const { runInContext } = vm.Script.prototype;

vm.Script.prototype.runInContext = function runWithoutTimeout(context, options) {
  if (options?.timeout === undefined) return runInContext.call(this, context, options);
  return runInContext.call(this, context, { ...options, timeout: undefined });
};
