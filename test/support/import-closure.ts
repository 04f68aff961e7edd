/** What a program of ours loads: its own files, and the packages they name. Types are erased. */
import { dirname, join, relative } from 'node:path';
import { projectFolder } from '../../runtime/local/programs.ts';
import { readProjectFile } from './deployment-files.ts';

export interface Closure {
  /** Relative to the project. */
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

export function importClosure(entries: readonly string[]): Closure {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const target of importsOf(readProjectFile(file))) {
      if (target.startsWith('.')) open.push(inProject(file, target));
      else if (!target.startsWith('node:')) packages.add(packageOf(target));
    }
  }
  return { files, packages };
}

function importsOf(text: string): string[] {
  const patterns = [
    /^(?:import|export)(?! type\b)[^;']*?\bfrom\s+'([^']+)'/gm,
    /^import\s+'([^']+)'/gm,
    /\bimport\('([^']+)'\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name));
}

const inProject = (file: string, target: string): string =>
  relative(projectFolder, join(projectFolder, dirname(file), target));

function packageOf(target: string): string {
  const parts = target.split('/');
  return parts.slice(0, target.startsWith('@') ? 2 : 1).join('/');
}
