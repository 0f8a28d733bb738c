import { buildSchema, getIntrospectionQuery, getOperationAST, parse } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../src/errors';
import { readCost } from '../../src/transport/operations/query-cost';
import { InvalidOperation } from '../../src/transport/operations/refusals';
import { parseWithinLimits } from '../../src/transport/operations/text-limits';
import { useTestApp } from '../support/test-app';

const limits = { maxQueryTokens: 200, maxQueryDepth: 4, maxQueryAliases: 3, maxQueryFields: 150 };
const contract = buildSchema(
  readFileSync(join(__dirname, '../../../test/contract/contract.graphql'), 'utf8'),
);

function refusal(text: string): DomainError | null {
  try {
    parseWithinLimits(text, limits);
    return null;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('one operation a case');
  return readCost(contract, document, operation)(variables);
}

describe('the extent of a text', () => {
  it.each([
    ['as deep as allowed', '{ a { b { c { d } } } }'],
    ['as deep as allowed in fragments', '{ a { ...F } } fragment F on A { b { ... on B { c { d } } } }'],
    ['as many aliases as allowed', '{ x: a y: a z: a }'],
    [
      'introspection, which nests deeper',
      '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }',
    ],
    ['a fragment that contains itself, for validation to refuse', '{ ...F } fragment F on A { a { ...F } }'],
    ['a fragment that is not there', '{ ...F }'],
  ])('%s passes', (_what, text) => {
    expect(refusal(text)).toBeNull();
  });

  it.each([
    ['too deep', '{ a { b { c { d { e } } } } }', { depth: 5, limit: 4 }],
    [
      'too deep in fragments',
      '{ a { ...F } } fragment F on A { b { ...G } } fragment G on B { c { d { e } } }',
      { depth: 5, limit: 4 },
    ],
    [
      'too deep in the second operation',
      'query A { a } query B { a { b { c { d { e } } } } }',
      { depth: 5, limit: 4 },
    ],
    ['too many aliases', '{ w: a x: a y: a z: a }', { aliases: 4, limit: 3 }],
    [
      'too many aliases by spreading',
      '{ a { ...F } b { ...F } } fragment F on A { x: a y: a }',
      { aliases: 4, limit: 3 },
    ],
    [
      'too many aliases in introspection',
      '{ __schema { w: types { name } x: types { name } y: types { name } z: types { name } } }',
      { aliases: 4, limit: 3 },
    ],
    ['too many tokens', `{ ${'a '.repeat(201)} }`, { limit: 200 }],
  ])('%s is refused, and the refusal names the limit', (_what, text, details) => {
    const { code, message, extensions } = refusal(text) ?? {};

    expect(code).toBe('QUERY_TOO_COMPLEX');
    expect(message).toMatch(new RegExp(`the limit is ${details.limit}\\.$`));
    expect(extensions).toMatchObject({ retryable: false, ...details });
  });

  it('is measured in no time where fragments double each other', () => {
    const doubling = Array.from(
      { length: 15 },
      (_, n) => `fragment F${n} on A { ...F${n + 1} ...F${n + 1} }`,
    ).join(' ');
    const started = performance.now();

    expect(refusal(`{ ...F0 } ${doubling} fragment F15 on A { x: a }`)).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
    });
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('is not read of a text that does not parse', () => {
    expect(() => parseWithinLimits('{ a', limits)).toThrow(InvalidOperation);
  });
});

describe('the cost of an operation', () => {
  const event = { sessionId: 's', eventId: 'e', type: 'SYSTEM', payload: { list: Array(5000).fill(0) } };

  it.each<[string, string, Record<string, unknown>, number]>([
    ['one session', '{ session(sessionId: "s") { id status } }', {}, 1],
    ['no node at all', '{ __typename __schema { types { name } } }', {}, 0],
    ['a page', '{ sessions(first: 7) { nodes { id } } }', {}, 7],
    ['a page from behind', '{ sessions(last: 7) { edges { cursor node { id } } } }', {}, 7],
    ['a page without a size', '{ sessions { nodes { id } } }', {}, 50],
    ['a count that costs nothing', '{ sessions(first: 7) { totalCount } }', {}, 0],
    ['a count with a filter', '{ sessions(first: 7, filter: {}) { totalCount } }', {}, 1000],
    [
      'a count with a filter, in a fragment, and its page',
      '{ sessions(first: 7, filter: {}) { ...C nodes { id } } } fragment C on SessionConnection { ... { totalCount } }',
      {},
      1007,
    ],
    [
      'counts in a page',
      '{ sessions(first: 5) { nodes { events(filter: {types: [SYSTEM]}) { totalCount } } } }',
      {},
      155,
    ],
    [
      'cursors in a page, which can be wrong in each row',
      '{ sessions(first: 5) { nodes { events(first: 2, after: "x") { nodes { id } } } } }',
      {},
      515,
    ],
    ['pages in a page', '{ sessions(first: 50) { nodes { events(first: 10) { nodes { id } } } } }', {}, 550],
    [
      'up and down',
      '{ session(sessionId: "s") { events(first: 500) { nodes { session { id } } } } }',
      {},
      1001,
    ],
    ['a size in a variable', 'query ($n: Int) { sessions(first: $n) { nodes { id } } }', { n: 9 }, 9],
    ['a size left out', 'query ($n: Int) { sessions(first: $n) { nodes { id } } }', {}, 50],
    ['a size that is null', 'query ($n: Int) { sessions(first: $n) { nodes { id } } }', { n: null }, 50],
    ['a size by default', 'query ($n: Int = 3) { sessions(first: $n) { nodes { id } } }', {}, 3],
    ['aliases', '{ a: sessions(first: 2) { nodes { id } } b: sessions(first: 3) { nodes { id } } }', {}, 5],
    [
      'fragments',
      `{ ...Q } fragment Q on Query { sessions(first: 2) { nodes { ...S } } }
        fragment S on Session { ... on Session { events(first: 3) { nodes { id } } } }`,
      {},
      8,
    ],
    ['a node', '{ node(id: "x") { id ... on Session { events(first: 5) { nodes { id } } } } }', {}, 6],
    [
      'nodes, by their ids',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { events(first: 5) { nodes { id } } } } }',
      { ids: Array(20).fill('x') },
      120,
    ],
    ['nodes in the text', '{ nodes(ids: ["x", "y"]) { id } }', {}, 2],
    [
      'statistics, which look at more than they answer with',
      '{ sessionStatistics(filter: { sessionIds: ["a", "b"] }) { sessionCount duration { sumMs } } }',
      {},
      1000,
    ],
    [
      'a mutation',
      'mutation ($e: AddEventInput!) { addEvent(input: $e) { event { session { events(first: 5) { nodes { id } } } } } }',
      { e: event },
      7,
    ],
    [
      'a batch in a variable',
      'mutation ($i: AddEventsInput!) { addEvents(input: $i) { results { ... on AddEventPayload { event { session { id } } } } } }',
      { i: { events: Array(100).fill(event) } },
      200,
    ],
    [
      'a batch in a variable of its own, seen through a fragment',
      `mutation ($e: [AddEventInput!]!) { addEvents(input: {events: $e}) { ...R } }
        fragment R on AddEventsPayload { results { ... on AddEventPayload { event { id } } } }`,
      { e: Array(30).fill(event) },
      30,
    ],
    [
      'a batch in the text',
      'mutation { addEvents(input: {events: [{sessionId: "s", eventId: "e", type: SYSTEM, payload: {}}]}) { results { ... on AddEventPayload { event { id } } } } }',
      {},
      1,
    ],
  ])('%s', (_what, text, variables, expected) => {
    expect(cost(text, variables)).toBe(expected);
  });

  it.each([
    ['a size over the limit', 'first: 1000000000', 'first'],
    ['a size below the limit', 'last: -5', 'last'],
    ['two sizes', 'first: 3, last: 8', 'last'],
  ])('%s is refused', (_what, sizes, argument) => {
    expect(() => cost(`{ sessions(${sizes}) { totalCount } }`)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', extensions: expect.objectContaining({ argument }) }),
    );
  });

  it('is read in no time where fragments double each other, and is huge', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, n) =>
        `fragment F${n} on Session { ...F${n + 1} events(first: 2) { nodes { session { ...F${n + 1} } } } }`,
    ).join(' ');
    const started = performance.now();
    const huge = cost(`{ session(sessionId: "s") { ...F0 } } ${doubling} fragment F40 on Session { id }`);

    expect(huge).toBeGreaterThan(1e12);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('over HTTP', () => {
  const server = useTestApp({ MAX_QUERY_COST: '1000', MAX_QUERY_DEPTH: '9', MAX_QUERY_TOKENS: '3000' });

  interface Refused {
    readonly errors: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  }

  async function refused(
    query: string,
    variables?: object,
  ): Promise<Refused['errors'][number]['extensions']> {
    const response = await server.app.post(JSON.stringify({ query, variables }));
    const { errors } = (await response.json()) as Refused;
    expect(response.status).toBe(400);
    return errors[0]?.extensions ?? {};
  }

  it('a costly operation is refused by its variables, also when it is known', async () => {
    const query = 'query ($n: Int) { sessions(first: $n) { nodes { events(first: 100) { nodes { id } } } } }';

    expect(await server.app.send(query, { n: 9 })).toEqual({ data: { sessions: { nodes: [] } } });
    expect(await server.app.send(query, { n: 9 })).toEqual({ data: { sessions: { nodes: [] } } });
    expect(await refused(query, { n: 10 })).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      retryable: false,
      cost: 1010,
      limit: 1000,
    });
    expect(await refused(query)).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      retryable: false,
      cost: 5050,
      limit: 1000,
    });
    expect(await server.app.send(query, { n: 9 })).toEqual({ data: { sessions: { nodes: [] } } });
  });

  it('what nests too deep is refused, thousands of levels too', async () => {
    const nested = (levels: number) =>
      `{ ${'session { events { nodes { '.repeat(levels)} id ${'} } } '.repeat(levels)} }`;

    expect(await refused(nested(4))).toMatchObject({ code: 'QUERY_TOO_COMPLEX', depth: 13, limit: 9 });
    expect(await refused(nested(2000))).toMatchObject({ code: 'QUERY_TOO_COMPLEX' });
    expect(await refused(`{ session(sessionId: ${'['.repeat(2900)}) }`)).toMatchObject({
      code: expect.stringMatching(/^(QUERY_TOO_COMPLEX|GRAPHQL_PARSE_FAILED)$/),
    });
  });

  it('what has too many tokens is refused before it is validated', async () => {
    expect(await refused(`{ ${'nothing '.repeat(3000)} }`)).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      limit: 3000,
    });
  });

  it('introspection as tools ask for it is answered', async () => {
    const options = {
      inputValueDeprecation: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      oneOf: true,
    };

    expect(await server.app.send(getIntrospectionQuery(options))).toMatchObject({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
  });
});
