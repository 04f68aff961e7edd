/** `npm run docs:generate`: writes what docs/ takes from the code. A test fails while a page differs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pagesWithBlocks, withBlocks } from './docs/generated-blocks.ts';

for (const page of pagesWithBlocks) {
  const path = join(import.meta.dirname, '..', page);
  writeFileSync(path, withBlocks(readFileSync(path, 'utf8')));
}
