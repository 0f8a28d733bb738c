import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { join } from 'node:path';
import { type Collection, MongoClient, ObjectId } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { median } from './measure';
import { type Comparison, rate } from './report';
import type { Pace } from './rounds';

const PAGE = 50;
const BATCH = 2_000;
const SLICE_SECONDS = 0.1;
const FIRST_TIME = Date.UTC(2026, 0, 1);

/** One of the service's events, as it is stored; a few share each millisecond. */
export interface StoredEvent {
  _id: ObjectId;
  sessionId: string;
  eventId: string;
  type: string;
  payload: object;
  timestamp: Date;
  receivedAt: Date;
  position: number;
}

export function eventAt(position: number): StoredEvent {
  return {
    _id: new ObjectId(),
    sessionId: 'session-1',
    eventId: `event-${position}`,
    type: position % 2 ? 'user_speech' : 'bot_speech',
    payload: { text: 'I would like to move my appointment to Tuesday morning, please.', confidence: 0.93 },
    timestamp: timeAt(position),
    receivedAt: timeAt(position),
    position,
  };
}

function timeAt(position: number): Date {
  return new Date(FIRST_TIME + Math.floor(position / 3));
}

/** Fills a data folder with the events of one session, behind the service's own indexes. */
export async function storeEvents(path: string, count: number): Promise<void> {
  await withEvents(path, async (events) => {
    await events.createIndexes([
      { key: { sessionId: 1, eventId: 1 }, unique: true },
      { key: { sessionId: 1, timestamp: 1, position: 1, type: 1 } },
      { key: { sessionId: 1, position: 1 }, unique: true },
    ]);
    for (let stored = 0; stored < count; stored += BATCH) {
      await events.insertMany(
        Array.from({ length: Math.min(BATCH, count - stored) }, (_, n) => eventAt(stored + n + 1)),
      );
    }
  });
}

/** A page through the driver, against the driver fed the same bytes at once; and deep in the session, against the first. */
export async function comparePages(path: string, count: number, pace: Pace): Promise<Comparison[]> {
  return withEvents(path, async (events, uri) => {
    const canned = await CannedServer.start(uri);
    const fed = await new MongoClient(canned.uri).connect();
    const fedEvents = fed.db('bench').collection<StoredEvent>('events');
    const deep = Math.floor(count * 0.9);
    const pages = [() => pageAfter(events, 1), () => pageAfter(fedEvents, 1), () => pageAfter(events, deep)];
    const [first, fedRate, deepRate] = await medianRates(pages, pace);
    await fed.close();
    await canned.close();
    return [
      {
        what: `a page of ${PAGE} of ${count.toLocaleString('en-US')} events, against the driver fed at once`,
        ours: rate(first!),
        peer: rate(fedRate!),
        ratio: first! / fedRate!,
        goal: { least: 0.5 },
      },
      {
        what: `the time of a page at depth ${deep.toLocaleString('en-US')}, against the first one's`,
        ours: rate(deepRate!),
        peer: rate(first!),
        ratio: first! / deepRate!,
        goal: { most: 1.2 },
      },
    ];
  });
}

async function withEvents<T>(
  path: string,
  work: (events: Collection<StoredEvent>, uri: string) => Promise<T>,
): Promise<T> {
  const mongo = await startEmbeddedMongo({ path });
  const client = await new MongoClient(mongo.uri).connect();
  try {
    return await work(client.db('bench').collection<StoredEvent>('events'), mongo.uri);
  } finally {
    await client.close();
    await mongo.close();
  }
}

/** As the service reads it: one range of one index, ties of an instant settled by position. */
async function pageAfter(events: Collection<StoredEvent>, position: number): Promise<void> {
  const timestamp = timeAt(position);
  const beyond = {
    timestamp: { $gte: timestamp },
    $or: [{ timestamp: { $gt: timestamp } }, { position: { $gt: position } }],
  };
  const page = await events
    .find({ sessionId: 'session-1', ...beyond })
    .sort({ timestamp: 1, position: 1 })
    .limit(PAGE)
    .toArray();
  if (page.length !== PAGE) throw new Error(`a page of ${page.length} events`);
}

/** Each in turn, in slices so short that what slows the machine slows all alike; the first round warms up. */
async function medianRates(pages: readonly (() => Promise<void>)[], pace: Pace): Promise<number[]> {
  const rates: number[][] = pages.map(() => []);
  const slices = Math.ceil(pace.seconds / SLICE_SECONDS);
  for (let slice = 0; slice < slices * (pace.rounds + 1); slice += 1) {
    for (const [index, page] of pages.entries()) {
      const measured = await pagesPerSecond(page);
      if (slice >= slices) rates[index]!.push(measured);
    }
  }
  return rates.map(median);
}

async function pagesPerSecond(page: () => Promise<void>): Promise<number> {
  const start = performance.now();
  let read = 0;
  let seconds = 0;
  for (; seconds < SLICE_SECONDS; read += 1) {
    await page();
    seconds = (performance.now() - start) / 1000;
  }
  return read / seconds;
}

/** A server in a thread of its own that answers every message at once with bytes recorded from the engine. */
class CannedServer {
  private constructor(
    readonly uri: string,
    private readonly worker: Worker,
  ) {}

  static async start(engineUri: string): Promise<CannedServer> {
    const worker = new Worker(join(__dirname, 'canned-server.js'), { workerData: engineUri });
    const [port] = await once(worker, 'message');
    return new CannedServer(`mongodb://127.0.0.1:${port}/?directConnection=true`, worker);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
