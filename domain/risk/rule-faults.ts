/** What is wrong with rules as somebody wrote them: each mistake by its place, none of it guessed at. */
import { comparisons, type Comparison } from './conditions.ts';
import type { FactType } from './facts.ts';
import { listNames } from './lists.ts';

/** A condition before it is one: of a well-formed one exactly one kind of field is there. */
export interface WrittenCondition {
  readonly and?: readonly WrittenCondition[] | undefined;
  readonly or?: readonly WrittenCondition[] | undefined;
  readonly not?: WrittenCondition | undefined;
  readonly fact?: string | undefined;
  readonly op?: Comparison | undefined;
  readonly value?: Written | readonly Written[] | undefined;
  readonly in_list?: string | undefined;
  readonly entity?: string | undefined;
}
type Written = string | number | boolean;

export interface RuleFault {
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

/** A set, a rule, a level: enough for people, and few enough to be asked of every payment. */
export const rulesMax = 200;
export const depthMax = 4;
export const valuesMax = 200;
const conditionsMax = 50;

interface Place {
  readonly facts: ReadonlyMap<string, FactType>;
  readonly path: readonly (string | number)[];
  readonly depth: number;
  /** A condition around it holds only for one currency. */
  readonly oneCurrency: boolean;
}

export function ruleFaults(
  rules: readonly { readonly id: string; readonly when: WrittenCondition }[],
  facts: ReadonlyMap<string, FactType>,
): readonly RuleFault[] {
  return rules.flatMap(({ id, when }, index) => {
    const path = [index, 'when'];
    const count = countOf(when);
    const twice = rules.findIndex((rule) => rule.id === id) < index;
    return [
      ...(twice ? [{ path: [index, 'id'], detail: 'must not come twice' }] : []),
      ...(count > conditionsMax
        ? [{ path, detail: `has ${count} conditions: at most ${conditionsMax}` }]
        : []),
      ...conditionFaults(when, { facts, path, depth: 1, oneCurrency: false }),
    ];
  });
}

function countOf({ and = [], or = [], not }: WrittenCondition): number {
  const parts = [...and, ...or, ...(not === undefined ? [] : [not])];
  return parts.reduce((sum, part) => sum + countOf(part), 1);
}

const kinds = ['and', 'or', 'not', 'fact', 'in_list'] as const;

function conditionFaults(written: WrittenCondition, place: Place): readonly RuleFault[] {
  const { path, depth } = place;
  if (depth > depthMax) return [{ path, detail: `is nested deeper than ${depthMax} levels` }];
  const [kind, second] = kinds.filter((name) => written[name] !== undefined);
  if (kind === undefined || second !== undefined) {
    return [{ path, detail: 'must have exactly one of and, or, not, fact, in_list' }];
  }
  const strange = strangeFields(written, kind).map((field) => ({
    path: [...path, field],
    detail: `does not belong beside ${kind}`,
  }));
  return [...strange, ...faultsOfKind(written, kind, place)];
}

function strangeFields(
  { op, value, entity }: WrittenCondition,
  kind: (typeof kinds)[number],
): readonly string[] {
  return [
    ...(kind !== 'fact' && op !== undefined ? ['op'] : []),
    ...(kind !== 'fact' && value !== undefined ? ['value'] : []),
    ...(kind !== 'in_list' && entity !== undefined ? ['entity'] : []),
  ];
}

function faultsOfKind(
  written: WrittenCondition,
  kind: (typeof kinds)[number],
  place: Place,
): readonly RuleFault[] {
  const { path } = place;
  const inner = { ...place, depth: place.depth + 1 };
  switch (kind) {
    case 'and':
    case 'or': {
      const parts = written[kind] ?? [];
      if (parts.length === 0) return [{ path: [...path, kind], detail: 'must not be empty' }];
      const oneCurrency = place.oneCurrency || (kind === 'and' && parts.some(isOneCurrency));
      return parts.flatMap((part, index) =>
        conditionFaults(part, { ...inner, path: [...path, kind, index], oneCurrency }),
      );
    }
    case 'not':
      return conditionFaults(written.not ?? {}, { ...inner, path: [...path, 'not'] });
    case 'in_list':
      return (listNames as readonly string[]).includes(written.in_list ?? '')
        ? []
        : [{ path: [...path, 'in_list'], detail: `must be one of ${listNames.join(', ')}` }];
    case 'fact':
      return comparisonFaults(written, place);
  }
}

function isOneCurrency({ fact, op, value }: WrittenCondition): boolean {
  return (
    fact === 'currency' &&
    (op === '=' || (op === 'in' && Array.isArray(value) && value.length === 1))
  );
}

const operatorsOf: Readonly<Record<FactType, readonly Comparison[]>> = {
  text: ['=', '!=', 'in', 'not_in', 'exists'],
  number: comparisons,
  boolean: ['=', '!=', 'exists'],
};
const typeNames: Readonly<Record<FactType, string>> = {
  text: 'string',
  number: 'number',
  boolean: 'boolean',
};

function comparisonFaults(
  { fact = '', op, value }: WrittenCondition,
  { facts, path, oneCurrency }: Place,
): readonly RuleFault[] {
  const at = (field: string, detail: string): readonly RuleFault[] => [
    { path: [...path, field], detail },
  ];
  const type = facts.get(fact);
  if (type === undefined) return at('fact', 'is not a known fact');
  if (op === undefined) return at('op', 'is required beside fact');
  if (!operatorsOf[type].includes(op)) {
    return at('op', `must be one of ${operatorsOf[type].join(', ')}: the fact is a ${type}`);
  }
  if (fact === 'amount' && op !== 'exists' && !oneCurrency) {
    return at('fact', 'means nothing without one currency beside it in an and: minor units differ');
  }
  if (op === 'exists') return value === undefined ? [] : at('value', 'does not belong to exists');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isSet = op === 'in' || op === 'not_in';
  if (isSet !== Array.isArray(value) || values.length === 0) {
    return at('value', isSet ? 'must be a list that is not empty' : `must be one ${type}`);
  }
  return values.flatMap((one, index) =>
    typeof one === typeNames[type]
      ? []
      : [
          {
            path: isSet ? [...path, 'value', index] : [...path, 'value'],
            detail: `must be a ${type}, as the fact is`,
          },
        ],
  );
}
