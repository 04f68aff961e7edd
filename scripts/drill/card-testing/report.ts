/** What the day showed: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import { shops, type AttackName } from './asks.ts';
import type { Judged } from './decisions.ts';

export interface Evidence {
  readonly seed: number;
  readonly commit: string | null;
  readonly seconds: number;
  readonly attacks: readonly AttackName[];
  readonly judged: readonly Judged[];
  readonly secrets: { readonly blocked: number; readonly strangers: number; readonly leaks: readonly string[] }; // prettier-ignore
}

export interface AttackFigures {
  readonly attack: AttackName;
  readonly shop: string;
  readonly attempts: number;
  /** With which attempt, and how long after the first one; null: never. */
  readonly detected: { readonly attempts: number; readonly seconds: number } | null;
  /** After that: not stopped; and of these, those the issuer approved. */
  readonly passedLater: number;
  readonly approvedLater: number;
  readonly approvedBefore: number;
  readonly because: string;
}

export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const aims = { attempts: 20, seconds: 60, falseShare: 0.001, unknownShare: 0.01 };

export function figuresOf(judged: readonly Judged[], attack: AttackName): AttackFigures {
  const tries = judged.filter((one) => one.attack === attack);
  const place = tries.findIndex(({ outcome }) => outcome !== 'allow');
  const [first, found] = [tries[0], tries[place]];
  const passed = (some: readonly Judged[]): readonly Judged[] =>
    some.filter(({ outcome }) => outcome === 'allow');
  const approved = (some: readonly Judged[]): number =>
    some.filter(({ status }) => status === 'captured').length;
  const [before, later] = found === undefined ? [tries, []] : [tries.slice(0, place), tries.slice(place + 1)]; // prettier-ignore
  return {
    ...{ attack, shop: shops[first?.merchant ?? 0]?.name ?? '', attempts: tries.length },
    detected:
      found === undefined || first === undefined
        ? null
        : { attempts: place + 1, seconds: Math.round(found.at - first.at) },
    ...{ passedLater: passed(later).length, approvedLater: approved(passed(later)) },
    ...{ approvedBefore: approved(before), because: found?.because ?? 'never' },
  };
}

export interface GoodFigures {
  readonly payments: number;
  readonly stopped: number;
  readonly blocked: number;
  readonly because: Readonly<Record<string, number>>;
}

/** By payments: one is stopped when any of its tries was not simply let through. */
export function goodFigures(judged: readonly Judged[]): GoodFigures {
  const stopped = new Map<string, Judged>();
  const visits = new Set<string>();
  for (const one of judged) {
    if (one.attack !== null) continue;
    visits.add(one.visit);
    if (one.outcome !== 'allow' && !stopped.has(one.visit)) stopped.set(one.visit, one);
  }
  const because: Record<string, number> = {};
  for (const one of stopped.values()) {
    const name = `${shops[one.merchant]?.name ?? ''}: ${one.because} at ${(one.at / 3_600).toFixed(1)} h`;
    because[name] = (because[name] ?? 0) + 1;
  }
  const blocked = [...stopped.values()].filter(({ outcome }) => outcome === 'block').length;
  return { payments: visits.size, stopped: stopped.size, blocked, because };
}

export function judgeDay(evidence: Evidence): Verdict {
  const { judged, secrets } = evidence;
  const attacks = evidence.attacks.map((attack) => figuresOf(judged, attack));
  const attacked = new Set(judged.flatMap((one) => (one.attack === null ? [] : [one.merchant])));
  const good = goodFigures(judged);
  const there = goodFigures(judged.filter(({ merchant }) => attacked.has(merchant)));
  const unknown = judged.filter(({ isKnown }) => !isKnown).length;
  const cases: readonly (string | null)[] = [
    ...attacks.map(complaint),
    good.stopped > aims.falseShare * good.payments
      ? `${String(good.stopped)} of ${String(good.payments)} good payments stopped`
      : null,
    secrets.blocked === 0
      ? 'no blocked payment was seen'
      : (secrets.leaks.find((leak) => leak.includes('shopper')) ?? null),
    secrets.leaks.find((leak) => leak.includes('stranger')) ?? null,
  ];
  const wrong = cases.filter((one) => one !== null);
  const reasons = [
    ...wrong,
    ...(unknown > aims.unknownShare * judged.length
      ? [`risk of ${String(unknown)} tries could not be told in time`]
      : []),
    ...(good.payments < 200 ? ['fewer than 200 good payments'] : []),
  ];
  const ok = reasons.length === 0;
  return {
    ...{ ok, reasons, lines: table(attacks, good, there, reasons) },
    json: {
      ...{ name: 'drill:card-testing', seed: evidence.seed, commit: evidence.commit, ok },
      ...{ seconds: evidence.seconds, cases: cases.length, right: cases.length - wrong.length },
      ...{ wrong: wrong.length, good_payments: good.payments, good_stopped: good.stopped },
      ...{ good_blocked: good.blocked, good_at_attacked: there.payments },
      ...{ good_stopped_at_attacked: there.stopped, false_share: share(good) },
      ...{ tries: judged.length, not_judged_in_time: unknown },
      ...{ blocked_answers_read: secrets.blocked, strangers_answered: secrets.strangers },
      attacks: Object.fromEntries(attacks.map((one) => [one.attack, onWire(one)])),
      reasons,
    },
  };
}

function complaint({ attack, attempts, detected }: AttackFigures): string | null {
  if (attempts < aims.attempts) return `${attack}: only ${String(attempts)} attempts`;
  if (detected === null) return `${attack}: never found`;
  if (detected.attempts <= aims.attempts || detected.seconds <= aims.seconds) return null;
  return `${attack}: found at attempt ${String(detected.attempts)}, after ${String(detected.seconds)} s`; // prettier-ignore
}

function onWire(one: AttackFigures): Readonly<Record<string, unknown>> {
  return {
    ...{ merchant: one.shop, attempts: one.attempts },
    detected_at_attempt: one.detected?.attempts ?? null,
    detected_after_seconds: one.detected?.seconds ?? null,
    ...{ passed_later: one.passedLater, approved_later: one.approvedLater },
    approved_before: one.approvedBefore,
  };
}

function share({ stopped, payments }: GoodFigures): number {
  return payments === 0 ? 0 : Math.round((stopped / payments) * 1e6) / 1e6;
}

function table(
  attacks: readonly AttackFigures[],
  good: GoodFigures,
  there: GoodFigures,
  reasons: readonly string[],
): readonly string[] {
  const cells = (...texts: readonly (string | number)[]): string =>
    texts.map((text, place) => (place === 0 ? String(text).padEnd(12) : String(text).padStart(10))).join(' '); // prettier-ignore
  return [
    '',
    cells('attack', 'at', 'attempts', 'found at', 'after s', 'passed', 'approved'),
    ...attacks.map(
      ({ attack, shop, attempts, detected, passedLater, approvedLater, because }) =>
      [cells(attack, shop, attempts, detected?.attempts ?? 'never', detected?.seconds ?? '', passedLater, approvedLater), because].join('  '), // prettier-ignore
    ),
    '',
    `good payments: ${String(good.payments)}, stopped ${String(good.stopped)} (${String(share(good) * 100)} %), of which blocked ${String(good.blocked)}`,
    `at attacked merchants: ${String(there.payments)}, stopped ${String(there.stopped)} (${String(share(there) * 100)} %)`,
    ...Object.entries(good.because).map(([why, times]) => `  ${String(times)} x ${why}`),
    ...reasons.map((reason) => `not ok: ${reason}`),
  ];
}
