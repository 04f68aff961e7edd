/** The parts that are Node programs of ours. */
import { hasReadyLine } from '../ready.ts';
import { accepts } from '../servers/ports.ts';
import type { ProcessSpec } from '../servers/process.ts';
import type { Home } from './home.ts';
import type { PartEnvironments, Plan } from './plan.ts';
import { projectFolder } from './programs.ts';
import type { StackPrograms } from './programs.ts';

export interface NodePartOptions {
  readonly programs: StackPrograms;
  readonly environments: PartEnvironments;
  readonly plan: Plan;
  readonly home: Home;
}

export function sandboxSpec({ programs, environments, plan, home }: NodePartOptions): ProcessSpec {
  return {
    ...nodePart('sandbox', programs.sandbox, home),
    environment: environments.sandbox,
    isReady: () => accepts(plan.ports.sandbox, '127.0.0.1'),
  };
}

/** The API, and in the same process the payment worker, so that starts can be eager. */
export function apiSpec(options: NodePartOptions, workflowBundle: string): ProcessSpec {
  const { programs, environments, plan, home } = options;
  return {
    ...nodePart('api', programs.api, home),
    environment: { ...environments.service, TENDER_WORKFLOW_BUNDLE: workflowBundle },
    isReady: () => answersOk(`${plan.apiUrl}/readyz`),
  };
}

export function backgroundSpec(options: NodePartOptions, workflowBundle: string): ProcessSpec {
  const { programs, environments, home } = options;
  return {
    ...nodePart('background', programs.background, home),
    environment: { ...environments.service, TENDER_WORKFLOW_BUNDLE: workflowBundle },
    isReady: (output) => hasReadyLine(output()),
  };
}

function nodePart(
  name: string,
  program: string,
  home: Home,
): Omit<ProcessSpec, 'isReady' | 'environment'> {
  return {
    name,
    command: [process.execPath, program],
    cwd: projectFolder,
    logFile: home.log(name),
    stop: { signal: 'SIGTERM', timeoutMs: 10_000 },
    watchesParent: true,
    readyTimeoutMs: 60_000,
  };
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // does not listen yet
  }
}
