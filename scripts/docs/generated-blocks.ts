/** What in docs/ is made from the code: between two markers of a page, under a name. */
import {
  attemptTransitions,
  operationTransitions,
  paymentTransitions,
} from '../../domain/payment.ts';
import { lookupSchedule } from './lookup-schedule.ts';
import { stateDiagram } from './state-diagram.ts';

export const pagesWithBlocks = ['docs/payment-lifecycle.md'] as const;

const blocks: Readonly<Record<string, () => string>> = {
  'payment-states': () => stateDiagram({ initial: 'processing', transitions: paymentTransitions }),
  'attempt-states': () => stateDiagram({ initial: 'submitting', transitions: attemptTransitions }),
  'operation-states': () =>
    stateDiagram({ initial: 'requested', transitions: operationTransitions }),
  'lookup-schedule': lookupSchedule,
};

const block =
  /(<!-- generated: ([a-z-]+), by npm run docs:generate -->\n)(?:.*?\n)??(<!-- end -->)/gs;

/** The page as the code of today makes it. */
export function withBlocks(page: string): string {
  return page.replaceAll(block, (_, start: string, name: string, end: string) => {
    const make = blocks[name];
    if (make === undefined) throw new Error(`nothing generates ${name}`);
    return `${start}${make()}\n${end}`;
  });
}

export function blocksIn(page: string): readonly string[] {
  return [...page.matchAll(block)].map(([, , name = '']) => name);
}

export const blockNames = Object.keys(blocks);
