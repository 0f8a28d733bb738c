import { ClientSession, Collection, Db, MongoClient, MongoServerError } from 'mongodb';
import { startTemporaryEngine, TemporaryEngine } from './temporary-engine';

interface Doc {
  _id: number | string;
  n?: number;
  k?: string | number;
  balance?: number;
  moves?: number;
}

let engine: TemporaryEngine;
let client: MongoClient;
let db: Db;
let c: Collection<Doc>;
let sessions: ClientSession[] = [];

beforeAll(async () => {
  engine = await startTemporaryEngine();
  client = await engine.connect();
});
afterAll(() => engine.close());
beforeEach(async () => {
  db = client.db(`t${Math.random().toString(36).slice(2)}`);
  c = db.collection('c');
  await c.insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 1 },
  ]);
});
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.endSession()));
  sessions = [];
});

function begin(): ClientSession {
  const session = client.startSession();
  sessions.push(session);
  session.startTransaction();
  return session;
}

function increment(_id: number, session?: ClientSession, by = 1): Promise<unknown> {
  return c.updateOne({ _id }, { $inc: { n: by } }, { session });
}

async function failure(promise: Promise<unknown>): Promise<MongoServerError> {
  const error: unknown = await promise.then(() => null).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MongoServerError);
  return error as MongoServerError;
}

async function expectConflict(promise: Promise<unknown>): Promise<void> {
  const error = await failure(promise);
  expect(error.codeName).toBe('WriteConflict');
  expect(error.errorLabels).toContain('TransientTransactionError');
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setTimeout(resolve, 60, 'pending'));
  return (await Promise.race([promise, later])) === 'pending';
}

describe('what a transaction sees', () => {
  it('is its snapshot with its own writes, in every order and direction', async () => {
    await c.createIndex({ n: 1, _id: 1 });
    const session = begin();
    await c.insertOne({ _id: 3, n: 0 }, { session });
    await c.insertOne({ _id: 7, n: 1 });
    await c.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
    await c.deleteOne({ _id: 2 }, { session });
    await c.insertOne({ _id: 4, n: 3 }, { session });

    const ids = async (sort: Record<string, 1 | -1>) =>
      (await c.find({}, { session }).sort(sort).toArray()).map(({ _id }) => _id);
    expect(await ids({ n: 1, _id: 1 })).toEqual([3, 4, 1]);
    expect(await ids({ n: -1, _id: -1 })).toEqual([1, 4, 3]);
    expect(await ids({})).toEqual([1, 3, 4]);
    await session.commitTransaction();
    expect(await c.estimatedDocumentCount()).toBe(4);
  });

  it('is nothing of a collection that has changed since its snapshot', async () => {
    const session = begin();
    await c.findOne({}, { session });
    await db.collection('later').createIndex({ n: 1 });
    const error = await failure(db.collection('later').findOne({}, { session }));
    expect(error.codeName).toBe('SnapshotUnavailable');
    expect(error.errorLabels).toContain('TransientTransactionError');
  });
});

describe('the first writer wins', () => {
  it.each<[string, () => Promise<unknown>, (session: ClientSession) => Promise<unknown>]>([
    ['a deleted document', () => c.deleteOne({ _id: 1 }), (session) => increment(1, session)],
    ['a new unique key', () => c.insertOne({ _id: 5 }), (session) => c.insertOne({ _id: 5 }, { session })],
  ])('on %s, since the snapshot', async (_, change, write) => {
    const session = begin();
    await c.findOne({ _id: 2 }, { session });
    await change();
    await expectConflict(write(session));
  });

  it('on a unique key: first WriteConflict, then DuplicateKey once the key is in the snapshot', async () => {
    const [first, second] = [begin(), begin()];
    await c.insertOne({ _id: 5 }, { session: first });
    await expectConflict(c.insertOne({ _id: 5 }, { session: second }));
    await first.commitTransaction();
    expect((await failure(c.insertOne({ _id: 5 }, { session: begin() }))).code).toBe(11000);
  });

  it('on two upserts of one key', async () => {
    await c.createIndex({ k: 1 }, { unique: true, partialFilterExpression: { k: { $exists: true } } });
    const [first, second] = [begin(), begin()];
    const upsert = (session: ClientSession) =>
      c.findOneAndUpdate({ k: 'a' }, { $inc: { n: 1 } }, { session, upsert: true, returnDocument: 'after' });
    await upsert(first);
    await expectConflict(upsert(second));
    await first.commitTransaction();
    expect(await upsert(begin())).toMatchObject({ k: 'a', n: 2 });
  });

  it('keeps a key that a transaction frees, until it has committed', async () => {
    await c.createIndex({ k: 1 }, { unique: true, sparse: true });
    await c.insertOne({ _id: 3, k: 'a' });
    const session = begin();
    await c.updateOne({ _id: 3 }, { $set: { k: 'b' } }, { session });
    await expectConflict(c.insertOne({ _id: 4, k: 'a' }, { session: begin() }));
    const outside = c.insertOne({ _id: 5, k: 'a' });
    expect(await isPending(outside)).toBe(true);
    await session.commitTransaction();
    await outside;
    expect([await c.countDocuments({ k: 'a' }), await c.countDocuments({ k: 'b' })]).toEqual([1, 1]);
  });
});

describe('a write outside of transactions', () => {
  it('waits for the transaction that has changed its document, while others go on', async () => {
    const session = begin();
    await increment(1, session, 10);
    const waiting = increment(1, undefined, 100);
    await increment(2);
    expect(await isPending(waiting)).toBe(true);
    await session.commitTransaction();
    await waiting;
    expect(await c.findOne({ _id: 1 })).toEqual({ _id: 1, n: 111 });
  });

  it('goes on with what is left of it, and repeats nothing', async () => {
    const session = begin();
    await c.updateOne({ _id: 2 }, { $set: { n: 5 } }, { session });
    const waiting = c.updateMany({ n: 1 }, { $inc: { n: 1 } });
    expect(await isPending(waiting)).toBe(true);
    await session.commitTransaction();
    // The second document matches no more.
    expect((await waiting).modifiedCount).toBe(1);
    expect(await c.distinct('n')).toEqual([2, 5]);
  });

  it('drops a collection only when no transaction uses it', async () => {
    const session = begin();
    await c.insertOne({ _id: 3 }, { session });
    const dropped = c.drop();
    expect(await isPending(dropped)).toBe(true);
    await session.commitTransaction();
    await dropped;
    expect(await c.countDocuments()).toBe(0);
  });
});

describe('the end of a transaction', () => {
  it('comes at once with the end of its connection', async () => {
    const other = await engine.connect({ maxPoolSize: 1 });
    const session = other.startSession();
    session.startTransaction();
    const same = other.db(db.databaseName).collection<Doc>('c');
    await same.updateOne({ _id: 1 }, { $inc: { n: 10 } }, { session });
    const waiting = increment(1);
    expect(await isPending(waiting)).toBe(true);
    // Without endSession: as when the process has died.
    await other.close(true);
    const closed = performance.now();
    await waiting;
    expect(performance.now() - closed).toBeLessThan(400);
    expect(await c.findOne({ _id: 1 })).toEqual({ _id: 1, n: 2 });
  });

  it('creates its collections, or none', async () => {
    const [kept, givenUp] = [begin(), begin()];
    await db.collection<Doc>('kept').insertOne({ _id: 1 }, { session: kept });
    await db.collection<Doc>('given-up').insertOne({ _id: 1 }, { session: givenUp });
    await kept.commitTransaction();
    await givenUp.abortTransaction();
    const collections = await db.listCollections({}, { nameOnly: true }).toArray();
    expect(collections.map(({ name }) => name as string).sort()).toEqual(['c', 'kept']);
    expect(await db.collection('kept').countDocuments()).toBe(1);
  });
});

it('moves money between accounts without making or losing any', async () => {
  const accounts = 6;
  await c.deleteMany({});
  await c.insertMany(Array.from({ length: accounts }, (_, i) => ({ _id: i, balance: 100, moves: 0 })));
  const account = () => Math.floor(Math.random() * accounts);
  const move = async (amount: number) => {
    const [from, to] = [account(), account()];
    await client.withSession((session) =>
      session.withTransaction(async () => {
        const { balance } = (await c.findOne({ _id: from }, { session }))!;
        const after = { $set: { balance: balance! - amount }, $inc: { moves: 1 } };
        await c.updateOne({ _id: from }, after, { session });
        await c.updateOne({ _id: to }, { $inc: { balance: amount } }, { session });
      }),
    );
  };
  const watch = async () => {
    await client.withSession(async (session) => {
      session.startTransaction();
      const seen = await c.find({}, { session, batchSize: 2 }).toArray();
      expect(seen.reduce((sum, { balance }) => sum + balance!, 0)).toBe(100 * accounts);
      await session.abortTransaction();
    });
  };
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let i = 0; i < 10; i++) await (worker === 0 ? watch() : move(worker));
    }),
  );
  const all = await c.find().toArray();
  expect(all.reduce((sum, { balance }) => sum + balance!, 0)).toBe(100 * accounts);
  expect(all.reduce((sum, { moves }) => sum + moves!, 0)).toBe(70);
});
