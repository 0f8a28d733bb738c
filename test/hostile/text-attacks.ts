import {
  type Attack,
  doubling,
  knownSession,
  largestBody,
  operation,
  rawBody,
  repeat,
  session,
} from './attack';

const events = (inside: string) => session(`events(first:500){nodes{${inside}}}`);

export const fragments: readonly Attack[] = [
  operation('fragments that double, 22 levels', () => doubling(22, session)),
  operation('fragments that double, 40 levels', () => doubling(40, session)),
  operation('fragments that double, 600 levels', () => doubling(600, session)),
  operation('fragments that double below events', () => doubling(40, events, 'eventId', 'Event')),
  operation('fragments that double below node', () =>
    doubling(40, (spread) => `{node(id:"x"){...on Session{${spread}}}}`),
  ),
  operation(
    'fragments that double in a mutation',
    () =>
      doubling(
        40,
        (spread) => `mutation($i:CreateSessionInput!){createSession(input:$i){session{${spread}}}}`,
      ),
    () => ({ i: { sessionId: knownSession, language: 'en' } }),
  ),
  operation(
    'fragments that double under @include',
    () => {
      const levels = repeat(
        24,
        (n) => `fragment f${n} on Session{...f${n + 1} @include(if:$a) ...f${n + 1} @skip(if:$a)}`,
      );
      return `query($a:Boolean!)${session('...f0')} ${levels} fragment f24 on Session{id}`;
    },
    () => ({ a: true }),
  ),
  operation('fragments that nobody spreads', () => `{__typename} ${doubling(40, () => '')}`),
  operation('a chain of fragments', () => {
    const chain = repeat(2000, (n) => `fragment f${n} on Session{...f${n + 1}}`);
    return `${session('...f0')} ${chain} fragment f2000 on Session{id}`;
  }),
  operation('a ring of fragments', () => {
    const ring = repeat(900, (n) => `fragment f${n} on Session{id ...f${(n + 1) % 900}}`);
    return `${session('...f0')} ${ring}`;
  }),
  operation('many fragments in one selection', () => {
    const all = repeat(490, (n) => `fragment f${n} on Session{id}`);
    return `${session(repeat(490, (n) => `...f${n}`))} ${all}`;
  }),
];

export const floods: readonly Attack[] = [
  operation('__typename 900 times', () => `{${'__typename '.repeat(900)}}`),
  operation('__typename 7000 times', () => `{${'__typename '.repeat(7000)}}`),
  operation(
    'the same field with a selection 490 times',
    () => `{${'session(sessionId:"c"){id} '.repeat(490)}}`,
  ),
  operation('the same nested field 240 times', () => session('events{nodes{id}} '.repeat(240))),
  operation('fields that conflict', () => session(repeat(45, (n) => `a:${n % 2 ? 'id' : 'status'}`))),
  operation(
    '110 unknown fields after 60,000 newlines',
    () => `${'\n'.repeat(60_000)}{${repeat(110, (n) => `x${n}`)}}`,
  ),
  operation('900 unknown fields', () => `{${repeat(900, (n) => `x${n}`)}}`),
  operation(
    '110 unknown fields after 8,000,000 newlines',
    () => `${'\n'.repeat(8_000_000)}{${repeat(110, (n) => `x${n}`)}}`,
  ),
  operation('an unknown field with a long name', () => `{${'x'.repeat(60_000)}}`),
  operation('directives on one field', () => `{__typename ${'@include(if:true) '.repeat(3000)}}`),
  operation(
    'conditions on 900 fields',
    () =>
      `query($a:Boolean!)${session(repeat(900, (n) => (n % 2 ? 'id @include(if:$a)' : 'status @skip(if:$a)')))}`,
    () => ({ a: true }),
  ),
  operation(
    'conditions on nested fields',
    () => `query($a:Boolean!)${session(repeat(240, () => 'events @include(if:$a){nodes @skip(if:$a){id}}'))}`,
    () => ({ a: true }),
  ),
  operation('unknown directives', () => `{__typename ${repeat(6000, (n) => `@x${n}`)}}`),
  operation('unknown arguments', () => `{session(${repeat(5000, (n) => `x${n}:1`)}){id}}`),
  operation('unused variables', () => `query(${repeat(4000, (n) => `$v${n}:ID`)}){__typename}`),
  operation('many operations', () => repeat(3000, (n) => `query q${n}{__typename}`)),
  operation('selections that nest', () => '{a'.repeat(6000)),
  operation('inline fragments that nest', () => `${'{...'.repeat(6000)}{id}${'}'.repeat(6000)}`),
  operation('a literal that nests', () => `{session(sessionId:${'['.repeat(9000)}){id}}`),
  operation(
    'a literal object that nests',
    () =>
      `mutation{createSession(input:{sessionId:"${knownSession}",language:"en",metadata:${'{a:'.repeat(4000)}1${'}'.repeat(4000)}}){created}}`,
  ),
  operation('a long block string', () => `{session(sessionId:"""${'\n'.repeat(60_000)}"""){id}}`),
  operation('a block string of 3 MB', () => `{session(sessionId:"""${'\n'.repeat(3_000_000)}"""){id}}`),
  operation('a text of 16 MB', () => `{__typename}#${'x'.repeat(largestBody - 100)}`),
  operation('introspection many times over', () => {
    const type =
      '{name fields{name args{name type{name ofType{name ofType{name}}}}type{name ofType{name}}}inputFields{name}enumValues{name}}';
    return `{${repeat(45, (n) => `a${n}:__schema{types${type}}`)}}`;
  }),
  operation('a long operation name', () => `query ${'x'.repeat(60_000)}{__typename}`),
  rawBody('an operationName of 16 MB', () =>
    JSON.stringify({ query: '{__typename}', operationName: 'x'.repeat(largestBody - 100) }),
  ),
];
