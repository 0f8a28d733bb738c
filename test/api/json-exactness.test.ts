import fc from 'fast-check';
import {
  AddEventDocument,
  GetEventDocument,
  GetSessionDocument,
  GetSessionsDocument,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addEvent, newId, newSession, speech } from './conversation';

const test = useTestApp();

/** As JSON has it: JSON.parse makes keys such as `__proto__` plain ones, a literal in code would not. */
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

const oddities: [string, string][] = [
  ['an empty object', '{}'],
  ['empty values', '{"text":"","list":[],"object":{},"null":null,"false":false,"zero":0}'],
  ['nested nulls', '{"a":{"b":null,"c":[null,[null,{}]]}}'],
  ['the empty key', '{"":{"":1}}'],
  ['keys with dots', '{"a.b":1,".":2,"a":{"b.c.":3}}'],
  ['keys that begin with $', '{"$":1,"$set":{"x":1},"a":{"$inc":2}}'],
  ['a DBRef', '{"$ref":"events","$id":1,"$db":"x"}'],
  ['a DBRef within', '{"ref":{"$ref":"events","$id":"1"}}'],
  [
    'what extended JSON would read',
    '{"date":{"$date":"2026-01-01T00:00:00Z"},"n":{"$numberLong":"1"},"id":{"$oid":"5f"}}',
  ],
  ['what the driver takes for a type of its own', '{"_bsontype":"ObjectId","id":"x"}'],
  ['that within', '{"a":[{"_bsontype":"Long"}],"toBSON":1,"toJSON":{}}'],
  ['names of methods', '{"constructor":1,"hasOwnProperty":2,"toString":null,"length":-1}'],
  ['__proto__', '{"__proto__":{"polluted":true},"a":{"__proto__":1}}'],
  ['_id', '{"_id":1,"a":{"_id":"x"}}'],
  [
    'numbers',
    '{"n":[0,-1,1.5,-0.1,1e21,1e-7,2147483647,2147483648,-2147483649,9007199254740991,1.7976931348623157e308,5e-324]}',
  ],
  ['emoji and other scripts', '{"😀":"👨‍👩‍👧","日本":"語","עברית":"\\u202e"}'],
  ['NUL in a key and in a text', '{"a\\u0000b":"c\\u0000d"}'],
  ['half characters', '{"\\ud800":"\\udfff x"}'],
  ['control characters', '{"text":"\\u0001\\b\\f\\n\\r\\t\\u2028"}'],
  [
    'texts that look like something else',
    '{"a":"{\\"b\\":1}","n":"1","t":"2026-01-01T00:00:00.000Z","u":"undefined"}',
  ],
];

describe('a payload and metadata come back exactly as they went in', () => {
  it.each(oddities)('with %s', async (_, text) => {
    const value = json(text);
    const sessionId = await newSession(test.app, { metadata: value });

    const { event } = await addEvent(test.app, speech(sessionId, 'e1', { payload: value }));
    const stored = await test.app.execute(GetEventDocument, { sessionId, eventId: 'e1' });
    const { session } = await test.app.execute(GetSessionDocument, { sessionId });

    // As text: the order of keys counts too.
    const sent = JSON.stringify(value);
    expect(JSON.stringify(event.payload)).toBe(sent);
    expect(JSON.stringify(stored.event!.payload)).toBe(sent);
    expect(JSON.stringify(session!.metadata)).toBe(sent);
  });

  it.each(oddities)('and agree with themselves when sent again, with %s', async (_, text) => {
    const input = speech(await newSession(test.app), 'e1', { payload: json(text) });
    await addEvent(test.app, input);

    expect(await addEvent(test.app, input)).toMatchObject({ created: false });
  });

  it('whatever JSON they are', async () => {
    const sessionId = await newSession(test.app);
    let eventId = 0;

    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })),
        async (value) => {
          const payload = json(JSON.stringify(value));
          eventId += 1;
          await addEvent(test.app, speech(sessionId, `e${eventId}`, { payload }));
          const { event } = await test.app.execute(GetEventDocument, { sessionId, eventId: `e${eventId}` });
          expect(JSON.stringify(event!.payload)).toBe(JSON.stringify(payload));
        },
      ),
      { seed: 20260301, numRuns: 60 },
    );
  });
});

describe('a payload written inline in the query', () => {
  it('is what the same payload in variables is', async () => {
    const sessionId = await newSession(test.app);
    const inline = '{ a: 1, b: [true, null, "x", 1.5, -3], c: { d: {} }, __proto__: 1 }';
    const send = () =>
      test.app.send<{ addEvent: { created: boolean; event: { payload: unknown } } }>(
        `mutation { addEvent(input: { sessionId: "${sessionId}", eventId: "e1", type: SYSTEM, payload: ${inline} }) { created event { payload } } }`,
      );

    const first = await send();
    const again = await send();
    const payload = json('{"a":1,"b":[true,null,"x",1.5,-3],"c":{"d":{}},"__proto__":1}');
    const inVariables = await test.app.execute(AddEventDocument, {
      input: { sessionId, eventId: 'e1', type: 'SYSTEM', payload },
    });

    expect(JSON.stringify(first.data!.addEvent.event.payload)).toBe(JSON.stringify(payload));
    expect(again.data!.addEvent.created).toBe(false);
    expect(inVariables.addEvent.created).toBe(false);
  });
});

describe('metadata is found by what it holds', () => {
  it.each([
    ['a key with a dot', { 'a.b': 1 }],
    ['a key that begins with $', { $where: 'x' }],
    ['a long text', { text: 'x'.repeat(5000) }],
    ['half a character', { '\ud800': 'x' }],
    ['the empty key and the empty text', { '': '' }],
  ])('with %s', async (_, part) => {
    const caller = newId('user');
    const sessionId = await newSession(test.app, { metadata: { caller, ...part } });
    await newSession(test.app, { metadata: { caller } });

    const { sessions } = await test.app.execute(GetSessionsDocument, {
      filter: { metadata: { caller, ...part } },
    });

    expect(sessions.edges.map(({ node }) => node.sessionId)).toEqual([sessionId]);
  });
});
