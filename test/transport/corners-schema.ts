import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  Kind,
  print,
  valueFromASTUntyped,
} from 'graphql';

/** A schema of corner cases for executors: every way to be null, late, wrong, absent or given by default. */

const kind = new GraphQLEnumType({ name: 'Kind', values: { SMALL: { value: 1 }, LARGE: { value: 2 } } });

const json = new GraphQLScalarType({
  name: 'JSON',
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

const date = new GraphQLScalarType<Date, string>({
  name: 'Date',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: (value) => readDate(String(value)),
  parseLiteral: (node) => readDate(node.kind === Kind.STRING ? node.value : ''),
});

function readDate(text: string): Date {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) throw new TypeError(`${text} is not an instant`);
  return instant;
}

interface Thing {
  readonly id: number;
  readonly type: 'Thing';
}

const thing = (id: number): Thing & Record<string, unknown> => ({
  type: 'Thing',
  id,
  number: id * 10,
  float: 0.5,
  flag: true,
  kind: 2,
  json: { a: [1, null], '': '' },
  date: new Date(0),
  name: `thing ${id}`,
  nullForNonNull: null,
  badNumber: 'many',
  badEnum: 9,
});

const fail = (): never => {
  throw new Error('it failed');
};
const failWhenOdd = ({ id }: Thing): number => (id % 2 === 1 ? fail() : id);
const nonNull = (type: GraphQLScalarType) => ({ type: new GraphQLNonNull(type) });

const named = new GraphQLInterfaceType({
  name: 'Named',
  fields: { name: { type: GraphQLString } },
  resolveType: ({ type }: { type: string }) => type,
});

const thingType: GraphQLObjectType = new GraphQLObjectType({
  name: 'Thing',
  interfaces: [named],
  fields: (): GraphQLFieldConfigMap<Thing, object> => ({
    id: nonNull(GraphQLID),
    number: { type: GraphQLInt },
    float: { type: GraphQLFloat },
    flag: { type: GraphQLBoolean },
    kind: { type: kind },
    json: { type: json },
    date: { type: date },
    name: { type: GraphQLString },
    nullForNonNull: nonNull(GraphQLString),
    badNumber: { type: GraphQLInt },
    badEnum: { type: kind },
    fails: { type: GraphQLInt, resolve: fail },
    rejects: { type: GraphQLInt, resolve: async () => fail() },
    failsNonNull: { ...nonNull(GraphQLInt), resolve: async () => fail() },
    failsWhenOdd: { type: GraphQLInt, resolve: failWhenOdd },
    failsNonNullWhenOdd: { ...nonNull(GraphQLInt), resolve: failWhenOdd },
    related: { type: thingType, resolve: async ({ id }) => thing(id + 1) },
  }),
});

const other = new GraphQLObjectType({
  name: 'Other',
  interfaces: [named],
  fields: { name: { type: GraphQLString } },
});

const anything = new GraphQLUnionType({
  name: 'Anything',
  types: [thingType, other],
  resolveType: ({ type }: { type: string }) => type,
});

const echoInput = new GraphQLInputObjectType({
  name: 'EchoInput',
  fields: {
    text: { type: GraphQLString, defaultValue: 'from the input field' },
    list: { type: new GraphQLList(new GraphQLNonNull(GraphQLInt)) },
    kind: { type: kind, defaultValue: 1 },
  },
});

const outerInput = new GraphQLInputObjectType({
  name: 'OuterInput',
  fields: { values: { type: new GraphQLList(echoInput) }, one: { type: echoInput } },
});

const chainInput: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'ChainInput',
  fields: () => ({ next: { type: chainInput } }),
});

const wrapped = new GraphQLObjectType({
  name: 'Wrapped',
  fields: { inner: { type: new GraphQLNonNull(thingType), resolve: () => thing(1) } },
});

const count = { count: { type: new GraphQLNonNull(GraphQLInt) } };
const listed = (_root: unknown, args: { count: number }) =>
  Array.from({ length: args.count }, (_, id) => (id === 2 ? null : thing(id)));

/** What a resolver can see of the selection below it, as text. */
function tell(_root: unknown, _args: object, _context: object, info: GraphQLResolveInfo) {
  const selection = info.fieldNodes.map((node) => print(node)).join();
  return {
    ...thing(1),
    id: `${selection} ${Object.keys(info.fragments).join()} ${info.operation.operation} ${info.path.key}`,
  };
}

const query = new GraphQLObjectType({
  name: 'Query',
  fields: {
    text: { type: GraphQLString, resolve: () => 'text' },
    thing: { type: thingType, resolve: () => thing(1) },
    wrapped: { type: wrapped, resolve: async () => ({}) },
    requiredFails: { ...nonNull(GraphQLInt), resolve: fail },
    things: { type: new GraphQLList(thingType), args: count, resolve: listed },
    strictThings: {
      type: new GraphQLList(new GraphQLNonNull(thingType)),
      args: count,
      resolve: (root, args: { count: number }) => listed(root, args).filter((item) => item !== null),
    },
    promisedThings: {
      type: new GraphQLList(thingType),
      resolve: async () => [thing(1), Promise.resolve(thing(2))],
    },
    matrix: { type: new GraphQLList(new GraphQLList(GraphQLInt)), resolve: () => [[1, 2], null, [null]] },
    everything: {
      type: new GraphQLList(anything),
      resolve: async () => [thing(1), { type: 'Other', name: 'other' }, null],
    },
    echo: { type: json, args: { value: { type: echoInput } }, resolve: (_root, args) => args },
    nest: { type: json, args: { value: { type: outerInput } }, resolve: (_root, args) => args },
    chain: { type: json, args: { value: { type: chainInput } }, resolve: (_root, args) => args },
    echoJson: { type: json, args: { json: { type: json } }, resolve: (_root, args) => args.json },
    echoDate: { type: date, args: { date: { type: date } }, resolve: (_root, args) => args.date },
    withDefault: {
      type: json,
      args: { number: { type: GraphQLInt, defaultValue: 42 } },
      resolve: (_root, args) => args,
    },
    members: {
      type: json,
      args: { constructor: { type: GraphQLString }, toString: { type: GraphQLString } },
      resolve: (_root, args) => ({ ...args }),
    },
    told: { type: thingType, resolve: tell },
  },
});

const bumped = new GraphQLObjectType({ name: 'Bumped', fields: { total: { type: GraphQLInt } } });

const mutation = new GraphQLObjectType({
  name: 'Mutation',
  fields: {
    bump: {
      type: bumped,
      args: { by: { type: GraphQLInt } },
      resolve: async (_root, { by }) => ({ total: by }),
    },
    fail: { ...nonNull(GraphQLInt), resolve: async () => fail() },
  },
});

export const cornersSchema = new GraphQLSchema({ query, mutation, types: [thingType, other] });
