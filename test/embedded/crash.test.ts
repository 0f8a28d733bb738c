import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Db, MongoClient } from 'mongodb';
import { EngineProcess } from './engine-process';

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 3);
const SINGLE_WRITERS = 12;
const TRANSACTION_WRITERS = 8;
const DRIVER = { retryWrites: false, serverSelectionTimeoutMS: 2_000 };

interface Entry {
  _id: string;
  writer: number;
  n: number;
}

/** What was acknowledged, over all rounds. */
interface Acknowledged {
  readonly singles: Map<string, number>;
  readonly transactions: Set<string>;
}

let folder: string;
let engine: EngineProcess;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'engine-crash-'))));
afterEach(async () => {
  await engine.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function use<T>(work: (db: Db, client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(await engine.uri(), DRIVER);
  try {
    return await work(client.db('crash'), client);
  } finally {
    await client.close(true);
  }
}

/** Repeats until the engine is gone; what it throws is how it learns that. */
async function untilKilled(step: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      await step(n);
    } catch {
      return;
    }
  }
}

/** Inserts a document and changes it: the last change that was acknowledged must be there. */
async function writeOne(db: Db, writer: string, n: number, acknowledged: Acknowledged): Promise<void> {
  const singles = db.collection<Entry>('singles');
  const _id = `${writer}-${n}`;
  await singles.insertOne({ _id, writer: n % 7, n: 1 });
  acknowledged.singles.set(_id, 1);
  await singles.updateOne({ _id }, { $inc: { n: 1 } });
  acknowledged.singles.set(_id, 2);
}

/** One transaction over three collections: all of it must be there, or nothing. */
async function writeTogether(db: Db, session: ClientSession, writer: string, n: number): Promise<void> {
  session.startTransaction();
  const options = { session };
  const _id = `${writer}-${n}`;
  await db.collection<Entry>('left').insertOne({ _id, writer: n % 7, n }, options);
  await db
    .collection<{ _id: string; n: number }>('counters')
    .updateOne({ _id: writer }, { $inc: { n: 1 } }, { ...options, upsert: true });
  await db.collection<Entry>('right').insertOne({ _id, writer: n % 7, n }, options);
  await session.commitTransaction();
}

async function writeUntilKilled(round: number, acknowledged: Acknowledged): Promise<void> {
  await use(async (db, client) => {
    const singles = Array.from({ length: SINGLE_WRITERS }, (_, index) =>
      untilKilled((n) => writeOne(db, `${round}s${index}`, n, acknowledged)),
    );
    const together = Array.from({ length: TRANSACTION_WRITERS }, (_, index) => {
      const session = client.startSession();
      return untilKilled(async (n) => {
        await writeTogether(db, session, `${round}t${index}`, n);
        acknowledged.transactions.add(`${round}t${index}-${n}`);
      });
    });
    await sleep(200 + Math.random() * 600);
    await engine.stop('SIGKILL');
    await Promise.all([...singles, ...together]);
  });
}

async function idsOf(db: Db, name: string): Promise<Set<string>> {
  return new Set((await db.collection<Entry>(name).find().toArray()).map(({ _id }) => _id));
}

async function expectNothingLost(db: Db, acknowledged: Acknowledged): Promise<void> {
  const singles = new Map(
    (await db.collection<Entry>('singles').find().toArray()).map(({ _id, n }) => [_id, n]),
  );
  const left = await idsOf(db, 'left');
  const lost = [...acknowledged.singles].filter(([id, n]) => (singles.get(id) ?? 0) < n);

  expect(lost).toEqual([]);
  expect([...acknowledged.transactions].filter((id) => !left.has(id))).toEqual([]);
  // No half transaction: both sides have the same, and the counters have counted exactly that.
  expect(await idsOf(db, 'right')).toEqual(left);
  const counters = await db.collection<{ _id: string; n: number }>('counters').find().toArray();
  for (const { _id, n } of counters)
    expect([...left].filter((id) => id.startsWith(`${_id}-`))).toHaveLength(n);
  for (const name of ['singles', 'left', 'right', 'counters']) {
    expect(await db.command({ validate: name })).toMatchObject({ valid: true });
  }
}

it(
  `loses nothing acknowledged and keeps no half transaction in ${ROUNDS} kills`,
  async () => {
    const acknowledged: Acknowledged = { singles: new Map(), transactions: new Set() };
    engine = EngineProcess.onFolder(folder);
    await use(async (db) => {
      for (const name of ['singles', 'left', 'right']) {
        await db.collection(name).createIndex({ writer: 1, n: -1 });
        await db.collection(name).createIndex({ n: 1, _id: 1 }, { unique: true });
      }
    });
    for (let round = 0; round < ROUNDS; round++) {
      await writeUntilKilled(round, acknowledged);
      engine = EngineProcess.onFolder(folder);
      await use((db) => expectNothingLost(db, acknowledged));
    }
    expect(acknowledged.singles.size).toBeGreaterThan(ROUNDS * SINGLE_WRITERS);
    expect(acknowledged.transactions.size).toBeGreaterThan(ROUNDS * TRANSACTION_WRITERS);
  },
  ROUNDS * 20_000,
);

/** So many that checkpoints follow one another, and so few that a group goes through the journal. */
const BATCH = 60;
const BATCH_WRITERS = 6;

async function writeBatch(db: Db, session: ClientSession, batch: string): Promise<void> {
  session.startTransaction();
  const entries = Array.from({ length: BATCH }, (_, n) => ({
    _id: `${batch}/${n}`,
    batch,
    writer: n % 7,
    n,
  }));
  await db.collection<Entry>('batches').insertMany(entries, { session });
  await session.commitTransaction();
}

/** How many entries of each batch there are. */
async function countBatches(db: Db): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { _id } of db.collection<Entry>('batches').find().project<Entry>({ _id: 1 })) {
    const batch = _id.slice(0, _id.indexOf('/'));
    counts.set(batch, (counts.get(batch) ?? 0) + 1);
  }
  return counts;
}

it(
  `loses nothing acknowledged in ${ROUNDS} kills between and within checkpoints`,
  async () => {
    const acknowledged = new Set<string>();
    engine = EngineProcess.onFolder(folder);
    await use(async (db) => {
      await db.collection('batches').createIndex({ writer: 1, n: -1, _id: 1 });
      await db.collection('batches').createIndex({ n: 1, batch: 1 });
    });
    for (let round = 0; round < ROUNDS; round++) {
      await use(async (db, client) => {
        const writers = Array.from({ length: BATCH_WRITERS }, (_, index) => {
          const session = client.startSession();
          return untilKilled(async (n) => {
            await writeBatch(db, session, `${round}b${index}-${n}`);
            acknowledged.add(`${round}b${index}-${n}`);
          });
        });
        // The second file is begun with the first checkpoint.
        while (!existsSync(join(folder, 'journal.2'))) await sleep(20);
        await sleep(Math.random() * 800);
        await engine.stop('SIGKILL');
        await Promise.all(writers);
      });
      engine = EngineProcess.onFolder(folder);
      await use(async (db) => {
        const counts = await countBatches(db);
        expect([...acknowledged].filter((batch) => !counts.has(batch))).toEqual([]);
        expect([...counts].filter(([, count]) => count !== BATCH)).toEqual([]);
        expect(await db.command({ validate: 'batches' })).toMatchObject({ valid: true });
      });
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * BATCH_WRITERS);
  },
  ROUNDS * 20_000,
);

describe('a full disk', () => {
  const big = 'x'.repeat(20_000);
  interface Big {
    _id: number;
    big: string;
  }

  /** Inserts until that fails; gives what was stored and the failure. */
  async function fill(db: Db): Promise<{ stored: number[]; failure: unknown }> {
    const stored: number[] = [];
    for (let _id = 0; ; _id++) {
      try {
        await db.collection<Big>('c').insertOne({ _id, big });
      } catch (failure) {
        return { stored, failure };
      }
      stored.push(_id);
    }
  }

  async function storedIds(db: Db): Promise<number[]> {
    const documents = await db.collection<Big>('c').find().sort({ _id: 1 }).toArray();
    return documents.map(({ _id }) => _id);
  }

  it('is told to clients, loses nothing, and passes when there is room', async () => {
    // No file may grow beyond this: what a full disk does to a process, for one without rights over disks.
    engine = EngineProcess.onFolder(folder, { shellPrefix: 'ulimit -f 8192' });
    const rest = await use(async (db) => {
      const { stored, failure } = await fill(db);
      expect(failure).toMatchObject({ code: 14031, codeName: 'OutOfDiskSpace' });
      expect(await storedIds(db)).toEqual(stored);

      // Room within the file does too.
      const deleted = stored.splice(0, 50);
      for (const _id of deleted) await db.collection<Big>('c').deleteOne({ _id });
      await db.collection<Big>('c').insertOne({ _id: -1, big });
      return [-1, ...stored];
    });
    await engine.stop('SIGTERM');

    engine = EngineProcess.onFolder(folder);
    await use(async (db) => {
      expect(await storedIds(db)).toEqual(rest);
      await db.collection<Big>('c').insertOne({ _id: -2, big });
      expect(await db.command({ validate: 'c' })).toMatchObject({ valid: true });
    });
  }, 60_000);
});
