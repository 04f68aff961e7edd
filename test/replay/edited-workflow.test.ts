/**
 * The gate would catch a real edit: the workflow of today, changed as somebody might change it, is
 * refused by the runs that were recorded; a change that commands nothing else passes all of them.
 */
import { beforeAll, expect, jest, test } from '@jest/globals';
import { quietRuntime } from '../support/runs.ts';
import { bundleEdited, typeOf } from './edited-bundle.ts';
import { edits } from './edits.ts';
import { historyNames, readHistory, type History } from './history.ts';
import { replayAll, type Replayed } from './replayed.ts';

jest.setTimeout(60_000);

/** As it was, but a run of the edited workflow. */
function runOf(edit: number, name: string): History {
  const history = readHistory(name);
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  if (started === undefined) throw new Error(`${name} does not begin with its start`);
  started.workflowType.name = typeOf(edit);
  return history;
}

const everyRun = historyNames();
const runsOf = edits.map(({ breaks }) => (breaks.length > 0 ? breaks : everyRun));

let replayed: Replayed;
beforeAll(async () => {
  quietRuntime();
  const runs = runsOf.flatMap((names, edit) =>
    names.map((name) => [`${name} ${typeOf(edit)}`, runOf(edit, name)] as const),
  );
  replayed = await replayAll(new Map(runs), await bundleEdited(edits));
});

const cases = edits.map(({ name, breaks }, edit) => [name, edit, breaks.length > 0] as const);

test.each(cases)('%s', (_, edit, isRefused) => {
  const outcomes = runsOf[edit]?.map((name) => [name, replayed.get(`${name} ${typeOf(edit)}`)]);
  const expected = isRefused ? 'other way' : 'same way';
  expect(outcomes).toEqual(runsOf[edit]?.map((name) => [name, expected]));
});
