/** A report names its commit wherever it was made: in a clone, in a worktree of one, by tag, or nowhere. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { currentCommit } from './current-commit.ts';

const [onMain, onSide, packed] = ['1', '2', '3'].map((digit) => digit.repeat(40));
let home: string;
function write(path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'tender-commit-'));
  write('clone/.git/HEAD', 'ref: refs/heads/main\n');
  write('clone/.git/refs/heads/main', `${onMain}\n`);
  write('clone/.git/refs/heads/side/way', `${onSide}\n`);
  write('clone/.git/packed-refs', `# pack-refs\n${packed} refs/heads/old\n`);
  for (const [name, head] of [
    ['side', 'side/way'],
    ['old', 'old'],
  ] as const) {
    // prettier-ignore
    write(`clone/.git/worktrees/${name}/HEAD`, `ref: refs/heads/${head}\n`);
    write(`clone/.git/worktrees/${name}/commondir`, '../..\n');
  }
  write('side/.git', `gitdir: ${join(home, 'clone/.git/worktrees/side')}\n`);
  write('old/.git', 'gitdir: ../clone/.git/worktrees/old\n');
  write('detached/.git/HEAD', `${packed}\n`);
  write('archive/README.md', '');
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

test.each([
  ['clone', onMain],
  ['side', onSide],
  ['old', packed],
  ['detached', packed],
  ['archive', null],
])('%s: %s', (folder, commit) => {
  expect(currentCommit(join(home, folder))).toBe(commit);
});
