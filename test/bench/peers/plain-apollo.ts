import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { buildGraphQLSchema } from '../../../src/schema/build-schema';
import { createRequestContext, type RequestContext } from '../../../src/schema/request-context';
import { listen } from './listen';
import { memoryServices } from './memory-services';

/** Apollo Server behind Fastify as the READMEs of `@apollo/server` and `@as-integrations/fastify` show it. */
async function main(): Promise<void> {
  const services = memoryServices();
  const fastify = Fastify();
  const apollo = new ApolloServer<RequestContext>({
    schema: buildGraphQLSchema(),
    plugins: [fastifyApolloDrainPlugin(fastify)],
  });
  await apollo.start();
  await fastify.register(fastifyApollo(apollo), { context: async () => createRequestContext(services) });
  listen(fastify);
}

void main();
