import js from '@eslint/js';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const rule = '@typescript-eslint/no-restricted-imports';
// The deprecated builtin `domain` would match our folder of that name.
const builtins = [...builtinModules.filter((name) => name !== 'domain'), 'node:*'];
const tests = ['**/*.test.ts', 'test/**'];

/**
 * Which packages a folder may not touch (docs: aesthetics 6.2). Which of our own folders it may
 * import is the other half of the same table, in `.dependency-cruiser.cjs`.
 */
function packageBan(folder, message, patterns, options = {}) {
  return {
    name: `tender/packages/${folder}`,
    files: [`${folder}/**/*.ts`],
    ignores: [...tests, ...(options.except ?? [])],
    rules: { [rule]: ['error', { patterns: [...patterns.map((p) => ({ ...p, message }))] }] },
  };
}

const typesOnly = { allowTypeImports: true };
const packageBans = [
  packageBan('domain', 'domain is pure: it imports nothing from outside itself', [
    { regex: '^[^.]' },
  ]),
  packageBan('workflows', 'workflows are deterministic: domain, and types of activities, only', [
    { group: builtins },
    { regex: '^(?!@temporalio/(workflow|common)$)[^.]' },
    { regex: '/activities/', ...typesOnly },
  ]),
  packageBan('activities', 'activities do not start workflows and know no HTTP server', [
    { regex: '^@temporalio/(?!activity$|common$)' },
    { regex: '^(express|zod|pg)$', ...typesOnly },
  ]),
  packageBan('providers', 'a provider knows its own protocol: no Temporal, no database', [
    { regex: '^(@temporalio/|pg$|kysely$|express$)' },
  ]),
  packageBan('settlement', 'it reads files: nothing of where they come from or go to', [
    { regex: '^(@temporalio/|pg|kysely$|express$|undici$|stripe$|@adyen/)' },
    { group: ['node:fs', 'node:fs/*', 'node:net', 'node:http', 'node:https'] },
  ]),
  packageBan('db', 'db speaks SQL only', [{ regex: '^(@temporalio/|express$|undici$|jose$)' }]),
  packageBan(
    'api',
    'api is thin: SQL lives in db/, Temporal behind the ports of api/ports.ts',
    [{ regex: '^(@temporalio/|pg$|kysely$)', ...typesOnly }],
    { except: ['api/server.ts'] },
  ),
  packageBan('sandbox', 'the sandbox is a service of its own', [
    { regex: '^(@temporalio/|kysely$|pg$)' },
  ]),
];

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Name what you export; only configuration files export a default.',
};
const environmentReads = [
  "MemberExpression[object.name='process'][property.name='env']",
  "ImportDeclaration[source.value='node:process'] ImportSpecifier[imported.name='env']",
].map((selector) => ({
  selector,
  message: 'Only runtime/env.ts reads the environment (and sandbox/settings.ts for the sandbox).',
}));

export default tseslint.config(
  {
    name: 'tender/ignored',
    ignores: ['node_modules/', '.tender/', 'coverage/', 'console/dist/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    name: 'tender/plain-javascript',
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        AbortSignal: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        module: 'writable',
        process: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    name: 'tender/typescript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      // A default case is an explicit answer; without one every member is named.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', noDefaultExport, ...environmentReads],
      // The rest keeps the preset quiet where it is only noise.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // An async function without await is how a port is implemented by something synchronous.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  ...packageBans,
  {
    name: 'tender/tests',
    files: tests,
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    name: 'tender/environment-readers',
    files: ['runtime/env.ts', 'sandbox/settings.ts', ...tests],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport] },
  },
  {
    name: 'tender/jest-hooks',
    files: ['test/jest/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    name: 'tender/command-line',
    files: ['scripts/**', 'bench/**', 'test/jest/**'],
    rules: { 'no-console': 'off' },
  },
);
