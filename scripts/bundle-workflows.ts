/** `node scripts/bundle-workflows.ts <file>`: the workflow bundle that TENDER_WORKFLOW_BUNDLE names. */
import { bundleWorkflows } from '../workers/bundle-workflows.ts';

const outFile = process.argv[2];
if (outFile === undefined) throw new Error('usage: bundle-workflows.ts <file>');
await bundleWorkflows(outFile);
