/** The life of a payment as documented is the one in domain/payment.ts. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { attemptStatuses, operationStatuses, paymentStatuses } from '../../domain/payment.ts';
import { describeMs } from '../../scripts/docs/describe-ms.ts';
import {
  blockNames,
  blocksIn,
  pagesWithBlocks,
  withBlocks,
} from '../../scripts/docs/generated-blocks.ts';

const pages = pagesWithBlocks.map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test.each(pages)('$path is as `npm run docs:generate` makes it', ({ text }) => {
  expect(text).toBe(withBlocks(text));
});

test('every block that can be made is in a page, once', () => {
  expect(pages.flatMap(({ text }) => blocksIn(text)).toSorted()).toEqual(blockNames.toSorted());
});

describe('each status is explained', () => {
  const page = readFileSync('docs/payment-lifecycle.md', 'utf8');
  test.each([
    { object: 'Payment', statuses: paymentStatuses },
    { object: 'Attempt', statuses: attemptStatuses },
    { object: 'Operation', statuses: operationStatuses },
  ])('of $object, once', ({ object, statuses }) => {
    const section = page.split(`\n## ${object}\n`)[1]?.split('\n## ')[0] ?? '';
    const explained = [...section.matchAll(/^\| `([a-z_]+)` \| \S/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual([...statuses].toSorted());
  });
});

test.each([
  [250, '250 ms'],
  [330_000, '5 min 30 s'],
  [86_400_000 + 3 * 3_600_000 + 60_000, '1 d 3 h'],
])('%i ms is %s', (ms, words) => {
  expect(describeMs(ms)).toBe(words);
});
