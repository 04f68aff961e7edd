/** Who judges the risk of payments in this process: models from their files, and connections of their own. */
import type { Logger } from 'pino';
import { createJudge, type RiskJudge } from '../activities/risk/judge.ts';
import { defaultModelPath, loadModel } from '../activities/risk/load-model.ts';
import { createPolicies } from '../activities/risk/policies.ts';
import { connectDb } from '../db/client.ts';
import { planScreening, readRiskPolicy, readScreening } from '../db/risk-screening.ts';
import { featureNames } from '../domain/risk/features.ts';

export interface RiskJudgeOptions {
  readonly url: string;
  /** Undefined: the model that comes along. */
  readonly model: string | undefined;
  readonly shadows: readonly string[];
  readonly mode: 'test' | 'live';
  readonly log: Logger;
}

/** A read that hangs holds a connection for so long, and none that payments need. */
const readMsMax = 1_000;
const connections = 6;

/** Throws for a file that is not there or no model: better no service than one that judges by chance. */
export function createRiskJudge({ url, model, shadows, mode, log }: RiskJudgeOptions): {
  readonly judge: RiskJudge;
  close(): Promise<void>;
} {
  const db = connectDb({
    ...{ url, applicationName: 'tender-risk', poolSize: connections, timeoutMs: readMsMax },
    keepsConnections: true,
    onError: (error) => {
      log.warn({ error: error.message }, 'database connection lost');
    },
  });
  void planScreening(db, connections);
  const judge = createJudge({
    policies: createPolicies((merchantId) => readRiskPolicy(db, merchantId)),
    read: (paymentId) => readScreening(db, paymentId),
    model: loadModel(model ?? defaultModelPath, featureNames),
    shadows: shadows.map((path) => loadModel(path, featureNames)),
    // Everybody tries the same few cards of the sandbox, and half of them to see them declined.
    onAttack: mode === 'live' ? 'tighten' : 'observe',
    log,
  });
  return { judge, close: () => db.destroy() };
}
