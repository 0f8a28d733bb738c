// Does what codegen.yml asks for, with the generator as a library: its own command line needs packages that Node.js 20
// is too old for. With --check: writes nothing, and fails where a written file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import { parse as parseDocument } from 'graphql';
import { parse as parseYaml } from 'yaml';

const read = (path) => readFileSync(path, 'utf8');
const { schema, documents, generates } = parseYaml(read('codegen.yml'));

for (const [filename, { plugins, config }] of Object.entries(generates)) {
  const modules = await Promise.all(
    plugins.map(async (name) => [name, await import(`@graphql-codegen/${name}`)]),
  );
  const generated = await codegen({
    filename,
    schema: parseDocument(read(schema)),
    documents: [{ location: documents, document: parseDocument(read(documents)) }],
    pluginMap: Object.fromEntries(modules),
    plugins: plugins.map((name) => ({ [name]: {} })),
    config,
  });
  if (!process.argv.includes('--check')) writeFileSync(filename, generated);
  else if (read(filename) !== generated) {
    console.error(`${filename} is stale: run \`npm run codegen\`.`);
    process.exitCode = 1;
  }
}
