import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProcess, startDatabaseProcess, startServerProcess } from './server-process';
import { required, SessionClient } from './session-client';

const rounds = 5;
const clientCount = 16;
const sessionCount = 8;
/** How long a client may be without an answer to one event: never because of the restart of one server of two. */
const longestWaitMs = 10_000;

/** Two servers on one database, each on a port that it keeps when it is started again. */
class Pair {
  private constructor(
    readonly database: RunningProcess,
    private readonly servers: RunningProcess[],
    private readonly folder: string,
  ) {}

  static async start(): Promise<Pair> {
    const folder = await mkdtemp(join(tmpdir(), 'conversations-'));
    const database = await startDatabaseProcess(folder);
    const settings = { MONGODB_URI: database.url, LOG_LEVEL: 'info' };
    return new Pair(
      database,
      [await startServerProcess(settings), await startServerProcess(settings)],
      folder,
    );
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Stops one server in order, and starts it again on its port. */
  async restart(index: number): Promise<void> {
    const old = this.servers[index]!;
    expect(await old.stop()).toBe(0);
    expect(old.output()).not.toMatch(/"level":[56]0/);
    const { port } = new URL(old.url);
    this.servers[index] = await startServerProcess({ MONGODB_URI: this.database.url, PORT: port });
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.stop();
    await this.database.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Adds one event after the other until it is told to end. Tries the other server when one does not answer. */
async function addEvents(pair: Pair, name: string, isOver: () => boolean): Promise<string[]> {
  const acknowledged: string[] = [];
  let client = new SessionClient(pair.urls[0]!);
  for (let count = 0; !isOver(); count += 1) {
    const event = {
      sessionId: `session-${count % sessionCount}`,
      eventId: `${name}-${count}`,
      type: 'USER_SPEECH' as const,
      payload: { count },
    };
    const until = Date.now() + longestWaitMs;
    for (let attempt = 0; ; attempt += 1) {
      const answer = await client.addEvent(event).catch(() => null);
      if (answer?.code === null) break;
      // Anything else than "try again" would be a request lost.
      if (answer !== null) expect(answer).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
      if (Date.now() > until) throw new Error(`${event.eventId} has had no answer for ${longestWaitMs} ms`);
      client.close();
      client = new SessionClient(pair.urls[attempt % 2]!);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    acknowledged.push(`${event.sessionId} ${event.eventId}`);
  }
  client.close();
  return acknowledged;
}

it(`a rolling restart under load loses no request, ${rounds} times`, async () => {
  const pair = await Pair.start();
  try {
    const client = new SessionClient(pair.urls[0]!);
    for (let session = 0; session < sessionCount; session += 1)
      required(await client.createSession({ sessionId: `session-${session}`, language: 'en' }));
    client.close();

    let over = false;
    const loads = Array.from({ length: clientCount }, (_, index) =>
      addEvents(pair, `client-${index}`, () => over),
    );
    const restarts = (async () => {
      for (let round = 0; round < rounds; round += 1) for (const index of [0, 1]) await pair.restart(index);
      over = true;
    })();
    await Promise.all([restarts, ...loads]);

    const acknowledged = (await Promise.all(loads)).flat();
    const reader = new SessionClient(pair.urls[1]!);
    const stored: string[] = [];
    for (let session = 0; session < sessionCount; session += 1) {
      const events = await reader.allEvents(`session-${session}`);
      expect(events.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual(
        events.map((_, index) => index + 1),
      );
      stored.push(...events.map(({ eventId }) => `session-${session} ${eventId}`));
    }
    reader.close();
    expect(acknowledged.length).toBeGreaterThan(rounds * clientCount);
    expect(stored.toSorted()).toEqual(acknowledged.toSorted());
  } finally {
    await pair.close();
  }
}, 240_000);
