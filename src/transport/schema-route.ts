import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { printGraphQLSchema } from '../schema/build-schema';
import type { HttpAccess } from './access/http-access';

/** `GET /schema.graphql`: the schema as text, for code generators and editors; needs sessions:read. */
export function addSchemaRoute(server: FastifyInstance, access: HttpAccess, schema: GraphQLSchema): void {
  let text: string | undefined;
  server.get('/schema.graphql', async (request, reply) => {
    await access.requireScope(request, 'sessions:read');
    return reply
      .header('cache-control', 'no-cache')
      .type('text/plain; charset=utf-8')
      .send((text ??= printGraphQLSchema(schema)));
  });
}
