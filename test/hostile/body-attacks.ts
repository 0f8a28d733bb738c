import { type Attack, doubling, knownSession, largestBody, rawBody, repeat, session } from './attack';

const MiB = 1024 * 1024;

const addEvents = 'mutation($i:AddEventsInput!){addEvents(input:$i){createdCount}}';
const createSession = 'mutation($i:CreateSessionInput!){createSession(input:$i){session{sessionId}created}}';

/** JSON of variables that is written by hand, because building the object first would take longer than the attack. */
function rawVariables(name: string, query: string, variables: () => string): Attack {
  return rawBody(name, () => `{"query":${JSON.stringify(query)},"variables":${variables()}}`);
}

export const variables: readonly Attack[] = [
  rawVariables('100,000 empty events', addEvents, () => `{"i":{"events":[${'{},'.repeat(100_000)}{}]}}`),
  rawVariables('4,000,000 empty events', addEvents, () => `{"i":{"events":[${'{},'.repeat(4_000_000)}{}]}}`),
  rawVariables(
    '100,000 unknown keys',
    addEvents,
    () => `{"i":{"events":[],${repeat(100_000, (n) => `"k${n}":1`, ',')}}}`,
  ),
  rawVariables(
    '1,100,000 unknown keys',
    addEvents,
    () => `{"i":{"events":[],${repeat(1_100_000, (n) => `"k${n}":1`, ',')}}}`,
  ),
  rawVariables(
    '1,000,000 variables that are not declared',
    '{__typename}',
    () => `{${repeat(1_000_000, (n) => `"k${n}":1`, ',')}}`,
  ),
  rawVariables(
    '1,000 events of the wrong type',
    addEvents,
    () =>
      `{"i":{"events":[${repeat(1000, () => '{"sessionId":[],"eventId":{},"type":"X","payload":[]}', ',')}]}}`,
  ),
  rawVariables(
    '1,000,000 keys of metadata',
    createSession,
    () =>
      `{"i":{"sessionId":"x","language":"en","metadata":{${repeat(1_000_000, (n) => `"k${n}":1`, ',')}}}}`,
  ),
  rawVariables(
    'metadata of one long list',
    createSession,
    () => `{"i":{"sessionId":"x","language":"en","metadata":{"a":[${'1,'.repeat(8_000_000)}1]}}}`,
  ),
  rawVariables(
    'metadata of lists that nest',
    createSession,
    () =>
      `{"i":{"sessionId":"x","language":"en","metadata":{"a":${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}}}}`,
  ),
  rawVariables(
    'metadata of one long string',
    createSession,
    () => `{"i":{"sessionId":"x","language":"en","metadata":{"a":"${'x'.repeat(largestBody - 1000)}"}}}`,
  ),
  rawVariables(
    'metadata of one long escaped string',
    createSession,
    () => `{"i":{"sessionId":"x","language":"en","metadata":{"a":"${'\\u0000'.repeat(2_700_000)}"}}}`,
  ),
  rawVariables(
    'a long id',
    createSession,
    () => `{"i":{"sessionId":"${'x'.repeat(largestBody - 1000)}","language":"en"}}`,
  ),
  rawVariables(
    'a long language',
    createSession,
    () => `{"i":{"sessionId":"x","language":"${'en-'.repeat(5_000_000)}"}}`,
  ),
  rawVariables(
    'an id of many digits',
    createSession,
    () => `{"i":{"sessionId":${'9'.repeat(1_000_000)},"language":"en"}}`,
  ),
  rawVariables(
    'a cursor of 16 MB in each alias',
    `query($c:String){${repeat(50, (n) => `a${n}:sessions(after:$c){totalCount}`)}}`,
    () => `{"c":"${'x'.repeat(largestBody - 5000)}"}`,
  ),
  rawVariables(
    'a global id of 16 MB in each alias',
    `query($c:ID!){${repeat(50, (n) => `a${n}:node(id:$c){id}`)}}`,
    () => `{"c":"${'x'.repeat(largestBody - 5000)}"}`,
  ),
  rawVariables(
    'a variable called __proto__',
    'mutation($__proto__:JSONObject!){createSession(input:{sessionId:"hostile-proto",language:"en",metadata:$__proto__}){session{metadata}}}',
    () => '{"__proto__":{"a":1}}',
  ),
  rawVariables(
    '1,000 events of 16 KB',
    addEvents,
    () =>
      `{"i":{"events":[${repeat(1000, (n) => `{"sessionId":"${knownSession}","eventId":"h${n}","type":"SYSTEM","payload":{"a":[${'1,'.repeat(200)}1]}}`, ',')}]}}`,
  ),
];

export const bodies: readonly Attack[] = [
  rawBody('16 MB of brackets', () => '['.repeat(largestBody)),
  rawBody('nested brackets', () => `{"query":${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}}`),
  rawBody(
    'nested extensions',
    () => `{"query":"{__typename}","extensions":${'{"a":'.repeat(1_500_000)}1${'}'.repeat(1_500_000)}}`,
  ),
  rawBody('16 MB of garbage', () => Buffer.alloc(largestBody, 0xff)),
  rawBody('16 MB of zeros', () => Buffer.alloc(largestBody)),
  rawBody('16 MB of spaces', () => ' '.repeat(largestBody)),
  rawBody('16 MB of a number', () => '1'.repeat(largestBody)),
  rawBody('a list of many operations', () => `[${repeat(400_000, () => '{"query":"{__typename}"}', ',')}]`),
  rawBody(
    'objects of many shapes',
    () =>
      `{"query":"{__typename}","extensions":{"a":[${repeat(800_000, (n) => `{"${n.toString(36)}":1}`, ',')}]}}`,
  ),
  rawBody('a persisted query that is not there', () =>
    JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x'.repeat(1_000_000) } } }),
  ),
  rawBody('a body larger than allowed', () => 'x'.repeat(largestBody + MiB)),
];

export const gets: readonly Attack[] = [
  {
    name: 'a GET of doubling fragments',
    send: () => ({ path: `/graphql?query=${encodeURIComponent(doubling(40, session))}` }),
  },
  {
    name: 'a GET with many parameters',
    send: () => ({ path: `/graphql?query={__typename}&${'a&'.repeat(7000)}` }),
  },
  {
    name: 'a GET of nested variables',
    send: () => ({ path: `/graphql?query={__typename}&variables=${'['.repeat(7000)}` }),
  },
];
