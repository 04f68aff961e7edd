/**
 * The past of many payments, kept in memory: what training replays a history through. PostgreSQL keeps the
 * same (`db/risk-features.ts`), and both are made into features by the same code.
 */
import { count, emptyCounters, type Counters } from './counters.ts';
import {
  pastEventsMax,
  sameAmountKey,
  shopperEntities,
  type Past,
  type PastEvent,
  type PaymentFacts,
  type RiskEvent,
  type ShopperEntity,
  type ShopperPast,
} from './past.ts';

const pastMs = 30 * 86_400_000;

export interface RiskMemory {
  /** In the order in which they were known, by `at`. */
  remember(event: RiskEvent): void;
  /** Of what was remembered, that before `asOf`. */
  pastOf(facts: PaymentFacts, asOf: number): Past;
}

interface Remembered {
  readonly firstAt: number;
  /** Oldest first. */
  readonly events: PastEvent[];
}

export function createRiskMemory(): RiskMemory {
  const shoppers = new Map<ShopperEntity, Map<number, Remembered>>(
    shopperEntities.map((entity) => [entity, new Map()]),
  );
  const [merchants, bins, sameAmounts] = [1, 2, 3].map(() => new Map<string, Counters>()) as [
    Map<string, Counters>,
    Map<string, Counters>,
    Map<string, Counters>,
  ];
  return {
    remember: (event) => {
      for (const [entity, known] of shoppers) {
        const key = event[entity];
        if (key !== null) rememberOf(known, key, event);
      }
      for (const counters of [
        countersOf(merchants, event.merchant),
        countersOf(bins, event.bin),
        countersOf(sameAmounts, sameAmountKey(event)),
      ]) {
        if (counters !== null) count(counters, event);
      }
    },
    pastOf: (facts, asOf) => {
      const of = (entity: ShopperEntity): ShopperPast | null => {
        const key = facts[entity];
        return key === null ? null : pastBefore(shoppers.get(entity)?.get(key), asOf);
      };
      return {
        ...{ card: of('card'), customer: of('customer'), email: of('email') },
        ...{ device: of('device'), ip: of('ip') },
        merchant: merchants.get(facts.merchant) ?? emptyCounters(),
        bin: facts.bin === null ? null : (bins.get(facts.bin) ?? emptyCounters()),
        sameAmount: sameAmountOf(sameAmounts, sameAmountKey(facts)),
      };
    },
  };
}

function sameAmountOf(known: ReadonlyMap<string, Counters>, key: string | null): Counters | null {
  return key === null ? null : (known.get(key) ?? emptyCounters());
}

function countersOf(known: Map<string, Counters>, key: string | null): Counters | null {
  if (key === null) return null;
  const found = known.get(key) ?? emptyCounters();
  known.set(key, found);
  return found;
}

function rememberOf(
  known: Map<number, Remembered>,
  key: number,
  { kind, at, amount, card }: RiskEvent,
): void {
  const event = { kind, at, amount, card };
  const found = known.get(key);
  if (found === undefined) {
    known.set(key, { firstAt: at, events: [event] });
    return;
  }
  found.events.push(event);
  // Twice as many as are ever read: seldom enough to cost nothing.
  if (found.events.length > 2 * pastEventsMax) found.events.splice(0, pastEventsMax);
}

function pastBefore(found: Remembered | undefined, asOf: number): ShopperPast {
  const firstAt = found === undefined || found.firstAt >= asOf ? null : found.firstAt;
  const events: PastEvent[] = [];
  const all = found?.events ?? [];
  for (let place = all.length - 1; place >= 0 && events.length < pastEventsMax; place -= 1) {
    const event = all[place];
    if (event === undefined || event.at <= asOf - pastMs) break;
    if (event.at < asOf) events.push(event);
  }
  return { firstAt, events };
}
