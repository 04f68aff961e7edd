/** The file of a trained model: the same bytes for the same model, named by its content. */
import { createHash } from 'node:crypto';
import type { RiskModel } from '../../domain/risk/model.ts';
import { positivesOf, type Samples } from '../../domain/risk/training/samples.ts';
import type { Trained } from '../../domain/risk/training/train.ts';

/** Of names and numbers, not of a file's bytes: how cells are quoted makes no other data. */
function hashSamples({ features, columns, labels, at }: Samples): string {
  const hash = createHash('sha256').update(JSON.stringify(features));
  for (const column of [...columns, Float64Array.from(labels), at]) {
    const bytes = Buffer.alloc(8 * column.length);
    for (const [row, value] of column.entries()) bytes.writeDoubleLE(value, 8 * row);
    hash.update(bytes);
  }
  return hash.digest('hex');
}

export function makeModel(
  trained: Trained,
  samples: Samples,
  { source, seed }: { readonly source: RiskModel['data']['source']; readonly seed: number },
): RiskModel {
  const { at, labels } = samples;
  const timeOf = (second: number | undefined): string =>
    new Date((second ?? 0) * 1_000).toISOString();
  const data = {
    ...{ source, hash: hashSamples(samples), rows: labels.length, frauds: positivesOf(samples) },
    ...{ from: timeOf(at[0]), to: timeOf(at.at(-1)) },
  };
  const { features, options, metrics, calibration, ...body } = trained;
  const unnamed = { seed, features, data, options, metrics, calibration, ...body };
  return { format: 1, version: versionOf(unnamed), ...unnamed };
}

/** `model`: with or without a version, in the order of the file. */
export function versionOf(model: Omit<RiskModel, 'format' | 'version'>): string {
  const content = { ...model, format: undefined, version: undefined };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${model.kind}-${hash.slice(0, 12)}`;
}

/** A line for each part, so that a person can read the head and a diff says which part is another. */
export function formatModel(model: RiskModel): string {
  return `${block(model, (key, value) => (key === model.kind ? block(value as object, asJson, '  ') : asJson(key, value)))}\n`;
}

const asJson = (_key: string, value: unknown): string => JSON.stringify(value);

function block(of: object, format: (key: string, value: unknown) => string, indent = ''): string {
  const lines = Object.entries(of).map(
    ([key, value]) => `${indent}  ${JSON.stringify(key)}: ${format(key, value)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
