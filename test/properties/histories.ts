/** Which histories there are: an ordinary beginning, then trouble. */
import fc from 'fast-check';
import type { Behaviour, Looked } from './provider-world.ts';

/** Each but `drive_twice` is one executor's work, done until the payment rests or waits. */
export type Action =
  | {
      readonly kind:
        'drive' | 'drive_twice' | 'to_next_due' | 'overtaken' | 'cancel' | 'retry' | 'webhook';
    }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'capture'; readonly percent: number; readonly final: boolean }
  | { readonly kind: 'refund'; readonly percent: number }
  | { readonly kind: 'shopper'; readonly end: 'approved' | 'declined' | 'pending' }
  /** A process that was paused with a reply in its hands goes on. */
  | { readonly kind: 'wake_held'; readonly which: number };

export interface History {
  readonly captureMethod: 'automatic' | 'manual';
  readonly firstProvider: number;
  readonly calls: readonly Behaviour[];
  readonly lookups: readonly Looked[];
  readonly actions: readonly Action[];
  /** Do the processes that are still paused at the end wake up, or were they killed? */
  readonly heldWakeAtEnd: boolean;
}

export interface Mischief {
  readonly wires: readonly Behaviour['wire'][];
  readonly verdicts: readonly Behaviour['verdict'][];
  /** How a shopper's page may end; `pending` where a bank tells later. */
  readonly pageEnds: readonly ('approved' | 'declined' | 'pending')[];
}

const seconds = 1_000;
const hours = 3_600 * seconds;

function actions({ pageEnds }: Mischief): fc.Arbitrary<Action> {
  const just = <K extends Action['kind']>(kind: K): fc.Arbitrary<{ kind: K }> =>
    fc.constant({ kind });
  return fc.oneof(
    { weight: 3, arbitrary: just('drive') },
    { weight: 1, arbitrary: just('drive_twice') },
    { weight: 3, arbitrary: just('to_next_due') },
    { weight: 4, arbitrary: just('overtaken') },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        ms: fc.constantFrom(seconds, 7 * seconds, 30 * seconds, 600 * seconds, hours, 200 * hours),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('capture' as const),
        percent: fc.constantFrom(30, 50, 100),
        final: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('refund' as const),
        percent: fc.constantFrom(30, 60, 100),
      }),
    },
    { weight: 3, arbitrary: just('cancel') },
    { weight: 1, arbitrary: just('retry') },
    { weight: 2, arbitrary: just('webhook') },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('shopper' as const),
        end: fc.constantFrom(...pageEnds),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('wake_held' as const), which: fc.nat(3) }),
    },
  );
}

/** Half of all payments begin well: the trouble is with what is asked of them afterwards. */
export function histories(mischief: Mischief): fc.Arbitrary<History> {
  const trouble = fc.record({
    wire: fc.constantFrom(...mischief.wires),
    verdict: fc.oneof(
      { weight: 5, arbitrary: fc.constant('yes' as const) },
      { weight: 3, arbitrary: fc.constantFrom(...mischief.verdicts) },
    ),
  });
  const well: Behaviour = { wire: 'ok', verdict: 'yes' };
  return fc
    .record({
      beginsWell: fc.boolean(),
      captureMethod: fc.constantFrom('automatic' as const, 'manual' as const),
      firstProvider: fc.nat(2),
      calls: fc.array(trouble, { maxLength: 6 }),
      lookups: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.constant('ok' as const) },
          { weight: 1, arbitrary: fc.constantFrom('no_answer' as const, 'held' as const) },
        ),
        { maxLength: 6 },
      ),
      actions: fc.array(actions(mischief), { maxLength: 12 }),
      heldWakeAtEnd: fc.boolean(),
    })
    .map(({ beginsWell, ...history }) =>
      beginsWell
        ? {
            ...history,
            calls: [well, ...history.calls],
            actions: [{ kind: 'drive' as const }, ...history.actions],
          }
        : history,
    );
}
