import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '../../../src/transport/access/trusted-documents';
import { outcomeOf } from '../../support/access-client';
import { useTestApp } from '../../support/test-app';

const list = 'query List($first: Int) { sessions(first: $first) { nodes { sessionId } } }';
const create = 'mutation Create($input: CreateSessionInput!) { createSession(input: $input) { created } }';
const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
const manifest = join(folder, 'manifest.json');
writeFileSync(
  manifest,
  JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [
      { id: 'list-1', name: 'List', type: 'query', body: list },
      { id: 'create-1', name: 'Create', type: 'mutation', body: create },
    ],
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

const server = useTestApp({ TRUSTED_DOCUMENTS: manifest });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const post = async (body: object) => outcomeOf(await server.app.post(JSON.stringify(body)));
const get = async (parameters: Record<string, string>) =>
  outcomeOf(await server.app.fetch(`/graphql?${new URLSearchParams(parameters)}`));
const persisted = (hash: string) => ({ persistedQuery: { version: 1, sha256Hash: hash } });
const refused = { status: 403, code: 'FORBIDDEN', message: expect.stringContaining('TRUSTED_DOCUMENTS') };
const answered = { status: 200, data: { sessions: { nodes: [] } } };

describe('a trusted document', () => {
  it.each<[string, object]>([
    ['its text', { query: list }],
    ['its id', { documentId: 'list-1', variables: { first: 3 } }],
    ['its hash as an id', { documentId: `sha256:${sha256(list)}` }],
    ["Relay's doc_id", { doc_id: 'list-1' }],
    ["Apollo's persisted query", { extensions: persisted(sha256(list)), operationName: 'List' }],
    ['both', { query: list, extensions: persisted(sha256(list)) }],
  ])('runs by %s, every time', async (_how, body) => {
    for (let time = 0; time < 3; time += 1) expect(await post(body)).toMatchObject(answered);
  });

  it('runs by GET too', async () => {
    expect(await get({ query: list })).toMatchObject(answered);
    expect(await get({ documentId: 'list-1' })).toMatchObject(answered);
    expect(await get({ extensions: JSON.stringify(persisted(sha256(list))) })).toMatchObject(answered);
  });
});

describe('anything else is refused:', () => {
  const other = '{ sessions { nodes { metadata } } }';

  it.each<[string, object]>([
    ['another text', { query: other }],
    ['the same text with a space more', { query: `${list} ` }],
    ['an unknown id', { documentId: 'list-2' }],
    ['a name of every object', { documentId: '__proto__' }],
    ['a persisted query that is not in the manifest', { extensions: persisted(sha256(other)) }],
    ['a text registered under its hash', { query: other, extensions: persisted(sha256(other)) }],
    ['another text under the id of a trusted one', { query: other, documentId: 'list-1' }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
  ])('%s', async (_what, body) => {
    for (let time = 0; time < 2; time += 1) expect(await post(body)).toMatchObject(refused);
  });

  it('by GET too', async () => {
    expect(await get({ query: other })).toMatchObject(refused);
    expect(await get({ documentId: 'none' })).toMatchObject(refused);
  });

  it('a request without a document is as wrong as ever', async () => {
    expect(await post({ variables: {} })).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(await get({})).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });
});

describe('a manifest', () => {
  it('may be one object of texts by id, as Relay writes it', () => {
    expect([...parseManifest(JSON.stringify({ abc: list, def: create }))]).toEqual([
      ['abc', list],
      ['def', create],
    ]);
  });

  it.each(['[]', '1', 'null', '{', '{"a": 1}', '{"operations": [null]}', '{"operations": [{"id": "a"}]}'])(
    'that is %s is refused in one line',
    (text) => {
      expect(() => parseManifest(text)).toThrow(/^[^\n]+$/);
    },
  );
});
