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

describe('schema.graphql', () => {
  it('is what the code emits (npm run schema)', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(emitted);
  });

  it('has everything of the contract, with its names, types, nullability, defaults and descriptions', () => {
    expect(missingFrom(buildSchema(emitted))).toEqual([]);
  });

  it('describes every type, field, argument and enum value', () => {
    expect(undescribed(buildSchema(emitted))).toEqual([]);
  });

  it('says the limits where they hold', () => {
    expect(
      [/1 to 128 characters/, /1 to 500/, /1 to 1000/, /256 KiB/, /16 KiB/, /32 levels/].filter(isMissing),
    ).toEqual([]);
  });

  it('would not pass for the contract with one thing changed', () => {
    const changed = buildSchema(emitted.replace('eventCount: Int!', 'eventCount: Float!'));

    expect(missingFrom(changed)).toEqual(['Session.eventCount: Int!']);
  });
});

function isMissing(limit: RegExp): boolean {
  return !limit.test(emitted);
}

/** The names of everything in the schema that says nothing about itself. */
function undescribed(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && type.astNode != null)
    .flatMap((type) => [
      ...without(type.name, type),
      ...('getFields' in type ? Object.values<Described>(type.getFields()) : []).flatMap((field) => [
        ...without(`${type.name}.${field.name}`, field),
        ...(field.args ?? []).flatMap((arg) => without(`${type.name}.${field.name}(${arg.name})`, arg)),
      ]),
      ...(isEnumType(type) ? type.getValues() : []).flatMap((value) =>
        without(`${type.name}.${value.name}`, value),
      ),
    ]);
}

function saysMoreThan(promise: string): (other: string) => boolean {
  return (other) => promise.endsWith('"') && other.startsWith(promise.slice(0, -1));
}

interface Described {
  readonly name: string;
  readonly description?: string | null;
  readonly args?: readonly Described[];
}

function without(name: string, { description }: { readonly description?: string | null }): string[] {
  return description ? [] : [name];
}

function missingFrom(schema: GraphQLSchema): string[] {
  const kept = promisesOf(schema);
  const exact = new Set(kept);
  // A description may say more than the contract's, such as the limits that hold.
  return promisesOf(contract).filter((promise) => !exact.has(promise) && !kept.some(saysMoreThan(promise)));
}

/** A schema as lines, each of which a client can rely on by itself. */
function promisesOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
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
  // The contract marks what came after its first version.
  const text = description
    ?.replace(/,? ?\(0\.2\),?/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return text ? [`${name} "${text}"`] : [];
}
