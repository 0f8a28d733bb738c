import { execute, type ExecutionResult, getOperationAST, parse, validate } from 'graphql';
import { compileOperation } from '../../src/transport/operations/compile-operation';
import { cornersSchema } from './corners-schema';

interface Case {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

async function plain({ query, variables }: Case): Promise<ExecutionResult> {
  return execute({
    schema: cornersSchema,
    document: parse(query),
    variableValues: variables,
    contextValue: {},
  });
}

/** Null where the compiler, or the compiled operation, leaves it to plain execution. */
async function compiled({ query, variables }: Case): Promise<ExecutionResult | null> {
  const document = parse(query);
  expect(validate(cornersSchema, document)).toEqual([]);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('one operation a case');
  const run = compileOperation(cornersSchema, document, operation);
  const result = await run?.({}, variables);
  return result && 'data' in result ? result : null;
}

/** As it goes out; the order of errors is left open by the specification. */
function sent(result: ExecutionResult | null): unknown {
  const { data, errors } = JSON.parse(JSON.stringify(result)) as ExecutionResult;
  return { data, errors: errors?.map((error) => JSON.stringify(error)).sort() };
}

const same: Record<string, Case> = {
  'scalars, enums and aliases': {
    query: '{ one: thing { id number } two: thing { float flag kind json date } __typename }',
  },
  'key order': { query: '{ thing { number id } text thing { flag } }' },
  'a resolver that throws under a nullable field': { query: '{ text thing { id fails } }' },
  'a rejection under a nullable field': { query: '{ thing { id rejects } text }' },
  'null for a non-null leaf nulls its parent': { query: '{ text thing { id nullForNonNull } }' },
  'an error under non-null fields climbs to the next nullable one': {
    query: '{ text wrapped { inner { failsNonNull } } }',
  },
  'an error at a non-null root field': { query: '{ text requiredFails }' },
  'null items, errors in items': { query: '{ things(count: 4) { id failsWhenOdd } }' },
  'an error in a list of non-null items nulls the list': {
    query: '{ text strictThings(count: 3) { id failsNonNullWhenOdd } }',
  },
  'lists of lists': { query: '{ matrix }' },
  'a promise for a list, promises in a list': { query: '{ promisedThings { id } }' },
  'a value that a scalar refuses to write': { query: '{ thing { badNumber badEnum } }' },
  'unions and interfaces': {
    query: `{ everything { __typename ... on Thing { id number } ... on Other { name } ... on Named { label: name } } }`,
  },
  'fragments in fragments, twice': {
    query: `{ thing { ...A ...B } other: thing { ...B } } fragment A on Thing { id ...B } fragment B on Thing { number related { id } }`,
  },
  'one fragment included in one place and skipped in another': {
    query: `query ($yes: Boolean!, $no: Boolean!) { a: thing { ...F @include(if: $yes) } b: thing { id ...F @include(if: $no) } }
      fragment F on Thing { number flag }`,
    variables: { yes: true, no: false },
  },
  'skip and include together, on fields and inline fragments': {
    query: `query ($a: Boolean!, $b: Boolean!) { thing { id @skip(if: $a) number @include(if: $b) flag @skip(if: $a) @include(if: $b)
      ... @include(if: $a) { kind } ... on Thing @skip(if: $b) { float } } text @skip(if: true) }`,
    variables: { a: false, b: true },
  },
  'a field selected plainly and conditionally': {
    query:
      'query ($no: Boolean!) { thing { id id @include(if: $no) related @include(if: $no) { id } related { number } } }',
    variables: { no: false },
  },
  'a variable for include that is false by default': {
    query: 'query ($on: Boolean = false) { thing { id number @include(if: $on) } }',
  },
  'arguments left out, null and given': {
    query: '{ a: echo b: echo(value: null) c: echo(value: {text: "x"}) }',
  },
  'defaults of arguments, of input fields and of variables': {
    query:
      'query ($text: String = "from the variable") { a: echo(value: {text: $text}) b: withDefault c: withDefault(number: null) }',
  },
  'a variable that is null': {
    query: 'query ($value: EchoInput) { echo(value: $value) }',
    variables: { value: null },
  },
  'a variable that is left out': { query: 'query ($value: EchoInput) { echo(value: $value) }' },
  'variables within input objects and lists': {
    query: `query ($text: String!, $list: [Int!] = [4], $item: Int!) {
      a: echo(value: {text: $text, list: $list}) b: echo(value: {list: [1, $item]}) }`,
    variables: { text: 'x', item: 2 },
  },
  'one value where a list is expected': {
    query: 'query ($list: [Int!]!) { a: echo(value: {list: $list}) b: echo(value: {list: 7}) }',
    variables: { list: 5 },
  },
  'nested input objects in variables': {
    query: 'query ($value: OuterInput) { nest(value: $value) }',
    variables: {
      value: {
        values: [
          { text: 'x', list: [1, 2] },
          { kind: 'SMALL', text: null },
        ],
        one: {},
      },
    },
  },
  'inputs for custom scalars: variables': {
    query: 'query ($json: JSON, $date: Date) { echoJson(json: $json) echoDate(date: $date) }',
    variables: {
      json: JSON.parse('{"a": [1, {"b": null, "__proto__": {"x": 1}}], "": "", "$ref": "é😀"}'),
      date: '2026-01-01T00:00:00.000Z',
    },
  },
  'inputs for custom scalars: literals': {
    query: String.raw`{ echoJson(json: {a: [1, -0.5, 1e3, {b: null}], s: "q\"\\\u2028 </script>${'`'}${'$'}{x}", t: """block "text" """, e: ENUM, f: true}) echoDate(date: "2026-01-01T00:00:00Z") }`,
  },
  introspection: {
    query:
      '{ __schema { queryType { name } types { name kind fields { name args { name defaultValue } } } } __type(name: "Thing") { name } }',
  },
  'a mutation': { query: 'mutation { first: bump(by: 2) { total } }' },
  'a failed mutation': { query: 'mutation { fail }' },
  'what resolvers are told of the selection': {
    query: '{ told { id related { number ...R } } } fragment R on Thing { flag }',
  },
  'arguments with the names of object members': { query: '{ members(constructor: "c", toString: "t") }' },
};

describe('a compiled operation answers exactly as plain execution does', () => {
  it.each(Object.entries(same))('%s', async (_name, example) => {
    const result = await compiled(example);

    expect(result).not.toBeNull();
    expect(sent(result)).toEqual(sent(await plain(example)));
  });
});

describe('left to plain execution', () => {
  const left: Record<string, Case> = {
    'variables that do not fit': {
      query: 'query ($n: Int!) { withDefault(number: $n) }',
      variables: { n: 'x' },
    },
    'a missing variable': { query: 'query ($n: Int!) { withDefault(number: $n) }' },
    'a custom scalar that refuses a variable': {
      query: 'query ($d: Date) { echoDate(date: $d) }',
      variables: { d: 'never' },
    },
    'mutations in a row, where a failure keeps the next from running': {
      query: 'mutation { a: fail b: bump(by: 1) { total } }',
    },
    'mutations in a fragment': {
      query: 'mutation { ...M } fragment M on Mutation { a: fail b: bump(by: 1) { total } }',
    },
    'a variable that may be left out of an input object': {
      query: 'query ($text: String) { echo(value: {text: $text}) }',
    },
    'variables within a literal for a custom scalar': {
      query: 'query ($v: String!) { echoJson(json: {a: [$v]}) }',
      variables: { v: 'x' },
    },
    'an input that contains itself': {
      query: 'query ($value: ChainInput) { chain(value: $value) }',
      variables: { value: { next: { next: {} } } },
    },
    'a text that the compiler would take for code': {
      query: '{ echoJson(json: {a: "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dprocess.exit(1)"}) }',
    },
    'the same, written with an escape': {
      query: String.raw`{ echoJson(json: {a: "_\u005fMAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dprocess.exit(1)"}) }`,
    },
    'the same, as a key': {
      query: '{ echoJson(json: {__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8: 1}) }',
    },
    'a custom scalar as the default of a variable': {
      query: 'query ($date: Date = "2026-01-01T00:00:00Z") { echoDate(date: $date) }',
    },
    'a variable called __proto__': {
      query: 'query ($__proto__: JSON) { echoJson(json: $__proto__) }',
      variables: JSON.parse('{"__proto__": {"a": 1}}'),
    },
    'a literal with the key __proto__': { query: '{ echoJson(json: {__proto__: {a: 1}}) }' },
  };

  it.each(Object.entries(left))('%s', async (_name, example) => {
    expect(await compiled(example)).toBeNull();
  });
});
