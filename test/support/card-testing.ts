/** A day of a merchant with attacks in it, payment by payment: what detectors are held against. Drawn from a seed. */
import type { Detection } from '../../domain/risk/detectors.ts';
import type { EntityKind } from '../../domain/risk/lists.ts';
import { tighten } from '../../domain/risk/tightening.ts';

export type AttackShape = 'one_device' | 'same_amount' | 'bin';

interface Try {
  readonly at: number;
  readonly card: string;
  readonly device: string;
  readonly ip: string;
  readonly email: string;
  readonly bin: string;
  readonly amount: number;
  readonly declined: boolean;
  readonly attack: boolean;
}

export interface Day {
  readonly seed: number;
  readonly hours: number;
  /** Good payments in a minute, on average. */
  readonly perMinute: number;
  readonly attack: {
    readonly shape: AttackShape;
    readonly perSecond: number;
    readonly afterHours: number;
  } | null;
}

export interface DayOutcome {
  readonly good: number;
  readonly goodBlocked: number;
  /** While nobody attacked. */
  readonly goodChallengedInPeace: number;
  /** Null: never. */
  readonly detected: { readonly attempts: number; readonly seconds: number } | null;
  readonly attackPassed: number;
}

const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const attackLasts = 400;

/** Mulberry32. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The first ones often, the last ones rarely. */
const skewed = (draw: () => number, of: number): number => Math.floor(of * draw() ** 3);

function goodTries({ seed, hours, perMinute }: Day): readonly Try[] {
  const draw = draws(seed);
  const tries: Try[] = [];
  for (let at = 0, shopper = 0; at < hours * hourMs; shopper += 1) {
    // By night a third of it.
    const now = perMinute * (0.67 - 0.33 * Math.cos((2 * Math.PI * at) / dayMs));
    at += (-Math.log(1 - draw()) / now) * 60 * secondMs;
    const kiosk = draw() < 0.02;
    const who = {
      device: kiosk ? 'kiosk' : `d${shopper}`,
      ip: kiosk ? 'kiosk' : draw() < 0.3 ? `shared${skewed(draw, 20)}` : `i${shopper}`,
      email: `e${shopper}`,
      amount: draw() < 0.2 ? 1.99 : 1 + skewed(draw, 200),
    };
    let [chance, moment] = [0.08, at];
    for (let n = 0; n < 4; n += 1) {
      const card = `c${shopper}/${draw() < 0.3 ? n : 0}`;
      const declined = draw() < chance;
      tries.push({
        ...who,
        at: moment,
        card,
        bin: `4${skewed(draw, 40)}`,
        declined,
        attack: false,
      });
      if (!declined || draw() > 0.6) break;
      [chance, moment] = [0.5, moment + (20 + 100 * draw()) * secondMs];
    }
  }
  return tries;
}

function attackTries({ seed, attack }: Day): readonly Try[] {
  if (attack === null) return [];
  const draw = draws(seed + 1);
  const { shape, perSecond, afterHours } = attack;
  let at = afterHours * hourMs;
  return Array.from({ length: attackLasts }, (_, n) => {
    at += (-Math.log(1 - draw()) / perSecond) * secondMs;
    const own = shape === 'one_device' ? 'x' : `x${n}`;
    return {
      ...{ at, card: `x${n}`, device: own, email: own, attack: true },
      ip: shape === 'bin' ? `x${Math.floor(50 * draw())}` : own,
      bin: shape === 'bin' ? '424242' : `4${skewed(draw, 40)}`,
      amount: shape === 'bin' ? 5 + Math.floor(50 * draw()) : 1,
      declined: draw() < 0.88,
    };
  });
}

/** Counts of one stream over a minute, an hour and a day. */
class Stream {
  readonly #tries: Pick<Try, 'at' | 'declined' | 'card'>[] = [];
  readonly #windows = [60 * secondMs, hourMs, dayMs].map((ms) => ({ ms, first: 0, declines: 0 }));

  add({ at, declined, card }: Try): void {
    this.#tries.push({ at, declined, card });
    for (const window of this.#windows) window.declines += Number(declined);
  }

  features(name: string, at: number): Readonly<Record<string, number>> {
    const counts = this.#windows.map((window) => {
      for (; (this.#tries[window.first]?.at ?? at) <= at - window.ms; window.first += 1) {
        window.declines -= Number(this.#tries[window.first]?.declined);
      }
      return { attempts: this.#tries.length - window.first, declines: window.declines };
    });
    const [minute, hour, day] = counts;
    return {
      [`${name}_attempts_1m`]: minute?.attempts ?? 0,
      [`${name}_attempts_1h`]: hour?.attempts ?? 0,
      [`${name}_attempts_1d`]: day?.attempts ?? 0,
      [`${name}_declines_1m`]: minute?.declines ?? 0,
      [`${name}_declines_1h`]: hour?.declines ?? 0,
      [`${name}_declines_1d`]: day?.declines ?? 0,
    };
  }

  /** -1: there was none. */
  secondsSinceFirst(at: number): number {
    const [first] = this.#tries;
    return first === undefined ? -1 : (at - first.at) / secondMs;
  }

  cardsInHour(): number {
    return new Set(this.#tries.slice(this.#windows[1]?.first).map(({ card }) => card)).size;
  }
}

const streamed = ['device', 'ip', 'email', 'card', 'bin'] as const;

class Streams {
  readonly #streams = new Map<string, Stream>();

  features(one: Try): Readonly<Record<string, number>> {
    const { at, amount } = one;
    const of = (name: string, value: string): Readonly<Record<string, number>> =>
      this.#of(name, value).features(name, at);
    const features = Object.assign(
      { ...of('merchant', ''), ...of('same_amount', String(amount)), amount },
      ...streamed.map((name) => of(name, one[name])),
    ) as Record<string, number>;
    for (const name of ['device', 'ip', 'email'] as const) {
      features[`${name}_cards_1h`] = this.#of(name, one[name]).cardsInHour();
    }
    for (const name of ['device', 'card'] as const) {
      features[`${name}_seconds_since_first`] = this.#of(name, one[name]).secondsSinceFirst(at);
    }
    return features;
  }

  add(one: Try): void {
    for (const name of streamed) this.#of(name, one[name]).add(one);
    this.#of('merchant', '').add(one);
    this.#of('same_amount', String(one.amount)).add(one);
  }

  #of(name: string, value: string): Stream {
    const key = `${name} ${value}`;
    const found = this.#streams.get(key) ?? new Stream();
    this.#streams.set(key, found);
    return found;
  }
}

const valueOf = (one: Try, entity: EntityKind): string | null => {
  if (entity === 'merchant') return 'mer';
  return entity === 'country' || entity === 'customer' ? null : one[entity];
};

export function liveThrough(
  day: Day,
  detect: (
    features: Readonly<Record<string, number>>,
    looking: { readonly watched: readonly EntityKind[] },
  ) => readonly Detection[],
): DayOutcome {
  const attack = attackTries(day);
  const [begins = Infinity, ends = -Infinity] = [attack[0]?.at, attack.at(-1)?.at];
  const tries = [...goodTries(day), ...attack].toSorted((a, b) => a.at - b.at);
  const streams = new Streams();
  /** Until when. */
  const standing = new Map<string, number>();
  const outcome = { good: 0, goodBlocked: 0, goodChallengedInPeace: 0, attackPassed: 0 };
  let detected: DayOutcome['detected'] = null;
  let attempts = 0;
  for (const one of tries) {
    const listed = [...streamed, 'merchant' as const].flatMap((entity) =>
      (['challenge', 'block', 'watch'] as const)
        .filter(
          (list) =>
            (standing.get(`${list} ${entity} ${String(valueOf(one, entity))}`) ?? 0) > one.at,
        )
        .map((list) => ({ list, entity })),
    );
    const watched = listed.filter(({ list }) => list === 'watch').map(({ entity }) => entity);
    const done = tighten(detect(streams.features(one), { watched }), (kind) => valueOf(one, kind));
    for (const { list, entity, value, expiresInMs } of done) {
      standing.set(`${list} ${entity} ${value}`, one.at + expiresInMs);
    }
    const acts = [...listed.map(({ list }) => list), ...done.map(({ action }) => action)];
    const [blocked, challenged] = [acts.includes('block'), acts.some((act) => act !== 'watch')];
    if (one.attack) {
      attempts += 1;
      if (challenged) detected ??= { attempts, seconds: (one.at - begins) / secondMs };
      else outcome.attackPassed += 1;
    } else {
      outcome.good += 1;
      outcome.goodBlocked += Number(blocked);
      // What the end of an attack brought about stands for half an hour.
      const inPeace = one.at < begins || one.at > ends + hourMs / 2;
      outcome.goodChallengedInPeace += Number(challenged && !blocked && inPeace);
    }
    // Who is blocked reaches no issuer; who tests cards passes no challenge.
    streams.add({ ...one, declined: !blocked && (one.declined || (one.attack && challenged)) });
  }
  return { ...outcome, detected };
}
