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

/** The API; it contains all of contract.graphql. */
export function buildGraphQLSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [SessionResolver, EventResolver, NodeResolver, StatisticsResolver, LiveResolver],
    // Models use JavaScript types; these are their scalars.
    scalarsMap: [
      { type: Date, scalar: DateTimeScalar },
      { type: Object, scalar: JSONObjectScalar },
    ],
    // The service validates input, because its errors name the argument.
    validate: false,
    // Required by type-graphql for subscriptions, but unused: each of ours has its own source.
    pubSub: { publish: noPubSub, subscribe: noPubSub },
  });
  // type-graphql accepts no description for root types.
  for (const [name, description] of Object.entries(rootDescriptions)) {
    const root = schema.getType(name);
    if (root) root.description = description;
  }
  return schema;
}

const rootDescriptions = {
  Query: 'Reads. Lists are paged by cursors, in both directions.',
  Mutation: 'Writes. Each is safe to retry, at any time.',
  Subscription: 'Live updates.',
};

function noPubSub(): never {
  throw new Error('no subscription of this schema has topics');
}

/** The schema as text, in a stable order. */
export function printGraphQLSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
