import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { DateTimeScalar } from './date-time.scalar';
import { EventResolver } from './event.resolver';
import { JSONObjectScalar } from './json-object.scalar';
import { NodeResolver } from './node.resolver';
import { SessionResolver } from './session.resolver';

/** The API: everything of contract.graphql but its subscriptions. */
export function buildGraphQLSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [SessionResolver, EventResolver, NodeResolver],
    // The models name JavaScript's types; here they get their scalars.
    scalarsMap: [
      { type: Date, scalar: DateTimeScalar },
      { type: Object, scalar: JSONObjectScalar },
    ],
    // The rules of input are the service's, which says which argument breaks which.
    validate: false,
  });
}

/** The schema as text, the same for the same schema. */
export function printGraphQLSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
