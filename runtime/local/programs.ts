/** The scripts behind the parts: data, so that a test can put others in their place. */
import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '..', '..');

/** Compiled code, by path and content: of this clone, for all its homes, gone with its packages. */
export const compileCache = join(projectFolder, 'node_modules', '.cache', 'tender');

export interface StackPrograms {
  readonly migrate: string;
  readonly bundleWorkflows: string;
  readonly sandbox: string;
  readonly api: string;
  readonly background: string;
}

export const stackPrograms: StackPrograms = {
  migrate: join(projectFolder, 'scripts', 'migrate.ts'),
  bundleWorkflows: join(projectFolder, 'scripts', 'bundle-workflows.ts'),
  sandbox: join(projectFolder, 'sandbox', 'server.ts'),
  api: join(projectFolder, 'api', 'server.ts'),
  background: join(projectFolder, 'workers', 'background.ts'),
};
