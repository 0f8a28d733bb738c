import tseslint from 'typescript-eslint';
import graphql from '@graphql-eslint/eslint-plugin';
import importX from 'eslint-plugin-import-x';

/** `room` may import only itself and the rooms behind it. */
const layers = ['transport', 'schema', 'service', 'store', 'database'];
const zones = [
  ...layers.flatMap((room, depth) =>
    layers.slice(0, depth).map((outer) => ({
      target: `./src/${room}`,
      from: `./src/${outer}`,
      message: 'Imports go one way: transport → schema → service → store → database.',
    })),
  ),
  {
    target: './src/embedded',
    from: './src',
    except: ['./embedded'],
    message: 'The embedded engine imports nothing of the service.',
  },
  {
    target: [
      './src/transport',
      './src/schema',
      './src/service',
      './src/store',
      './src/main.ts',
      './src/app.ts',
    ],
    from: './src/embedded',
    message: 'Only src/database opens the front door of the embedded engine.',
  },
];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'test/generated', '*.js'] },
  {
    files: ['**/*.ts', '**/*.mjs'],
    extends: [tseslint.configs.recommended, tseslint.configs.stylistic],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [importX.createNodeResolver({ extensions: ['.ts', '.js'] })] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**'],
    // What is deployed is installed without them: npm ci --omit=dev.
    rules: { 'import-x/no-extraneous-dependencies': ['error', { devDependencies: false }] },
  },
  {
    files: ['src/embedded/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'lmdb', message: 'Only storage/lmdb.ts knows lmdb.' }],
        },
      ],
    },
  },
  {
    files: ['src/embedded/storage/lmdb.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/*.mjs'],
    rules: { 'import-x/no-default-export': 'off' },
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: './schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // What can be fetched again has an id; these are parts of answers.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          acceptedIdNames: ['id'],
          acceptedIdTypes: ['ID'],
          exceptions: {
            types: ['PageInfo', 'SessionGroup', 'DurationStatistics'],
            suffixes: ['Payload', 'Rejection', 'Connection', 'Edge'],
          },
        },
      ],
      // A connection's `nodes` spare the step over the edges, and the results of a batch are not a connection.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      // `sessionId` and `eventId` are the caller's own ids, beside the global `id`.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
);
