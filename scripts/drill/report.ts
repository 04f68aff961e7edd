/** What the drill found: a table for people, one line of JSON for tools. */
import type { ClientView } from './client-view.ts';
import type { Finding } from './compare.ts';
import type { Deaths } from './deaths.ts';
import { killedParts } from './kills.ts';
import type { Kill, KilledPart } from './kills.ts';
import type { Unknowns } from './records.ts';

export interface Evidence {
  readonly seed: number;
  readonly commit: string | null;
  readonly seconds: number;
  readonly accepted: number;
  readonly payments: number;
  readonly operations: number;
  readonly requests: { readonly keys: number; readonly sends: number; readonly disconnected: number; readonly unavailable: number }; // prettier-ignore
  readonly lostReplies: number;
  /** The longest time in which no caller got a new clear answer. */
  readonly silenceMs: number;
  readonly kills: readonly Kill[];
  /** By kills and otherwise. */
  readonly deaths: Deaths;
  readonly unknowns: Unknowns;
  readonly unclear: readonly string[];
  /** From the last kill until nothing was open any more. */
  readonly clearAfterMs: number;
  readonly findings: readonly Finding[];
  readonly ledger: readonly string[];
  readonly client: ClientView;
}

export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  readonly line: Readonly<Record<string, unknown>>;
}

/** Of the last kill. */
export const clearWithinMs = 60_000;
const acceptedMin = 200;
const killsMin = 2;
const shownMax = 25;

function countSubjects(findings: readonly Finding[], fault: Finding['fault']): number {
  return new Set(findings.filter((f) => f.fault === fault).map((f) => f.subject)).size;
}

export function judge(evidence: Evidence): Verdict {
  const findings = [...evidence.findings, ...evidence.client.findings];
  const kills = countKills(evidence.kills);
  const notBack = evidence.kills.filter(({ backMs }) => backMs === null);
  const figures = {
    accepted: evidence.accepted,
    kills,
    unknown_met: evidence.unknowns.met,
    unknown_resolved: evidence.unknowns.resolved,
    double_charges: countSubjects(findings, 'double_charge'),
    lost_payments: countSubjects(findings, 'lost_payment'),
    unbalanced_entries: evidence.ledger.length,
    unclear: evidence.unclear.length,
    contradictions: evidence.client.contradictions.length,
    unanswered: evidence.client.unanswered.length,
    unasked_deaths: countUnasked(evidence),
  };
  const few = Object.values(kills).some((count) => count < killsMin);
  const checks: readonly (readonly [boolean, string])[] = [
    [figures.double_charges === 0, 'customers were charged twice'],
    [figures.lost_payments === 0, 'payments were lost'],
    [figures.unbalanced_entries === 0, 'the ledger does not prove the books'],
    [
      figures.unclear === 0 && evidence.clearAfterMs <= clearWithinMs,
      'not everything was clear within 60 s of the last kill',
    ],
    [figures.contradictions === 0, 'callers were told what is not so'],
    [figures.unanswered === 0, 'callers never got a clear answer'],
    [figures.unasked_deaths === 0, 'a part died without being killed'],
    [notBack.length === 0, 'a part did not come back'],
    [figures.accepted >= acceptedMin, `fewer than ${acceptedMin} accepted payments`],
    [!few, `fewer than ${killsMin} kills of each part`],
    [
      evidence.kills.some(({ withDatabase }) => withDatabase),
      "Temporal's database was not deleted",
    ],
    [figures.unknown_met >= 1, 'no unknown was met'],
    [figures.unknown_met === figures.unknown_resolved, 'an unknown stayed unresolved'],
  ];
  const reasons = checks.filter(([holds]) => !holds).map(([, reason]) => reason);
  const { seed, commit, seconds } = evidence;
  const ok = reasons.length === 0;
  const line = {
    ...{ name: 'drill:kill', seed, commit, ok, seconds, ...figures },
    lost_replies: evidence.lostReplies,
    back_ms: slowestReturns(evidence.kills),
    silence_ms: evidence.silenceMs,
    clear_after_ms: evidence.clearAfterMs,
  };
  return { ok, reasons, line };
}

function countKills(kills: readonly Kill[]): Record<KilledPart, number> {
  const count = (part: KilledPart): number => kills.filter((kill) => kill.part === part).length;
  const [api, background] = [count('api'), count('background')];
  return { api, background, postgres: count('postgres'), temporal: count('temporal') };
}

/** A part that ends because another was killed is a fault of its own. */
function countUnasked({ deaths, kills }: Evidence): number {
  return Object.values(deaths).reduce((sum, count) => sum + count, 0) - kills.length;
}

function slowestReturns(kills: readonly Kill[]): Record<string, number | null> {
  return Object.fromEntries(
    killedParts.map((part) => {
      const times = kills.filter((kill) => kill.part === part).map(({ backMs }) => backMs);
      return [part, times.includes(null) ? null : Math.max(0, ...times.map((ms) => ms ?? 0))];
    }),
  );
}

export function table(evidence: Evidence, verdict: Verdict): readonly string[] {
  const { requests, unknowns, client } = evidence;
  const kills = countKills(evidence.kills);
  const back = slowestReturns(evidence.kills);
  const row = (name: string, value: string | number): string => `  ${name.padEnd(34)} ${value}`;
  const figure = (name: string): string => String(verdict.line[name]);
  return [
    '',
    row('seed', evidence.seed),
    row('accepted payments', `${evidence.accepted} (${evidence.operations} operations)`),
    row('requests', `${requests.keys} keys, sent ${requests.sends} times`),
    row('unanswered sends, 503s', `${requests.disconnected}, ${requests.unavailable}`),
    row('longest silence', `${(evidence.silenceMs / 1000).toFixed(1)} s`),
    row('replies lost by the sandbox', evidence.lostReplies),
    ...killedParts.map((part) =>
      row(`kills of ${part}`, `${kills[part]}, back after at most ${back[part] ?? '-'} ms`),
    ),
    row('deaths that were no kills', figure('unasked_deaths')),
    row("losses of Temporal's database", evidence.kills.filter((k) => k.withDatabase).length),
    row('unknowns met, resolved', `${unknowns.met}, ${unknowns.resolved}`),
    row('clear after the last kill', `${(evidence.clearAfterMs / 1000).toFixed(1)} s`),
    row('unclear', figure('unclear')),
    row('double charges', figure('double_charges')),
    row('lost payments', figure('lost_payments')),
    row('unbalanced entries', figure('unbalanced_entries')),
    row('contradictory answers', figure('contradictions')),
    row('keys without a clear answer', figure('unanswered')),
    '',
    ...details(
      [...evidence.findings, ...client.findings].map((f) => `${f.fault} ${f.subject} ${f.text}`),
    ),
    ...details(evidence.ledger.map((text) => `ledger: ${text}`)),
    ...details(evidence.unclear.map((text) => `unclear: ${text}`)),
    ...details(client.contradictions.map((text) => `contradiction: ${text.slice(0, 600)}`)),
    ...details(client.unanswered.map((key) => `unanswered: ${key}`)),
    verdict.ok ? 'ok' : `not ok: ${verdict.reasons.join('; ')}`,
  ];
}

function details(lines: readonly string[]): readonly string[] {
  const more = lines.length - shownMax;
  return [...lines.slice(0, shownMax), ...(more > 0 ? [`... and ${more} more`] : [])];
}
