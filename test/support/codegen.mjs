// Writes the TypeScript types of the operations that the tests send, so that a test that misuses the API does not
// compile. With --check: fails where the written file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

const operations = 'test/support/operations.graphql';
const output = 'test/generated/operations.ts';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const generated = await codegen({
  filename: output,
  schema: parse(read('schema.graphql')),
  documents: [{ location: operations, document: parse(read(operations)) }],
  pluginMap: { typescript, typescriptOperations, typedDocumentNode },
  plugins: [{ typescript: {} }, { typescriptOperations: {} }, { typedDocumentNode: {} }],
  config: {
    enumsAsTypes: true,
    useTypeImports: true,
    strictScalars: true,
    scalars: { DateTime: 'string', JSONObject: 'Record<string, unknown>' },
  },
});

if (!process.argv.includes('--check')) {
  writeFileSync(new URL(`../../${output}`, import.meta.url), generated);
} else if (read(output) !== generated) {
  console.error(`${output} is stale: run \`npm run codegen\`.`);
  process.exitCode = 1;
}
