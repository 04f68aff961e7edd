/**
 * Reads the JSON file of a model. Nothing that `scoreOf` relies on is left unchecked, since a wrong model says
 * something of every payment: trees end, features exist, numbers are finite. By hand, as the domain imports no package.
 */
import type { BoostingBody, Calibration, LogisticBody, ModelMetrics, RiskModel } from './model.ts';

/**
 * `known`: the features that there are; a model that wants another is refused. Throws a RangeError that names
 * the place and what must stand there.
 */
export function parseModel(json: unknown, known?: readonly string[]): RiskModel {
  const file = fields(json, 'the file');
  if (file['format'] !== 1) fail('format', '1', file['format']);
  const features = list(file['features'], 'features', text);
  if (features.length === 0) fail('features', 'at least one', 'none');
  for (const [index, feature] of features.entries()) {
    const at = `features[${index}]`;
    if (features.indexOf(feature) < index) fail(at, 'named once', feature);
    if (known?.includes(feature) === false) fail(at, 'a known feature', feature);
  }
  const head = {
    format: 1 as const,
    version: text(file['version'], 'version'),
    seed: whole(file['seed'], 'seed'),
    features,
    data: parseData(file['data']),
    options: numbersByName(file['options'], 'options'),
    metrics: parseMetrics(file['metrics']),
    calibration: parseCalibration(file['calibration']),
  };
  const { kind } = file;
  if (kind === 'logistic') return { ...head, kind, logistic: parseLogistic(file[kind], features) };
  if (kind === 'boosting') return { ...head, kind, boosting: parseBoosting(file[kind], features) };
  return fail('kind', 'logistic or boosting', kind);
}

function parseData(json: unknown): RiskModel['data'] {
  const data = fields(json, 'data');
  const { source } = data;
  if (source !== 'simulation' && source !== 'labels') {
    return fail('data.source', 'simulation or labels', source);
  }
  return {
    source,
    hash: text(data['hash'], 'data.hash'),
    rows: whole(data['rows'], 'data.rows'),
    frauds: whole(data['frauds'], 'data.frauds'),
    from: text(data['from'], 'data.from'),
    to: text(data['to'], 'data.to'),
  };
}

function parseMetrics(json: unknown): RiskModel['metrics'] {
  const { aside, test } = fields(json, 'metrics');
  return {
    aside: parseFigures(aside, 'metrics.aside'),
    test: test === null ? null : parseFigures(test, 'metrics.test'),
  };
}

function parseFigures(json: unknown, path: string): ModelMetrics {
  const figures = fields(json, path);
  const of = (name: string): number => finite(figures[name], `${path}.${name}`);
  return {
    rows: of('rows'),
    frauds: of('frauds'),
    auc: of('auc'),
    ap: of('ap'),
    brier: of('brier'),
    log_loss: of('log_loss'),
  };
}

function parseCalibration(json: unknown): Calibration {
  const { method, slope, intercept, rows } = fields(json, 'calibration');
  if (method !== 'platt') return fail('calibration.method', 'platt', method);
  const made = finite(slope, 'calibration.slope');
  // Else whoever is surer of fraud would be given less.
  if (made < 0) fail('calibration.slope', 'at least 0', made);
  return {
    method,
    slope: made,
    intercept: finite(intercept, 'calibration.intercept'),
    rows: whole(rows, 'calibration.rows'),
  };
}

function parseLogistic(json: unknown, features: readonly string[]): LogisticBody {
  const body = fields(json, 'logistic');
  const perFeature = (name: string): number[] => {
    const made = list(body[name], `logistic.${name}`, finite);
    if (made.length !== features.length) {
      fail(`logistic.${name}`, `one number per feature (${features.length})`, made.length);
    }
    return made;
  };
  const deviations = perFeature('deviations');
  for (const [index, deviation] of deviations.entries()) {
    if (deviation <= 0) fail(`logistic.deviations[${index}]`, 'above 0', deviation);
  }
  return {
    intercept: finite(body['intercept'], 'logistic.intercept'),
    means: perFeature('means'),
    deviations,
    weights: perFeature('weights'),
  };
}

function parseBoosting(json: unknown, features: readonly string[]): BoostingBody {
  const body = fields(json, 'boosting');
  const value = list(body['value'], 'boosting.value', finite);
  const perNode = (name: string, of: (json: unknown, path: string) => number): number[] => {
    const made = list(body[name], `boosting.${name}`, of);
    if (made.length !== value.length) {
      fail(`boosting.${name}`, `one number per node (${value.length})`, made.length);
    }
    return made;
  };
  const feature = perNode('feature', whole);
  const left = perNode('left', whole);
  for (const [node, child] of left.entries()) {
    // Only forwards, so that every way ends, and both children are there.
    if (child !== 0 && (child <= node || child + 1 >= value.length)) {
      fail(`boosting.left[${node}]`, `0 or a later node of ${value.length}`, child);
    }
    const asked = feature[node] ?? 0;
    if (asked >= features.length) fail(`boosting.feature[${node}]`, 'a place in features', asked);
  }
  const roots = list(body['roots'], 'boosting.roots', whole);
  for (const [tree, root] of roots.entries()) {
    if (root >= value.length) fail(`boosting.roots[${tree}]`, `below ${value.length}`, root);
  }
  const intercept = finite(body['intercept'], 'boosting.intercept');
  const threshold = perNode('threshold', finite);
  return { intercept, roots, feature, threshold, left, value };
}

function fields(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return fail(path, 'an object', json);
  }
  return Object.fromEntries(Object.entries(json));
}

function list<T>(json: unknown, path: string, of: (json: unknown, path: string) => T): T[] {
  if (!Array.isArray(json)) return fail(path, 'a list', json);
  return json.map((one, index) => of(one, `${path}[${index}]`));
}

function numbersByName(json: unknown, path: string): Readonly<Record<string, number>> {
  const entries = Object.entries(fields(json, path));
  return Object.fromEntries(entries.map(([key, one]) => [key, finite(one, `${path}.${key}`)]));
}

function text(json: unknown, path: string): string {
  return typeof json === 'string' && json !== '' ? json : fail(path, 'a text', json);
}

function finite(json: unknown, path: string): number {
  return typeof json === 'number' && Number.isFinite(json) ? json : fail(path, 'a number', json);
}

function whole(json: unknown, path: string): number {
  const isWhole = typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
  return isWhole ? json : fail(path, 'a whole number, at least 0', json);
}

function fail(path: string, must: string, found: unknown): never {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found);
  throw new RangeError(`risk model: ${path}: must be ${must}, is ${shown.slice(0, 80)}`);
}
