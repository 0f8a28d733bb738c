import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql';
import { buildGraphQLSchema, printGraphQLSchema } from '../../src/schema/build-schema';

const emitted = printGraphQLSchema(buildGraphQLSchema());
const contract = buildSchema(readFileSync('test/contract/contract.graphql', 'utf8'));
/** Comes with the live part of the API. */
const left = new Set(['Subscription']);

describe('schema.graphql', () => {
  it('is what the code emits (npm run schema)', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(emitted);
  });

  it('has everything of the contract, with its names, types, nullability, defaults and descriptions', () => {
    expect(missingFrom(buildSchema(emitted))).toEqual([]);
  });

  it('would not pass for the contract with one thing changed', () => {
    const changed = buildSchema(emitted.replace('eventCount: Int!', 'eventCount: Float!'));

    expect(missingFrom(changed)).toEqual(['Session.eventCount: Int!']);
  });
});

function missingFrom(schema: GraphQLSchema): string[] {
  const kept = new Set(promisesOf(schema));
  return promisesOf(contract).filter((promise) => !kept.has(promise));
}

/** A schema as lines, each of which a client can rely on by itself. */
function promisesOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !left.has(name))
    .flatMap((type) => [...kindOf(type), ...describedAs(type.name, type), ...membersOf(type)]);
}

function kindOf(type: GraphQLNamedType): string[] {
  return isScalarType(type) && !type.astNode ? [] : [`${type.constructor.name} ${type.name}`];
}

function membersOf(type: GraphQLNamedType): string[] {
  if (isUnionType(type)) return type.getTypes().map(({ name }) => `${type.name} = ${name}`);
  if (isEnumType(type)) {
    return type
      .getValues()
      .flatMap((value) => [
        `${type.name}.${value.name}`,
        ...describedAs(`${type.name}.${value.name}`, value),
      ]);
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).flatMap((field) => [
      `${type.name}.${field.name}: ${String(field.type)} = ${JSON.stringify(field.defaultValue)}`,
      ...describedAs(`${type.name}.${field.name}`, field),
    ]);
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const interfaces = type.getInterfaces().map(({ name }) => `${type.name} implements ${name}`);
  const fields = Object.values(type.getFields()).flatMap((field) => [
    `${type.name}.${field.name}: ${String(field.type)}`,
    ...describedAs(`${type.name}.${field.name}`, field),
    ...field.args.map(
      (arg) =>
        `${type.name}.${field.name}(${arg.name}: ${String(arg.type)} = ${JSON.stringify(arg.defaultValue)})`,
    ),
  ]);
  return [...interfaces, ...fields];
}

function describedAs(name: string, { description }: { description?: string | null }): string[] {
  return description ? [`${name} "${description.replace(/\s+/g, ' ')}"`] : [];
}
