import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildGraphQLSchema, printGraphQLSchema } from './build-schema';

/** `npm run schema`: writes schema.graphql to the current folder. */
writeFileSync(resolve('schema.graphql'), printGraphQLSchema(buildGraphQLSchema()));
