/** What must not stand in which files, why, and what to write instead. */
import { isTest } from './repository.ts';

export interface Ban {
  readonly what: string;
  readonly instead: string;
  readonly where: (path: string) => boolean;
  readonly pattern: RegExp;
  /** Lines that the rule must find, so that a rule that cannot fail is found. */
  readonly bad: readonly string[];
  readonly good?: readonly string[];
  /** It is about comments, which the others do not read. */
  readonly inComments?: true;
}

const inFolders =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    !isTest(path) && folders.some((folder) => path.startsWith(`${folder}/`));
const everywhere = (): boolean => true;
const outsideTests = (path: string): boolean => !isTest(path);
const except =
  (where: Ban['where'], ...allowed: readonly string[]) =>
  (path: string): boolean =>
    where(path) &&
    !allowed.some((one) => path === one || (one.endsWith('/') && path.startsWith(one)));

const ofMoney: readonly Ban[] = [
  {
    what: 'money as a floating point number',
    instead: 'BigInt() of minor units',
    where: inFolders('domain', 'workflows', 'activities', 'db', 'providers', 'api', 'sandbox'),
    pattern: /\bparseFloat\(|\.toFixed\(/,
    bad: ['const a = parseFloat(text);', 'Number.parseFloat(x)', 'amount.toFixed(2)'],
  },
  {
    what: 'Number() of an amount',
    instead: 'bigint; at the edges (api, providers) it becomes a JSON integer',
    where: inFolders('domain', 'db', 'workflows', 'activities', 'workers'),
    pattern: /\bNumber\([^)]*(amount|minor|balance)/i,
    bad: ['Number(payment.amount)', 'Number(amountMinor)'],
    good: ['Number(version)'],
  },
  {
    what: 'the exponent of a currency from Intl',
    instead: 'domain/currency.ts: a frozen table',
    where: inFolders('domain', 'workflows', 'activities', 'db', 'providers'),
    pattern: /\bIntl\.|\.toLocale\w*\(/,
    bad: ["new Intl.NumberFormat('en')", 'amount.toLocaleString()'],
  },
  {
    what: 'writing the ledger or the timeline past its SQL functions',
    instead: 'commitChange() of db/changes.ts',
    where: except(outsideTests, 'bench/reconciliation/copies.ts'),
    pattern: /\b(insert into|update|delete from|truncate)\s+(journal_entries|postings|timeline)\b/i,
    bad: ['sql`insert into postings values (1)`', 'DELETE FROM timeline'],
    good: ['select * from postings'],
  },
];

const ofTime: readonly Ban[] = [
  {
    what: 'the time, or chance, in what must decide the same twice',
    instead: 'take it as a value: `payment.now`, an id from deps',
    where: inFolders('domain', 'workflows'),
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\brandomUUID\(/,
    bad: ['Date.now()', 'new Date()', 'Math.random()', 'performance.now()', 'crypto.randomUUID()'],
    good: ['new Date(payment.now)'],
  },
  {
    what: 'a timer of Node in what is replayed',
    instead: 'condition() or sleep() of @temporalio/workflow',
    where: inFolders('domain', 'workflows'),
    pattern: /\bset(Timeout|Interval|Immediate)\(/,
    bad: ['setTimeout(done, 5)', 'setInterval(look, 5)'],
  },
  {
    what: "the process's wall clock in what judges a deadline",
    instead: 'elapsedMs() of activities/elapsed.ts, or the clock of the database',
    where: except(
      inFolders('activities', 'db', 'providers'),
      'activities/elapsed.ts',
      'providers/signed-at.ts',
    ),
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    bad: ['if (Date.now() > sendBy) return;'],
  },
  {
    what: 'a patch outside the list of patches',
    instead: 'a named predicate in workflows/versions.ts',
    where: except(inFolders('workflows'), 'workflows/versions.ts'),
    pattern: /\b(patched|deprecatePatch)\(/,
    bad: ["if (patched('asks-risk-first')) return;"],
  },
  {
    what: 'a race whose loser nobody waits for',
    instead: 'an AbortSignal; or add the file here, with the reason in a comment there',
    where: except(
      outsideTests,
      'sandbox/sandbox.ts',
      'api/commands/commands.ts',
      'scripts/',
      'bench/',
    ),
    pattern: /\bPromise\.race\(/,
    bad: ['await Promise.race([work, timeout]);'],
  },
];

const ofStyle: readonly Ban[] = [
  {
    what: 'ending the process anywhere',
    instead: 'throw, or runtime/shutdown.ts; only what is started as a process ends it',
    where: except(
      outsideTests,
      ...['api/server.ts', 'workers/background.ts', 'sandbox/server.ts', 'runtime/shutdown.ts'],
      ...['scripts/', 'bench/'],
    ),
    pattern: /\bprocess\.exit\(/,
    bad: ['process.exit(1);'],
    good: ['process.exitCode = 1;'],
  },
  {
    what: 'SQL glued from text',
    instead: 'the sql`` template, whose values are parameters',
    where: except(outsideTests, 'db/migrate.ts'),
    pattern: /\bsql\.raw\(/,
    bad: ['await sql.raw(text).execute(db);'],
  },
  {
    what: 'code from text',
    instead: 'a function',
    where: everywhere,
    pattern: /\beval\(|\bnew Function\(/,
    bad: ['eval(text)', "new Function('return 1')"],
  },
  {
    what: 'silencing types',
    instead: 'a type that is true',
    where: everywhere,
    pattern: /\bas any\s*[;,)\].]|@ts-(ignore|nocheck|expect-error)/,
    bad: ['const x = y as any;', 'f(y as any)', '// @ts-ignore'],
    good: ['// as any provider would do it'],
    inComments: true,
  },
  {
    what: 'a lint rule switched off without a reason',
    instead: '`-- why` at the end of the comment',
    where: everywhere,
    pattern: /eslint-disable(?!.* -- )/,
    bad: ['// eslint-disable-next-line no-console'],
    good: ['// eslint-disable-next-line no-console -- its only output'],
    inComments: true,
  },
  {
    what: 'a test that does not run, or that keeps others from running',
    instead: 'the test, or nothing',
    where: isTest,
    pattern: /\.(only|skip|todo)\b(?=[.(])|\b(fdescribe|fit|xdescribe|xit|xtest)\(/,
    bad: ["test.only('x', f)", "describe.skip('x', f)", "test.skip.each([1])('x')", "xit('x')"],
    good: ['options.onlyOne()'],
  },
  {
    what: 'something left to do',
    instead: 'do it, or open an issue',
    where: everywhere,
    pattern: /(\/\/|\*).*\b(TODO|FIXME|XXX|HACK)\b/,
    bad: ['// TODO: later', ' * FIXME'],
    inComments: true,
  },
  {
    what: 'code in a comment',
    instead: 'nothing: git remembers',
    where: everywhere,
    pattern: /^\s*\/\/\s*((const|let|return|await|import|export) .*;|\}|if \(.*\{)\s*$/,
    bad: ['// const a = 1;', '  // return null;', '// if (a) {'],
    good: ['// return early where nothing is due'],
    inComments: true,
  },
];

export const bans: readonly Ban[] = [...ofMoney, ...ofTime, ...ofStyle];

/** The numbers of the lines that break it. */
export function findBanned({ pattern, inComments }: Ban, text: string): readonly number[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => inComments === true || !/^\s*(\/\/|\/?\*)/.test(line))
    .filter(({ line }) => pattern.test(line))
    .map(({ number }) => number);
}
