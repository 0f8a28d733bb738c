import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { DateTimeScalar } from './date-time.scalar';
import { EventResolver } from './event.resolver';
import { JSONObjectScalar } from './json-object.scalar';
import { LiveResolver } from './live.resolver';
import { NodeResolver } from './node.resolver';
import { SessionResolver } from './session.resolver';
import { StatisticsResolver } from './statistics.resolver';

/** The API: everything of contract.graphql. */
export function buildGraphQLSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [SessionResolver, EventResolver, NodeResolver, StatisticsResolver, LiveResolver],
    // The models name JavaScript's types; here they get their scalars.
    scalarsMap: [
      { type: Date, scalar: DateTimeScalar },
      { type: Object, scalar: JSONObjectScalar },
    ],
    // The rules of input are the service's, which says which argument breaks which.
    validate: false,
    // type-graphql wants one as soon as there are subscriptions; each of ours has a source of its own.
    pubSub: { publish: noPubSub, subscribe: noPubSub },
  });
  // type-graphql takes no description for what it puts together from all resolvers.
  for (const [name, description] of Object.entries(rootDescriptions)) {
    const root = schema.getType(name);
    if (root) root.description = description;
  }
  return schema;
}

const rootDescriptions = {
  Query: 'What can be read. Lists come in pages, in both directions, by cursors.',
  Mutation: 'What can be written. Every write is safe to retry, at any time.',
  Subscription: 'What can be followed as it happens.',
};

function noPubSub(): never {
  throw new Error('no subscription of this schema has topics');
}

/** The schema as text, the same for the same schema. */
export function printGraphQLSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
