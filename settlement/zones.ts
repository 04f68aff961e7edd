/** Times as clocks on walls show them, made into instants (ms since the epoch) without a guess. */
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';

const hourMs = 3_600_000;

/** Hours ahead of UTC, of the names that reports give their times. */
const hoursByName: Readonly<Record<string, number>> = {
  UTC: 0, GMT: 0, WET: 0, BST: 1, WEST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, EST: -5, EDT: -4, CST: -6,
  CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, SGT: 8, HKT: 8, JST: 9, AEST: 10, AEDT: 11,
}; // prettier-ignore

interface Wall {
  /** As if the clock were on UTC. */
  readonly at: number;
}

/** What the clock showed; refused where no clock ever shows it. */
function wallOf(parts: readonly (string | undefined)[], value: string, place: Place): Wall {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(at);
  const isSame =
    back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day &&
    back.getUTCHours() === hour &&
    back.getUTCMinutes() === minute &&
    back.getUTCSeconds() === second;
  return isSame ? { at } : refuse('time', shown(value), place);
}

const namedPattern = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?$/;

/** `2026-11-26 13:05:59` on a clock of the zone that is named beside it: `CET`, `BST`. */
export function namedTime(value: string, zone: string, place: Place): number {
  const match = namedPattern.exec(value);
  if (match === null) return refuse('time', shown(value), place);
  const hours = Object.hasOwn(hoursByName, zone) ? hoursByName[zone] : undefined;
  if (hours === undefined) return refuse('time', `no zone ${shown(zone)}`, place);
  return wallOf(match.slice(1), value, place).at - hours * hourMs;
}

/** The last Sunday of a month, 01:00 UTC: when the clocks of the European Union change. */
function changeOf(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0, 1));
  return last.getTime() - last.getUTCDay() * 24 * hourMs;
}

interface Changes {
  readonly spring: number;
  readonly autumn: number;
}

const changesByYear = new Map<number, Changes>();

function changesOf(year: number): Changes {
  const known = changesByYear.get(year);
  if (known !== undefined) return known;
  const changes = { spring: changeOf(year, 2), autumn: changeOf(year, 9) };
  changesByYear.set(year, changes);
  return changes;
}

const germanPattern = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)$/;

/**
 * `26.11.2026 13:05:59` on a clock in Berlin. The hour that autumn shows twice is told by the order of the
 * rows: the first of the two unless that is before `notBefore`. The hour that spring leaves out is refused.
 */
export function berlinTime(value: string, notBefore: number, place: Place): number {
  const match = germanPattern.exec(value);
  if (match === null) return refuse('time', shown(value), place);
  const [, day, month, year, ...clock] = match;
  const { at: wall } = wallOf([year, month, day, ...clock], value, place);
  const { spring, autumn } = changesOf(Number(year));
  const [summer, winter] = [wall - 2 * hourMs, wall - hourMs];
  const isSummer = summer >= spring && summer < autumn;
  const isWinter = winter < spring || winter >= autumn;
  if (isSummer && isWinter) return summer >= notBefore ? summer : winter;
  if (isSummer) return summer;
  return isWinter ? winter : refuse('time', `${shown(value)} never was in Berlin`, place);
}
