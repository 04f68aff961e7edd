/**
 * Which of our folders may import values from which (DESIGN 2). Types are erased and free, except
 * where a row says otherwise. Packages are the business of `eslint.config.js`.
 */
const folders = [
  'domain', 'settlement', 'workflows', 'activities', 'providers', 'api', 'workers', 'db', 'runtime', 'sandbox',
  'console', 'scripts', 'bench', 'test',
]; // prettier-ignore

const allowed = {
  domain: ['^domain/'],
  workflows: ['^workflows/', '^domain/'],
  settlement: ['^settlement/', '^domain/'],
  activities: [
    '^activities/', '^domain/', '^db/', '^settlement/', '^providers/registry\\.ts$',
  ], // prettier-ignore
  providers: ['^providers/', '^domain/'],
  db: ['^db/', '^domain/'],
  api: [
    '^api/', '^domain/', '^runtime/', '^db/', '^workflows/[^/]+/messages\\.ts$',
    '^workflows/ids\\.ts$', '^providers/registry\\.ts$',
  ], // prettier-ignore
  workers: [
    '^workers/', '^domain/', '^runtime/', '^db/', '^workflows/', '^activities/', '^providers/',
  ], // prettier-ignore
  // runtime/runs.ts is the one place that starts and signals workflows, for api and workers alike.
  runtime: ['^runtime/', '^workflows/[^/]+/messages\\.ts$', '^workflows/ids\\.ts$'],
  sandbox: ['^sandbox/', '^domain/', '^runtime/'],
  console: ['^console/'],
};

const tests = '(\\.test\\.ts$)|(^test/)';
/** Command line entry points of db/ take their addresses from the environment. */
const commandLines = '^db/(migrate|seed)\\.ts$';

function direction([folder, targets]) {
  const exempt = folder === 'db' ? `${tests}|${commandLines}` : tests;
  // api/server.ts also runs the payment worker: in one process, starts are eager.
  const composition = folder === 'api' ? '|^api/server\\.ts$' : '';
  return {
    name: `${folder}-imports`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: `${exempt}${composition}` },
    to: {
      path: `^(${folders.join('|')})/`,
      pathNot: targets,
      dependencyTypesNot: ['type-only'],
    },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-is-pure',
      comment: 'not even types: the domain knows nothing of the rest',
      severity: 'error',
      from: { path: '^domain/', pathNot: tests },
      to: { pathNot: '^domain/' },
    },
    {
      name: 'server-imports',
      comment: 'the composition root of API and payment worker',
      severity: 'error',
      from: { path: '^api/server\\.ts$' },
      to: { path: '^(sandbox|console|scripts|bench|test)/' },
    },
    {
      name: 'db-command-lines',
      severity: 'error',
      from: { path: commandLines },
      to: {
        path: `^(${folders.join('|')})/`,
        pathNot: '^(db|domain|runtime)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-server-imports',
      comment: 'composition roots are started, not imported',
      severity: 'error',
      from: { pathNot: '^(test|scripts|bench)/' },
      to: { path: '(^|/)server\\.ts$' },
    },
    {
      name: 'one-provider-knows-no-other',
      severity: 'error',
      from: { path: '^providers/([^/]+)/', pathNot: tests },
      to: { path: '^providers/([^/]+)/', pathNot: '^providers/$1/' },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: { pathNot: `${tests}|^(bench|scripts)/` },
      to: { path: tests },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...Object.entries(allowed).map(direction),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|\\.tender|coverage|console/dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
