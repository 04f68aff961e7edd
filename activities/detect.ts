/** Looks for what stands still. Whoever reads the log hears of each thing once. */
import { countDetections, recordDetections } from '../db/detections.ts';
import { detectionRule } from '../domain/detection.ts';
import type { BackgroundDeps } from './background.ts';

/** When a provider was away there may be thousands; the rows have them all. */
const toldMax = 20;

export interface Detected {
  readonly opened: number;
  readonly closed: number;
  /** Of each kind, how many are open now. */
  readonly open: Readonly<Record<string, number>>;
}

export async function detect({ db, contracts, log }: BackgroundDeps): Promise<Detected> {
  const { opened, closed } = await recordDetections(db, contracts.map(detectionRule));
  for (const { kind, subject, provider, payment_id, since, detail } of opened.slice(0, toldMax)) {
    log.warn({ kind, subject, provider, paymentId: payment_id, since, detail }, 'stands still');
  }
  if (opened.length > toldMax) {
    log.warn({ more: opened.length - toldMax }, 'more stands still: see the table detections');
  }
  return { opened: opened.length, closed: closed.length, open: await countDetections(db) };
}
