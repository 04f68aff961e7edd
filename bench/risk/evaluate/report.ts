/** What was measured: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import type { Figures, SeedJudged } from './models.ts';

export interface EvaluateReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const names = ['auc', 'ap', 'cp100'] as const;

/** The handbook's chapter 3, default parameters, one simulation. */
const published: Readonly<Record<string, Figures>> = {
  'handbook: constant': { auc: 0.5, ap: 0.007, cp100: 0.017 },
  'handbook: logistic regression': { auc: 0.871, ap: 0.606, cp100: 0.291 },
  'handbook: random forest': { auc: 0.867, ap: 0.658, cp100: 0.287 },
  'handbook: XGBoost': { auc: 0.862, ap: 0.639, cp100: 0.273 },
};
const handbookLogistic: Figures = { auc: 0.871, ap: 0.606, cp100: 0.291 };
const difficultyMax = 0.03;
const behindSklearnMax = 0.01;
/** Two programs that add up the same. */
const apartMax = 1e-9;

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

/** `missing`: why there is no scikit-learn. */
export function makeReport(
  judged: readonly SeedJudged[],
  missing: string | null,
  run: { readonly commit: string | null; readonly seconds: number },
): EvaluateReport {
  const models = means(judged);
  const reasons = [
    ...(judged.length > 0 ? [] : ['nothing was judged']),
    ...difficulty(models['logistic']),
    ...besideSklearn(models),
    ...judged.filter(({ apart }) => (apart ?? 0) > apartMax).map(({ seed }) => `seed ${seed}: scikit-learn counts other figures of the same scores`), // prettier-ignore
  ];
  const rounded = (of: Readonly<Record<string, Figures>>): Record<string, Figures> =>
    Object.fromEntries(Object.entries(of).map(([name, { auc, ap, cp100 }]) => [name, { auc: round(auc), ap: round(ap), cp100: round(cp100) }])); // prettier-ignore
  const sklearn = judged[0]?.sklearnVersion ?? null;
  return {
    ok: reasons.length === 0,
    lines: [
      ...judged.flatMap(ofSeed),
      ...table(`mean of ${judged.length} seeds`, { ...models, ...published }),
      ...(missing === null ? [] : [`scikit-learn could not be had: ${missing}`]),
      ...reasons.map((reason) => `not ok: ${reason}`),
    ],
    json: {
      ...{ name: 'risk:evaluate', seed: judged[0]?.seed ?? null, commit: run.commit },
      ...{ ok: reasons.length === 0, seconds: run.seconds, seeds: judged.length },
      models: rounded(models),
      by_seed: judged.map((one) => ({
        ...{ seed: one.seed, payments: one.payments, frauds: one.frauds },
        ...{ train: one.train, test: one.test, train_seconds: one.trainSeconds },
        models: rounded(one.models),
      })),
      ...{ sklearn, sklearn_missing: missing, reasons },
    },
  };
}

function means(judged: readonly SeedJudged[]): Readonly<Record<string, Figures>> {
  const all = Object.keys(judged[0]?.models ?? {});
  const mean = (model: string, figure: keyof Figures): number =>
    judged.reduce((sum, { models }) => sum + (models[model]?.[figure] ?? NaN), 0) / judged.length;
  return Object.fromEntries(
    all.map((model) => [
      model,
      { auc: mean(model, 'auc'), ap: mean(model, 'ap'), cp100: mean(model, 'cp100') },
    ]),
  );
}

/** Whether the simulated data is as hard as the handbook's. */
function difficulty(ours: Figures | undefined): readonly string[] {
  return names
    .filter((name) => !(Math.abs((ours?.[name] ?? NaN) - handbookLogistic[name]) <= difficultyMax))
    .map(
      (name) => `logistic regression is not within ${difficultyMax} of the handbook's in ${name}`,
    );
}

function besideSklearn(models: Readonly<Record<string, Figures>>): readonly string[] {
  const theirs = Object.entries(models).filter(([name]) => name.startsWith('sklearn'));
  const best = Math.max(...theirs.map(([, { ap }]) => ap));
  const ours = models['boosting']?.ap ?? NaN;
  if (theirs.length === 0 || ours >= best - behindSklearnMax) return [];
  return [`boosting is more than ${behindSklearnMax} behind the better of scikit-learn in ap`];
}

function ofSeed(one: SeedJudged): readonly string[] {
  const share = ((100 * one.frauds) / one.payments).toFixed(2);
  const part = ({ rows, frauds }: SeedJudged['train']): string => `${rows} rows, ${frauds} frauds`;
  const about = `seed ${one.seed}: ${one.payments} payments, ${share} % frauds; train ${part(one.train)}; test ${part(one.test)}`; // prettier-ignore
  return table(about, one.models);
}

function table(title: string, models: Readonly<Record<string, Figures>>): readonly string[] {
  return [
    '',
    title,
    `  ${''.padEnd(30)}${names.map((name) => name.padStart(8)).join('')}`,
    ...Object.entries(models).map(([name, figures]) =>
      `  ${name.padEnd(30)}${names.map((figure) => figures[figure].toFixed(3).padStart(8)).join('')}`), // prettier-ignore
  ];
}
