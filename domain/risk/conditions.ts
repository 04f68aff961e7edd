/**
 * Conditions as data. A comparison with a fact that is not known is neither true nor false, and `not` does
 * not make it so: what is unknown never holds, so it never lets a payment through. Only `exists` tells.
 */
import type { Facts, FactValue } from './facts.ts';
import type { EntityKind, ListName, ListView } from './lists.ts';

export const comparisons = ['=', '!=', '<', '<=', '>', '>=', 'in', 'not_in', 'exists'] as const;
export type Comparison = (typeof comparisons)[number];
type Scalar = string | number | boolean;

export type Condition =
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition }
  | {
      readonly fact: string;
      readonly op: Exclude<Comparison, 'in' | 'not_in' | 'exists'>;
      readonly value: Scalar;
    }
  | { readonly fact: string; readonly op: 'in' | 'not_in'; readonly value: readonly Scalar[] }
  | { readonly fact: string; readonly op: 'exists' }
  /** Without an entity: anything of the payment is on it. */
  | { readonly in_list: ListName; readonly entity?: EntityKind | undefined };

/** Null: not known. */
type Truth = boolean | null;

export function holds(condition: Condition, facts: Facts, lists: ListView): boolean {
  return truthOf(condition, facts, lists) === true;
}

function truthOf(condition: Condition, facts: Facts, lists: ListView): Truth {
  if ('fact' in condition) return ofFact(condition, facts);
  if ('and' in condition) return join(condition.and, false, facts, lists);
  if ('or' in condition) return join(condition.or, true, facts, lists);
  if ('not' in condition) return not(truthOf(condition.not, facts, lists));
  return isListed(condition.in_list, condition.entity, lists);
}

/** One of `decisive` decides, of nothing at all nothing is known. A loop: this is asked of every payment. */
function join(
  parts: readonly Condition[],
  decisive: boolean,
  facts: Facts,
  lists: ListView,
): Truth {
  let joined: Truth = parts.length === 0 ? null : !decisive;
  for (const part of parts) {
    const truth = truthOf(part, facts, lists);
    if (truth === decisive) return decisive;
    if (truth === null) joined = null;
  }
  return joined;
}

function ofFact(condition: Extract<Condition, { readonly fact: string }>, facts: Facts): Truth {
  const fact = Object.hasOwn(facts, condition.fact) ? (facts[condition.fact] ?? null) : null;
  switch (condition.op) {
    case 'exists':
      return isKnown(fact);
    case 'in':
      return isAmong(fact, condition.value);
    case 'not_in':
      return not(isAmong(fact, condition.value));
    default:
      return compare(fact, condition.op, condition.value);
  }
}

function not(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function isKnown(fact: FactValue): fact is Scalar {
  return fact !== null && !Number.isNaN(fact);
}

function isAmong(fact: FactValue, values: readonly Scalar[]): Truth {
  const alike = values.filter((value) => typeof value === typeof fact);
  return isKnown(fact) && alike.length > 0 ? alike.includes(fact) : null;
}

function compare(fact: FactValue, op: Comparison, value: Scalar): Truth {
  if (!isKnown(fact) || typeof fact !== typeof value) return null;
  if (op === '=') return fact === value;
  if (op === '!=') return fact !== value;
  if (typeof fact !== 'number' || typeof value !== 'number') return null;
  if (op === '<') return fact < value;
  if (op === '<=') return fact <= value;
  return op === '>' ? fact > value : fact >= value;
}

/** What was not looked for may be on it. */
function isListed(list: ListName, entity: EntityKind | undefined, lists: ListView): Truth {
  const { lookedUp, matches } = lists;
  const found = matches.some((m) => m.list === list && (entity ?? m.entity) === m.entity);
  const looked = entity === undefined ? lookedUp.length > 0 : lookedUp.includes(entity);
  return found || (looked ? false : null);
}
