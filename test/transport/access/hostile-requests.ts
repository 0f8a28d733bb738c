import type { OutgoingHttpHeaders } from 'node:http';
import { Random } from '../../generate/random';
import { privateText } from '../../support/secrets';

/** A request as nobody should send it, or almost. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

const page =
  'sessions(first: $first) { nodes { sessionId status metadata events(first: 2) { nodes { payload } } } }';
const seeds: { query: string; variables?: object; operationName?: string; extensions?: object }[] = [
  { query: '{ __typename }' },
  { query: `query ($first: Int) { ${page} }`, variables: { first: 3 } },
  {
    query: 'query Find($filter: SessionFilter) { sessions(filter: $filter) { nodes { id } totalCount } }',
    variables: { filter: { metadata: { userId: 'user-1' }, statuses: ['ACTIVE'] } },
    operationName: 'Find',
  },
  {
    query:
      'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created session { id } } }',
    variables: { input: { sessionId: 's-1', language: 'en', metadata: { a: privateText } } },
  },
  {
    query: 'mutation ($input: AddEventInput!) { addEvent(input: $input) { created event { position } } }',
    variables: {
      input: { sessionId: 's-1', eventId: 'e-1', type: 'SYSTEM', payload: { text: privateText } },
    },
  },
  { query: '{ node(id: "U2Vzc2lvbjpzLTE") { id ... on Session { sessionId } } }' },
  { query: '{ __schema { types { name fields { name } } } }' },
  { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } },
];

/** What tends to break those who did not think of it. */
const nasty: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1e308,
  2 ** 53,
  true,
  [],
  {},
  [[[[[[]]]]]],
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { $ne: null },
  { $regex: '(a+)+$' },
  { __proto__: null },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}'),
  privateText,
  '\u0000',
  '\ud800',
  '💥'.repeat(300),
  'x'.repeat(5000),
  "'; DROP TABLE sessions; --",
  '../../etc/passwd',
  '{{7*7}}${7*7}<script>alert(1)</script>',
  '2026-02-30T00:00:00Z',
  ['a', { b: ['c'] }],
];

const headerValues: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    'application/json',
    'application/json; charset=utf-16',
    'text/plain',
    'multipart/form-data',
    'a/b',
    ';',
  ],
  'content-encoding': ['gzip', 'identity', 'br', 'x'],
  accept: ['*/*', 'text/event-stream', 'application/json', 'text/html', 'multipart/mixed', ';q=9', ','],
  authorization: ['Bearer', 'Bearer x', 'Basic eDp5', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'Negotiate x'],
  'x-api-key': ['csk_x', ''],
  origin: ['https://evil.example', 'null', 'http://', '%00'],
  'sec-fetch-site': ['cross-site', 'same-origin', 'none', 'x'],
  'x-request-id': ['a', 'x'.repeat(2000), '\t'],
  'x-forwarded-for': ['1.2.3.4', 'x', '::1'],
  'x-http-method-override': ['DELETE'],
  'if-none-match': ['*', '"x"', 'W/"'],
  upgrade: ['h2c', 'x'],
  expect: ['100-continue', 'x'],
  range: ['bytes=0-1', 'x'],
  'transfer-encoding': ['x'],
  te: ['trailers'],
  traceparent: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'x'],
};
const methods = [
  'POST',
  'POST',
  'POST',
  'GET',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
];
const paths = [
  '/graphql',
  '/graphql',
  '/graphql',
  '/graphql/',
  '/',
  '/health/live',
  '/metrics',
  '/explorer/main.js',
  '/%00',
  '/..%2f..',
  '//',
  '/graphql/stream',
  '/schema.graphql',
];

/** Requests by chance, the same for the same seed. */
export class HostileRequests {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  next(): HostileRequest {
    const { random } = this;
    const body = random.chance(0.95) ? this.body() : Buffer.alloc(random.below(2000), random.below(256));
    // Most keep to what a client does, so that the rest reaches what lies behind.
    const usual = random.chance(0.7);
    const method = usual ? 'POST' : random.pick(methods);
    const hasBody = !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
    const path = usual ? '/graphql' : random.pick(paths);
    const parameters = `?${new URLSearchParams({ query: body.toString('latin1').slice(0, 1500) })}`;
    return {
      method,
      path: hasBody || random.chance(0.3) ? path : path + parameters,
      headers: { 'content-type': 'application/json', ...(usual ? {} : this.headers()) },
      ...(hasBody && { body }),
    };
  }

  private body(): Buffer {
    const request = structuredClone(this.random.pick(seeds)) as Record<string, unknown>;
    const changes = this.random.below(4);
    for (let change = 0; change < changes; change += 1) this.change(request);
    return this.distort(Buffer.from(JSON.stringify(request)));
  }

  /** Puts something nasty, or a piece of a text, at a place by chance. */
  private change(object: Record<string, unknown>): void {
    const { random } = this;
    const keys = Object.keys(object);
    const key =
      keys.length === 0 || random.chance(0.1)
        ? random.pick(['$where', '__proto__', 'a.b', ''])
        : random.pick(keys);
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (typeof value === 'object' && value !== null && random.chance(0.7))
      this.change(value as Record<string, unknown>);
    else if (typeof value === 'string' && random.chance(0.7)) object[key] = this.cut(value);
    else if (random.chance(0.1)) delete object[key];
    else
      Object.defineProperty(object, key, {
        value: structuredClone(random.pick(nasty)),
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }

  private cut(text: string): string {
    const { random } = this;
    const at = random.below(text.length + 1);
    const pieces = [
      '{',
      '}',
      '(',
      ')',
      '$',
      '!',
      '...',
      '@skip(if: true)',
      '"',
      '"""',
      '#',
      '\\',
      ' { id } ',
      ' on ',
      '\u{1f4a5}',
    ];
    const inserted = random.chance(0.2) ? text : random.pick(pieces).repeat(1 + random.below(20));
    return text.slice(0, at) + inserted + text.slice(at + random.below(4));
  }

  private distort(body: Buffer): Buffer {
    const { random } = this;
    if (random.chance(0.8)) return body;
    const copy = Buffer.from(body.subarray(0, 1 + random.below(body.length)));
    for (let time = random.below(5); time > 0; time -= 1) copy[random.below(copy.length)] = random.below(256);
    return copy;
  }

  private headers(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = {};
    for (let time = this.random.below(5); time > 0; time -= 1) {
      const name = this.random.pick(Object.keys(headerValues));
      headers[name] = this.random.pick(headerValues[name]!);
    }
    return headers;
  }
}
