import { startTestApp, type TestApp, useTestApp } from '../support/test-app';

const createSession =
  'mutation Create($id: ID!) { createSession(input: { sessionId: $id, language: "en" }) { created } }';
const addEvent =
  'mutation Add($id: ID!, $event: ID!) { addEvent(input: { sessionId: $id, eventId: $event, type: SYSTEM, payload: {} }) { created } }';

async function scrape(app: TestApp): Promise<string> {
  const response = await app.fetch('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of one series, by its name and labels as they are written; 0 where there is none. */
function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line ? Number(line.slice(series.length + 1)) : 0;
}

function seriesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

describe('GET /metrics', () => {
  const service = useTestApp({ METRICS: 'on' });

  it('counts and times operations by name and outcome, on every way that they can run', async () => {
    const { app } = service;
    for (let attempt = 0; attempt < 3; attempt += 1) await app.send(createSession, { id: 'counted' });
    await app.send(addEvent, { id: 'nobody', event: 'e' });
    await app.send('{ session(sessionId: "counted") { status } }');

    const text = await scrape(app);

    const created = 'operation="Create",type="mutation",transport="http",outcome="ok"';
    expect(valueOf(text, `conversation_requests_total{${created}}`)).toBe(3);
    const refused = 'operation="Add",type="mutation",transport="http",outcome="refused"';
    expect(valueOf(text, `conversation_requests_total{${refused}}`)).toBe(1);
    const unnamed = 'operation="anonymous",type="query",transport="http",outcome="ok"';
    expect(valueOf(text, `conversation_requests_total{${unnamed}}`)).toBe(1);
    const timed = 'conversation_request_duration_seconds_count{operation="Create",outcome="ok"}';
    expect(valueOf(text, timed)).toBe(3);
    expect(valueOf(text, 'conversation_errors_total{code="SESSION_NOT_FOUND"}')).toBe(1);
  });

  it('counts events, batches, repeated transactions and the commands of the database', async () => {
    const { app } = service;
    await app.send(createSession, { id: 'written' });
    const before = await scrape(app);

    const events = Array.from({ length: 20 }, (_, event) => ({ id: 'written', event: `e${event}` }));
    await Promise.all([...events, events[0]].map((variables) => app.send(addEvent, variables)));

    const after = await scrape(app);
    const grown = (series: string) => valueOf(after, series) - valueOf(before, series);
    expect(grown('conversation_events_written_total')).toBe(20);
    expect(grown('conversation_event_batch_size_sum')).toBe(20);
    expect(grown('conversation_event_batch_size_count')).toBeGreaterThan(0);
    const commits = 'conversation_database_command_duration_seconds_count{command="commitTransaction"}';
    expect(grown(commits)).toBeGreaterThan(0);
    expect(after).toContain('conversation_event_queue_length 0\n');
    expect(after).toContain('conversation_event_queue_age_seconds 0\n');
    expect(valueOf(after, 'conversation_connections')).toBeGreaterThan(0);
  });

  it('says what runs, and how the process does', async () => {
    const text = await scrape(service.app);

    expect(text).toMatch(
      /conversation_build_info\{version="\d+\.\d+\.\d+",commit="\w*",node="v\d+[^"]*"\} 1\n/,
    );
    expect(text).toMatch(/\nnodejs_eventloop_lag_p99_seconds \d/);
    expect(text).toMatch(/\nprocess_resident_memory_bytes \d/);
  });

  it('gives no client the means to blow it up: names are of valid operations only, and at most a hundred', async () => {
    const { app } = service;
    await app.send('query Invalid { nothing }');
    await app.send('query Unparsable {');
    await app.send(`query ${'Long'.repeat(50)} { __typename }`);
    for (let name = 0; name < 120; name += 1) await app.send(`query Many${name} { __typename }`);

    const text = await scrape(app);

    expect(text).not.toMatch(/Invalid|Unparsable|LongLong/);
    const names = seriesOf(text, 'conversation_requests_total').map(
      (line) => /operation="([^"]*)"/.exec(line)?.[1],
    );
    expect(new Set(names).size).toBeLessThanOrEqual(102);
    const others = 'operation="other",type="query",transport="http",outcome="ok"';
    expect(valueOf(text, `conversation_requests_total{${others}}`)).toBeGreaterThan(20);
  });
});

describe('where the metrics are', () => {
  it('is nowhere, unless asked for', async () => {
    const app = await startTestApp();

    expect((await app.fetch('/metrics')).status).toBe(404);
    await app.close();
  });

  it('is a port of its own where METRICS_PORT names one', async () => {
    const app = await startTestApp({ METRICS_PORT: '0' });

    expect((await app.fetch('/metrics')).status).toBe(404);
    const own = await fetch(app.metricsUrl!);
    expect([own.status, await own.text()]).toEqual([200, expect.stringContaining('conversation_build_info')]);
    const other = await fetch(new URL('/graphql', app.metricsUrl!));
    expect(other.status).toBe(404);
    await app.close();
  });
});
