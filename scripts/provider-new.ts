/** `npm run provider:new NAME`: a provider that keeps every promise by knowing nothing, to be filled in. */
import { join } from 'node:path';
import { createProviderFolder } from './provider-new/create.ts';

const [name = ''] = process.argv.slice(2);
const project = join(import.meta.dirname, '..');
const created = createProviderFolder(project, name);
if (created.kind === 'refused') {
  process.stderr.write(`${created.reason}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(
    `${created.paths.join('\n')}\n\nNext: docs/providers.md, "Adding one", from step 2.\n`,
  );
}
