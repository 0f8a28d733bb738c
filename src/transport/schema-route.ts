import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { printGraphQLSchema } from '../schema/build-schema';

/** `GET /schema.graphql`: the schema as text, for code generators and editors. */
export function addSchemaRoute(server: FastifyInstance, schema: GraphQLSchema): void {
  let text: string | undefined;
  server.get('/schema.graphql', (_request, reply) =>
    reply
      .header('cache-control', 'no-cache')
      .type('text/plain; charset=utf-8')
      .send((text ??= printGraphQLSchema(schema))),
  );
}
