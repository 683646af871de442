// The house rules that a machine can hold: imports run one way, and the deterministic part stays deterministic.
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

const wallClockAndChance = [
  { name: 'Date', message: 'Virtual time only: use the clock argument (protocol/time.ts).' },
  { name: 'performance', message: 'Virtual time only: use the clock argument.' },
  { name: 'setTimeout', message: 'Use a named timer effect.' },
  { name: 'setInterval', message: 'Use a named timer effect.' },
  { name: 'setImmediate', message: 'Use a named timer effect.' },
  { name: 'queueMicrotask', message: 'Cores and the simulator are synchronous.' },
  { name: 'Promise', message: 'Cores and the simulator are synchronous.' },
  { name: 'fetch', message: 'No I/O here.' },
  { name: 'process', message: 'No ambient state here.' },
  { name: 'crypto', message: 'Use protocol/crypto.ts.' },
  { name: 'Intl', message: 'Locale-dependent.' },
  { name: 'console', message: 'No I/O here.' },
];

const impureMembers = [
  { object: 'Math', property: 'random', message: 'Use a named random stream (sim/random).' },
  { object: 'Math', property: 'pow', message: 'Its last bit differs between Node versions.' },
  { property: 'localeCompare', message: 'Use compareCodePoints (protocol/order.ts).' },
  { property: 'toLocaleString', message: 'Locale-dependent.' },
];

const impureSyntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: ':function[async=true]', message: 'Cores and the simulator are synchronous.' },
  { selector: 'AwaitExpression', message: 'Cores and the simulator are synchronous.' },
];

const nodeBuiltins = {
  group: ['node:*', 'fs', 'net', 'http', 'crypto', 'zlib', 'child_process', 'worker_threads', 'os', 'path'],
  message: 'No Node built-ins here (crypto only through protocol/crypto.ts).',
};
const above = (...layers) => ({
  regex: `^(\\.\\./)+(${layers.join('|')})/`,
  message: 'Imports run downward only: cli -> reports -> scenarios -> sim -> protocol.',
});
const impureFolders = {
  regex: '/(live|foreign)/',
  message: 'Only those who start a run reach the impure folders.',
};
const protocols = ['matrix', 'pinecone', 'bitchat', 'firechat', 'signal', 'whatsapp', 'smtp', 'bridge'];

const deterministic = {
  'no-restricted-globals': ['error', ...wallClockAndChance],
  'no-restricted-properties': ['error', ...impureMembers],
  'no-restricted-syntax': ['error', ...impureSyntax],
};

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'runs/**',
      'campaigns/**',
      'searches/**',
      'coverage/**',
      'test/vectors/**',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './reports/dashboard/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['*.config.{js,ts}', '**/vite.config.ts', 'cli/netsplit.js', '**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      'no-restricted-exports': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['protocol/**/*.ts'],
    rules: {
      ...deterministic,
      'no-restricted-imports': [
        'error',
        { patterns: [nodeBuiltins, above('sim', 'scenarios', 'reports', 'cli', 'test')] },
      ],
    },
  },
  ...protocols
    .filter((name) => name !== 'bridge')
    .map((name) => ({
      files: [`protocol/${name}/**/*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              nodeBuiltins,
              above('sim', 'scenarios', 'reports', 'cli', 'test'),
              {
                regex: `^(\\.\\./)+(${protocols.filter((p) => p !== name).join('|')})/`,
                message: 'One protocol imports another only through the bridge.',
              },
            ],
          },
        ],
      },
    })),
  {
    files: ['sim/**/*.ts'],
    ignores: ['sim/live/**', 'sim/foreign/**'],
    rules: {
      ...deterministic,
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            nodeBuiltins,
            above('scenarios', 'reports', 'cli', 'test'),
            impureFolders,
            {
              regex: `/protocol/(${protocols.join('|')})/`,
              message: 'Concrete cores are known only to sim/systems.',
            },
          ],
        },
      ],
    },
  },
  // Real time, sockets, processes and disks: allowed here, and nowhere else below the reports.
  {
    files: ['sim/live/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...impureMembers],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            above('scenarios', 'reports', 'cli', 'test'),
            {
              regex: `/protocol/(${protocols.join('|')})/`,
              message: 'Concrete cores are known only to sim/systems.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['sim/systems/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [nodeBuiltins, above('scenarios', 'reports', 'cli', 'test'), impureFolders] },
      ],
    },
  },
  {
    files: ['sim/foreign/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [above('scenarios', 'reports', 'cli', 'test')] }],
    },
  },
  {
    files: ['protocol/crypto.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [above('sim', 'scenarios', 'reports', 'cli', 'test')] }],
    },
  },
  // What a search draws depends on its seed alone. Its generators are fast-check's, which needs more than a bare language.
  { files: ['scenarios/search/**/*.ts'], rules: deterministic },
  {
    files: ['scenarios/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [above('reports', 'cli', 'test')] }] },
  },
  {
    files: ['reports/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [above('cli', 'test')] }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  prettier,
);
