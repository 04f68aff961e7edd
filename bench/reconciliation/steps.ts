/**
 * The steps of a reconciliation as in service, on every file, phase by phase and each timed. In a process of
 * its own, so that its memory is what a worker needs: `node steps.ts`, told by IPC what there is.
 */
import { once } from 'node:events';
import { importFile } from '../../activities/import-file.ts';
import { matchBankStatement } from '../../activities/reconciliation/bank.ts';
import { checkBatches } from '../../activities/reconciliation/batches.ts';
import { matchLines } from '../../activities/reconciliation/match.ts';
import { postLines } from '../../activities/reconciliation/post.ts';
import { settlePayments } from '../../activities/reconciliation/settle.ts';
import { connectDb, type Db } from '../../db/client.ts';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { endExplained, findUnlisted } from '../../db/matching.ts';
import {
  findReconciliation,
  listWithOpenBreaks,
  markMatched,
  type Reconciliation,
} from '../../db/reconciliations.ts';
import { sandboxContracts } from '../../providers/sandbox/contracts.ts';
import { readReport, type ReportFile } from './files.ts';

export interface StepsAsked {
  readonly workerUrl: string;
  readonly files: readonly ReportFile[];
}

export interface StepsDone {
  readonly secondsByPhase: Readonly<Record<string, number>>;
  readonly peakRssMib: number;
  readonly opened: number;
  readonly settled: number;
}

const signal = new AbortController().signal;
const cycleMs = 24 * 3_600 * 1_000;

interface Running {
  readonly db: Db;
  readonly store: ImportStore;
  /** By provider; those of one are worked on one after the other, as in service. */
  readonly ids: ReadonlyMap<string, string[]>;
  readonly broken: Set<string>;
  opened: number;
  settled: number;
}

type Phase = (running: Running, files: readonly ReportFile[]) => Promise<void>;

async function eachProvider(
  { ids }: Running,
  run: (provider: string, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  await Promise.all([...ids].map(([provider, own]) => run(provider, own)));
}

async function eachFile(
  running: Running,
  kind: Reconciliation['kind'],
  run: (file: Reconciliation) => Promise<void>,
): Promise<void> {
  await eachProvider(running, async (_provider, ids) => {
    for (const id of ids) {
      const file = await get(running.db, id);
      if (file.kind === kind && file.status !== 'refused') await run(file);
    }
  });
}

/** In the order of a night. */
const phases: Readonly<Record<string, Phase>> = {
  receive: async ({ store, ids, broken }, files) => {
    for (const file of files) {
      const { kind, provider, name: fileName } = file;
      const received = { kind, provider, fileName, requestedBy: 'schedule' };
      const { id } = await store.receive(received, readReport(file));
      ids.get(provider)?.push(id);
      if (file.isBroken) broken.add(id);
    }
  },
  import: async (running) => {
    const providers = new Map(sandboxContracts.map((contract) => [contract.name, { contract }]));
    await eachProvider(running, async (_provider, ids) => {
      for (const id of ids) {
        const { refusal } = await importFile({ store: running.store, providers, signal }, id);
        if (refusal !== null && !running.broken.has(id)) {
          throw new Error(`refused: ${JSON.stringify(refusal)}`);
        }
      }
    });
  },
  match: async (running) => {
    await eachFile(running, 'settlement', async (file) => {
      const { opened } = await matchLines({ db: running.db, signal }, file);
      running.opened += opened;
      await markMatched(running.db, file.id);
    });
  },
  // As with the next night's files: what is open is looked at once more.
  match_again: async (running) => {
    await eachProvider(running, async (provider) => {
      for (const file of await listWithOpenBreaks(running.db, provider)) {
        if (file.kind === 'settlement') await matchLines({ db: running.db, signal }, file, true);
      }
    });
  },
  find_unlisted: async (running) => {
    await eachProvider(running, async (provider) => {
      const opened = await findUnlisted(running.db, provider, cycleMs);
      running.opened += opened;
      await endExplained(running.db, provider);
    });
  },
  check_batches: async (running) => {
    await eachFile(running, 'settlement', async (file) => {
      const { opened } = await checkBatches({ db: running.db, signal }, file);
      running.opened += opened;
    });
  },
  post: async (running) => {
    await eachFile(running, 'settlement', async (file) => {
      await postLines({ db: running.db, signal }, file);
    });
  },
  settle: async (running) => {
    await eachFile(running, 'settlement', async (file) => {
      const { settled } = await settlePayments({ db: running.db, signal }, file);
      running.settled += settled;
    });
  },
  match_bank: async (running) => {
    await eachFile(running, 'bank_statement', async (file) => {
      const { opened } = await matchBankStatement({ db: running.db, signal }, file);
      running.opened += opened;
    });
  },
};

async function get(db: Db, id: string): Promise<Reconciliation> {
  const found = await findReconciliation(db, id);
  if (found === null) throw new Error(`no file ${id}`);
  return found;
}

async function runSteps({ workerUrl, files }: StepsAsked): Promise<StepsDone> {
  const onError = (): void => undefined;
  const timeoutMs = 600_000;
  const db = connectDb({
    url: workerUrl,
    applicationName: 'bench',
    poolSize: 8,
    onError,
    timeoutMs,
  });
  const store = createImportStore({ url: workerUrl, onError });
  const ids = new Map(files.map(({ provider }) => [provider, [] as string[]]));
  const running: Running = { db, store, ids, broken: new Set(), opened: 0, settled: 0 };
  const secondsByPhase: Record<string, number> = {};
  try {
    for (const [name, phase] of Object.entries(phases)) {
      const startedAt = performance.now();
      await phase(running, files);
      secondsByPhase[name] = Math.round(performance.now() - startedAt) / 1_000;
      process.send?.({ phase: name, seconds: secondsByPhase[name] });
    }
  } finally {
    await Promise.all([db.destroy(), store.close()]);
  }
  const peakRssMib = Math.ceil(process.resourceUsage().maxRSS / 1_024);
  return { secondsByPhase, peakRssMib, opened: running.opened, settled: running.settled };
}

const [asked] = (await once(process, 'message')) as [StepsAsked];
process.send?.({ done: await runSteps(asked) });
process.disconnect();
