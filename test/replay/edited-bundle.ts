/** One bundle of the workflow as it is edited in each way: `edited0`, `edited1`, ... */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import type { Edit } from './edits.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'workflows', 'payment');
const quiet = () => undefined;
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

export const typeOf = (edit: number): string => `edited${String(edit)}`;

export async function bundleEdited(edits: readonly Edit[]): Promise<WorkflowBundle> {
  const source = await readFile(join(folder, 'workflow.ts'), 'utf8');
  const place = await mkdtemp(join(tmpdir(), 'tender-edited-'));
  try {
    const exports = edits.map(async (edit, index) => {
      const file = join(place, `${typeOf(index)}.ts`);
      await writeFile(file, edited(source, edit));
      return `export { paymentWorkflow as ${typeOf(index)} } from '${file}';\n`;
    });
    const workflowsPath = join(place, 'index.ts');
    await writeFile(workflowsPath, (await Promise.all(exports)).join(''));
    return await bundleWorkflowCode({
      workflowsPath,
      logger,
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, modules: [join(root, 'node_modules')] },
      }),
    });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function edited(source: string, { name, from, to }: Edit): string {
  if (source.split(from).length !== 2) {
    throw new Error(`"${name}": its place is not once in the workflow; write the edit anew`);
  }
  const text = source.replace(from, () => to);
  // The copy lies elsewhere: what it imports is named in full.
  return text.replaceAll(/from '(\.[^']+)'/g, (_, path: string) => `from '${join(folder, path)}'`);
}
