import type { Store } from '../../src/store/store';
import { generateCalls } from '../generate/calls';
import { loadCalls } from '../generate/load';
import type { Bench } from './options';
import { describe, type Comparison, type PartReport } from './report';
import { Ring } from './ring';
import { compare, type Contender } from './rounds';

// A long run, on demand: npm run bench -- depth
const rows = Number(process.env.BENCH_DEPTH ?? 1_000_000);
const sessions = Math.min(100_000, rows);
const pageSize = 50;
const deepRow = Math.floor(rows * 0.9);
const longConversation = { sessions: 1, events: rows, seed: 3 };
const longCall = 'call-3-0000000';

const eventFields = 'nodes { sessionId eventId type payload timestamp }';
const sessionFields = 'nodes { sessionId status language startedAt eventCount }';

/** A page at nine tenths of a million events, and page 1000 of the list, against the first page of the same. */
export async function benchDepth(bench: Bench): Promise<PartReport> {
  const ring = new Ring();
  try {
    await ring.enter('ours', fill);
    const [ours] = ring.contenders;
    const comparisons: Comparison[] = [];
    for (const { what, first, deep } of await pagesToCompare(ours!.url)) {
      const pair: Contender[] = [
        { ...ours!, name: 'deep', bodies: [deep] },
        { ...ours!, name: 'first', bodies: [first] },
      ];
      const standings = await compare(bench.generator, pair, 'bodies', 4, bench.pace);
      const [there, here] = [standings.get('deep')!, standings.get('first')!];
      comparisons.push({
        what,
        ours: describe(there),
        peer: `first page: ${describe(here)}`,
        ratio: there.p50 / here.p50,
        goal: { most: 1.2 },
      });
    }
    return { part: 'depth', comparisons };
  } finally {
    await ring.close();
  }
}

async function fill(store: Store): Promise<string[]> {
  await loadCalls(store, longConversation, () => undefined);
  await loadCalls(store, { sessions, events: sessions, seed: 4 }, () => undefined);
  return [longCall];
}

interface Pages {
  readonly what: string;
  readonly first: string;
  readonly deep: string;
}

/** Bodies that ask for the first page of a list and for one far down. */
async function pagesToCompare(url: string): Promise<Pages[]> {
  const conversations = [
    '',
    ', filter: { types: [USER_SPEECH] }',
    ', filter: { timestamp: { from: "2025-10-04T00:00:00Z" } }',
  ];
  const lists = [
    '',
    ', orderBy: { direction: ASC }',
    ', filter: { statuses: [COMPLETED] }',
    ', filter: { metadata: { channel: "phone" } }',
  ];
  const events = conversations.map((rest) => ({
    what: `events at row ${deepRow.toLocaleString('en-US')}${rest}`,
    pageAt: (place: string) =>
      `session(sessionId: "${longCall}") { events(${place}${rest}) { ${eventFields} } }`,
    cursor: eventCursor(url),
  }));
  const backwards = {
    what: `events before row ${deepRow.toLocaleString('en-US')}, backwards`,
    pageAt: (place: string) =>
      `session(sessionId: "${longCall}") { events(${place.replace('first', 'last').replace('after', 'before')}) { ${eventFields} } }`,
    cursor: eventCursor(url),
  };
  const sessionPages = lists.map((rest) => ({
    what: `sessions at page 1000${rest}`,
    pageAt: (place: string) => `sessions(${place}${rest}) { ${sessionFields} }`,
    cursor: sessionCursor(url, rest),
  }));
  const pages: Pages[] = [];
  for (const { what, pageAt, cursor } of [...events, backwards, ...sessionPages]) {
    const first = body(pageAt(`first: ${pageSize}`));
    pages.push({ what, first, deep: body(pageAt(`first: ${pageSize}, after: "${await cursor}"`)) });
  }
  return pages;
}

function body(selection: string): string {
  return JSON.stringify({ query: `{ ${selection} }` });
}

interface ListAnswer {
  readonly pageInfo: { readonly endCursor: string };
}

async function ask<T>(url: string, selection: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body(selection),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** The place of the deep row, found by its time, which the generator tells again. */
async function eventCursor(url: string): Promise<string> {
  let from = '';
  for (const generated of generateCalls(longConversation)) {
    if (!('event' in generated) || generated.event.position < deepRow) continue;
    from = generated.event.timestamp.toISOString();
    break;
  }
  const selection = `session(sessionId: "${longCall}") { events(first: 1, filter: { timestamp: { from: "${from}" } }) { pageInfo { endCursor } } }`;
  return (await ask<{ session: { events: ListAnswer } }>(url, selection)).session.events.pageInfo.endCursor;
}

/** Where page 1000 begins, found by walking there in big steps. */
async function sessionCursor(url: string, rest: string): Promise<string> {
  let after = '';
  for (let row = 0; row < Math.min(999 * pageSize, sessions / 2); row += 500) {
    const place = after ? `first: 500, after: "${after}"` : 'first: 500';
    const { sessions: list } = await ask<{ sessions: ListAnswer }>(
      url,
      `sessions(${place}${rest}) { pageInfo { endCursor } }`,
    );
    after = list.pageInfo.endCursor;
  }
  return after;
}
