import { getOperationAST, parse } from 'graphql';
import { buildGraphQLSchema } from '../../../src/schema/build-schema';
import { fieldScopes, neededScopes } from '../../../src/transport/access/field-scopes';

const schema = buildGraphQLSchema();

function scopesOf(text: string): string[] {
  const document = parse(text);
  return neededScopes(schema, document, getOperationAST(document)!).map(({ scope }) => scope);
}

describe('the table of scopes', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((field) => [type!.name, field] as const),
  );

  it.each(fields)('has a rule for %s.%s', (type, field) => {
    expect(fieldScopes[type]).toHaveProperty(field);
  });
});

describe('the scopes that an operation needs', () => {
  it.each([
    ['{ session(sessionId: "s") { id } }', ['sessions:read']],
    ['{ __schema { types { name } } }', ['sessions:read']],
    ['{ __typename }', []],
    ['mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }', ['sessions:write']],
  ])('of %s are %j', (text, scopes) => {
    expect(scopesOf(text)).toEqual(scopes);
  });

  it.each([
    'query { other: session(sessionId: "s") { id } }',
    'query { ...F } fragment F on Query { session(sessionId: "s") { id } }',
    'query { ... on Query { ... { session(sessionId: "s") { id } } } }',
    'query ($no: Boolean = false) { session(sessionId: "s") @include(if: $no) { id } }',
    'query { ...A } fragment A on Query { ...B } fragment B on Query { session(sessionId: "s") { id } }',
  ])('are not hidden by %s', (text) => {
    expect(scopesOf(text)).toEqual(['sessions:read']);
  });

  it('are those of reading too, where a mutation reads what others have written', () => {
    const text = `mutation { completeSession(input: { sessionId: "s" }) { session { ...S } } }
      fragment S on Session { events(first: 1) { nodes { payload } } }`;

    expect(scopesOf(text)).toEqual(['sessions:write', 'sessions:read']);
  });
});
