/** The model file that a process scores with, read and checked once, at its start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RiskModel } from '../../domain/risk/model.ts';
import { parseModel } from '../../domain/risk/parse-model.ts';

/** Trained on simulated payments: it shows how scoring works, and knows nothing of anybody's fraud. */
export const defaultModelPath = join(import.meta.dirname, 'default-model.json');

/** `known`: the features that the service has. Throws where the file is no model or wants others. */
export function loadModel(path: string, known: readonly string[]): RiskModel {
  try {
    return parseModel(JSON.parse(readFileSync(path, 'utf8')), known);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}
