/**
 * Lists of cards, people and places. `allow`, `challenge` and `block` act by themselves, `watch` only
 * through rules that name it. Entries are of one merchant or of the whole installation.
 */
export const listNames = ['allow', 'challenge', 'block', 'watch'] as const;
export type ListName = (typeof listNames)[number];

export const entityKinds = [
  'card',
  'customer',
  'email',
  'device',
  'ip',
  'bin',
  'country',
  'merchant',
] as const;
export type EntityKind = (typeof entityKinds)[number];

export type RiskScope = 'global' | 'merchant';

/** An entry that names something of the payment. */
export interface ListMatch {
  readonly entryId: string;
  readonly scope: RiskScope;
  readonly list: ListName;
  readonly entity: EntityKind;
  readonly reason: string;
}

/** What was looked for, and what was found. */
export interface ListView {
  readonly lookedUp: readonly EntityKind[];
  readonly matches: readonly ListMatch[];
}

export const noLists: ListView = { lookedUp: [], matches: [] };

/** Held by one person, and by many at once. The rest (email, device) is neither for certain. */
const own: readonly EntityKind[] = ['card', 'customer'];
const shared: readonly EntityKind[] = ['ip', 'bin', 'country', 'merchant'];

/**
 * Of two entries of one scope. Block beats allow, with this one exception: a card or customer that is
 * allowed by itself passes what only says something about everybody at a place.
 */
export function passes(allowed: ListMatch, { entity }: ListMatch): boolean {
  return own.includes(allowed.entity) && shared.includes(entity);
}
