/** docker-compose.yml and the Dockerfile, read as data. No container engine is needed, or asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectFolder } from '../../runtime/local/programs.ts';

const serviceSchema = z.object({
  image: z.string(),
  restart: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.coerce.string()).default({}),
  depends_on: z
    .record(
      z.string(),
      z.object({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z
    .object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() })
    .optional(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

export type ComposeService = z.infer<typeof serviceSchema>;
export type Compose = z.infer<typeof composeSchema>;

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export const readProjectFile = (path: string): string =>
  readFileSync(join(projectFolder, path), 'utf8');

/** `variables` take the places of `${NAME:?...}` and `${NAME:-default}`. */
export function readCompose(variables: Readonly<Record<string, string>>): Compose {
  const text = JSON.stringify(parse(readProjectFile('docker-compose.yml'), { merge: true }));
  const filled = text.replace(/\$\{(\w+)(?::-([^}]*))?(?::\?[^}]*)?\}/g, (_all, ...groups) => {
    const [name, otherwise] = groups as [string, string | undefined];
    const value = variables[name] ?? otherwise ?? '';
    return JSON.stringify(value).slice(1, -1);
  });
  return composeSchema.parse(JSON.parse(filled));
}

export const isOurs = ({ image }: ComposeService): boolean => image.startsWith('tender:');

/** One per instruction, continued lines joined, comments left out. */
export function readDockerfile(): readonly Instruction[] {
  return readProjectFile('Dockerfile')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name, text };
    });
}

/** Of the last stage: what the image is. */
export function finalStage(): readonly Instruction[] {
  const all = readDockerfile();
  return all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
}

/** Paths of the project that the image holds. */
export function copiedPaths(): readonly string[] {
  return finalStage()
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
}

/** What ENV sets in the image. */
export function imageVariables(): Readonly<Record<string, string>> {
  const pairs = finalStage()
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) => text.split(/\s+/))
    .map((pair) => pair.split('=') as [string, string]);
  return Object.fromEntries(pairs);
}

/** Something that fits for every variable docker-compose.yml asks for. */
export const exampleVariables: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'postgres1',
  TEMPORAL_DB_PASSWORD: 'temporal1',
  TENDER_API_DB_PASSWORD: 'api1',
  TENDER_WORKER_DB_PASSWORD: 'worker1',
  TENDER_SANDBOX_WEBHOOK_SECRET: `whsec_${Buffer.from('a secret of the deployment tests').toString('base64')}`,
};
