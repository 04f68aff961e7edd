/** Calls come into doubt, time passes, the truth becomes known or does not: what does Tender say then? */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Truth } from './cases.ts';
import { keyWindows, truths, type KeyWindow } from './cases.ts';
import { makeDoubts, silence } from './doubts.ts';
import { judgeCase, type Judged } from './judge.ts';
import { until, type Place } from './place.ts';
import { tellFromFile } from './settlement-file.ts';
import { isDecided, readSubjects, type Subject } from './subjects.ts';

const day = 86_400;
/** Real time in which whatever is due gets done. */
const workMsMax = 10_000;
/** After the truth can be told: past it only a settlement file helps. */
const patienceSeconds = day;

export async function runTruths(place: Place): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const truth of truths) {
    const cases = await makeDoubts(place, {
      truth: truth.name,
      fault: truth.fault,
      providers: truth.providers,
      submitWithinSeconds: 600,
    });
    const early = await beSilent(place, truth, cases);
    // Whoever sends again is served: the truth is about the call that was not answered.
    await place.setFaults(truth.silentSeconds === null ? silence : []);
    judged.push(...(await settle(place, cases, truth.silentSeconds === null, early)));
    await place.setFaults([]);
    place.report(summary(truth.name, judged.slice(-cases.length)));
    await tidy(place, cases);
  }
  return judged;
}

/** Whatever is decided while nobody could know is a guess, unless a file of those days said it. */
async function beSilent(
  place: Place,
  { silentSeconds }: Pick<Truth, 'silentSeconds'>,
  cases: readonly Case[],
): Promise<ReadonlySet<string>> {
  if (silentSeconds === 1) await sleep(1_000);
  if (silentSeconds !== null && silentSeconds > 1) {
    // In steps, as time passes: what is due within is looked at.
    for (const share of [0.1, 0.4, 0.5]) {
      await place.advance(silentSeconds * share);
      await sleep(1_500);
    }
  }
  if (silentSeconds === null) await sleep(1_500);
  if (silentSeconds === 0) return new Set();
  const subjects = await readSubjects(place.db, cases.map(({ subjectId }) => subjectId)); // prettier-ignore
  const guessed = (subject: Subject): boolean =>
    isDecided(subject) && subject.basis?.kind !== 'settlement';
  return new Set([...subjects.values()].filter(guessed).map(({ id }) => id));
}

async function settle(
  place: Place,
  cases: readonly Case[],
  isOnlyInFile: boolean,
  early: ReadonlySet<string>,
): Promise<readonly Judged[]> {
  const ids = cases.map(({ subjectId }) => subjectId);
  if (!isOnlyInFile) await passTime(place, ids, patienceSeconds);
  const rest = cases.filter(({ subjectId }) => !early.has(subjectId));
  const left = await undecided(place, rest.map(({ subjectId }) => subjectId)); // prettier-ignore
  if (left.length > 0) {
    const told = cases.filter(({ subjectId }) => left.some(({ id }) => id === subjectId));
    await tellFromFile(place, told);
    await passTime(place, left.map(({ id }) => id), patienceSeconds); // prettier-ignore
  }
  const [subjects, books] = [await readSubjects(place.db, ids), await place.readBooks()];
  return cases.map((one) => judgeCase(one, subjects.get(one.subjectId), books, early.has(one.subjectId))); // prettier-ignore
}

async function undecided(place: Place, ids: readonly string[]): Promise<readonly Subject[]> {
  return [...(await readSubjects(place.db, ids)).values()].filter((one) => !isDecided(one));
}

/** Moves the clock from one due look to the next, until all is decided or the time is over. */
async function passTime(
  place: Place,
  ids: readonly string[],
  atMostSeconds: number,
): Promise<void> {
  for (let passed = 0; passed < atMostSeconds;) {
    const open = await until(async () => {
      const left = await undecided(place, ids);
      // Something that is due is being worked on; what is not needs the clock.
      return left.every(({ dueInSeconds }) => dueInSeconds === null || dueInSeconds > 1)
        ? left
        : undefined;
    }, workMsMax);
    if (open?.length === 0) return;
    const next = Math.min(...(open ?? []).map(({ dueInSeconds }) => dueInSeconds ?? day));
    const seconds = Number.isFinite(next) ? Math.max(1, Math.ceil(next)) : 1;
    await place.advance(seconds);
    passed += seconds;
  }
}

/** What is still held is given back, so that its expiry does not meet the faults of the next truth. */
async function tidy(place: Place, cases: readonly Case[]): Promise<void> {
  for (const { paymentId } of cases) {
    const { status } = await place.checkout.read(paymentId);
    if (status === 'requires_capture') await place.checkout.cancel(paymentId);
  }
}

/** Asked again near, at and past the end of what the provider remembers of a key. */
export async function runKeyWindows(place: Place): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const window of keyWindows) {
    const cases: Case[] = [];
    for (const fault of ['lost_reply', 'error_500'] as const) {
      const truth = `${window.name} ${fault === 'lost_reply' ? 'done' : 'not done'}`;
      cases.push(
        ...(await makeDoubts(place, {
          truth,
          fault,
          providers: [window.provider],
          submitWithinSeconds: day,
        })),
      );
    }
    judged.push(...(await askAgain(place, window, cases)));
    await place.setFaults([]);
    place.report(summary(window.name, judged.slice(-cases.length)));
    await tidy(place, cases);
  }
  return judged;
}

async function askAgain(
  place: Place,
  window: KeyWindow,
  cases: readonly Case[],
): Promise<readonly Judged[]> {
  await place.setFaults(silence);
  await place.advance(window.seconds);
  await sleep(1_500);
  // A replica that lags: it knows of nothing, as long as the contract lets it.
  const lags = window.provider === 'cedar';
  await place.setFaults(lags ? [{ operation: 'lookup', fault: 'not_found', rate: 1 }] : []);
  return settle(place, cases, false, new Set());
}

function summary(name: string, judged: readonly Judged[]): string {
  const right = judged.filter(({ wrong }) => wrong.length === 0).length;
  return `${name.padEnd(20)} ${String(right)} of ${String(judged.length)} as it was`;
}
