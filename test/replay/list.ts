/** The table of histories in README.md: its first two columns are written by hand, the others read. */
import { historyNames, readHistory, specialsOf, stepsOf } from './history.ts';

const begin = '<!-- histories: `npm run record:histories` writes the last two columns -->\n';
const end = '<!-- end of histories -->';
const head = '| History | Branch | Steps | Special |\n|---|---|---|---|\n';

/** The text of README.md with a row for every history; what a branch is called stays as it is. */
export function withHistoryTable(
  readme: string,
  branches: Readonly<Record<string, string>>,
): string {
  const [before, table, after] = parts(readme);
  const known = new Map(
    [...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, name = '', branch = '']) => [
      name,
      branch.trim(),
    ]),
  );
  const rows = historyNames().map((name) => {
    const history = readHistory(name);
    const branch = known.get(name) ?? branches[name] ?? '';
    return `| \`${name}\` | ${branch} | ${shortened(stepsOf(history))} | ${specialsOf(history).join(', ')} |\n`;
  });
  return before + begin + head + rows.join('') + end + after;
}

function parts(readme: string): readonly [string, string, string] {
  const [before, rest] = readme.split(begin);
  const [table, after] = rest?.split(end) ?? [];
  if (before === undefined || table === undefined || after === undefined) {
    throw new Error('test/replay/README.md has lost the marks around its table');
  }
  return [before, table, after];
}

/** Names of steps in order; what repeats is counted. */
function shortened(steps: readonly string[]): string {
  const runs: { pair: string; times: number }[] = [];
  for (let at = 0; at < steps.length;) {
    const next = steps[at + 1];
    const isPair = next !== undefined && next !== steps[at] && steps[at + 2] === steps[at];
    const pair =
      isPair && steps[at + 3] === next ? `${steps[at] ?? ''}, ${next}` : (steps[at] ?? '');
    const width = pair.includes(', ') ? 2 : 1;
    const last = runs.at(-1);
    if (last?.pair === pair) last.times += 1;
    else runs.push({ pair, times: 1 });
    at += width;
  }
  return runs
    .map(({ pair, times }) => (times === 1 ? pair : `(${pair}) × ${String(times)}`))
    .join(', ');
}
