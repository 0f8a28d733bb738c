import { useTestApp } from '../support/test-app';

const server = useTestApp();

/** What would mean something to MongoDB, if it ever got there as more than data. */
const operators: readonly Record<string, unknown>[] = [
  { $gt: '' },
  { $ne: null },
  { $where: 'sleep(10000) || true' },
  { $regex: '^(a+)+$', $options: 'i' },
  { $in: ['a', 'b'] },
  { $expr: { $eq: ['$sessionId', '$sessionId'] } },
  { $function: { body: 'function () { return true }', args: [], lang: 'js' } },
  { 'a.$[].b': 1, $set: { status: 'COMPLETED' }, $$ROOT: 1 },
];

const create = `mutation ($input: CreateSessionInput!) {
  createSession(input: $input) { created session { sessionId status metadata } } }`;
const addEvent = `mutation ($input: AddEventInput!) {
  addEvent(input: $input) { created event { eventId payload } } }`;
const list = `query ($filter: SessionFilter) { sessions(filter: $filter) { nodes { sessionId } } }`;

async function codeOf(query: string, variables: object): Promise<unknown> {
  const { errors } = await server.app.send(query, variables);
  return errors?.[0]?.extensions?.code;
}

describe("MongoDB's operators in any input stay data:", () => {
  it.each(operators.map((operator, index) => [JSON.stringify(operator), index, operator] as const))(
    '%s comes out of metadata and payloads as it went in',
    async (_shown, index, operator) => {
      const sessionId = `stored-${index}`;
      const created = await server.app.send(create, {
        input: { sessionId, language: 'en', metadata: operator },
      });
      const added = await server.app.send(addEvent, {
        input: { sessionId, eventId: 'e', type: 'SYSTEM', payload: operator },
      });

      expect(created.data).toMatchObject({
        createSession: { created: true, session: { status: 'INITIATED', metadata: operator } },
      });
      expect(added.data).toMatchObject({ addEvent: { created: true, event: { payload: operator } } });
    },
  );

  it.each(operators.map((operator) => [JSON.stringify(operator), operator] as const))(
    '%s is no id and no filter',
    async (_shown, operator) => {
      const byId = 'query ($id: ID!) { session(sessionId: $id) { sessionId } }';
      expect(await codeOf(byId, { id: operator })).toBe('BAD_USER_INPUT');
      expect(await codeOf(list, { filter: { languages: [operator] } })).toBe('BAD_USER_INPUT');
      expect(await codeOf(list, { filter: operator })).toBe('BAD_USER_INPUT');
      expect(await codeOf(create, { input: { sessionId: operator, language: 'en' } })).toBe('BAD_USER_INPUT');
      // A value must be a scalar, or a list of them.
      expect(await codeOf(list, { filter: { metadata: { channel: operator } } })).toBe('BAD_USER_INPUT');
    },
  );

  it('a text that reads like a pattern or a query matches itself and nothing else', async () => {
    const texts = ['.*', '^', '$where: 1', '{"$gt": ""}', "'; return true; //", '\\u0000'];
    for (const [index, text] of texts.entries()) {
      const input = { sessionId: `text-${index}`, language: 'en', metadata: { note: text } };
      await server.app.send(create, { input });
    }
    for (const [index, text] of texts.entries()) {
      const { data } = await server.app.send(list, { filter: { metadata: { note: text } } });
      expect(data).toEqual({ sessions: { nodes: [{ sessionId: `text-${index}` }] } });
    }
  });

  it('a key of a metadata filter is looked for as a key', async () => {
    const input = { sessionId: 'keyed', language: 'en', metadata: { $where: 'true', 'a.b': 1 } };
    await server.app.send(create, { input });
    for (const metadata of [{ $where: 'true' }, { 'a.b': 1 }]) {
      const { data } = await server.app.send(list, { filter: { metadata } });
      expect(data).toEqual({ sessions: { nodes: [{ sessionId: 'keyed' }] } });
    }
    expect((await server.app.send(list, { filter: { metadata: { $or: 'x' } } })).data).toEqual({
      sessions: { nodes: [] },
    });
  });
});
