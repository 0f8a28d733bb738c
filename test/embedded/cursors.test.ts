import { type Collection, type Db, type Document, Long, type MongoClient } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

interface CursorReply {
  cursor: { id: Long | number; firstBatch?: Document[]; nextBatch?: Document[] };
}

let engine: TemporaryEngine;
let client: MongoClient;
let db: Db;
let collection: Collection<{ _id: number; n?: number; text?: string }>;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  client = await engine.connect();
  db = client.db('cursors');
  collection = db.collection('c');
});
beforeEach(() => collection.drop());
afterAll(() => engine.close());

async function insertNumbers(count: number): Promise<void> {
  await collection.insertMany(Array.from({ length: count }, (_, n) => ({ _id: n, n })));
}

const find = (options: Document) => db.command({ find: 'c', ...options }) as Promise<CursorReply>;
const getMore = (id: Long | number, options: Document = {}) =>
  db.command({ getMore: id, collection: 'c', ...options }) as Promise<CursorReply>;
const ids = (batch: Document[] | undefined) => batch!.map(({ _id }) => Number(_id));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

describe('batches', () => {
  it('are 101 documents at first, and then as many as a reply takes', async () => {
    await insertNumbers(300);
    const first = await find({});
    expect(first.cursor.firstBatch).toHaveLength(101);
    const rest = await getMore(first.cursor.id);
    expect(ids(rest.cursor.nextBatch)).toEqual(range(101, 300));
    expect(rest.cursor.id).toEqual(0);
  });

  it('never make a reply larger than 16 MiB', async () => {
    const text = 'x'.repeat(8_000_000);
    for (const _id of range(0, 3)) await collection.insertOne({ _id, text });
    const first = await find({ batchSize: 100 });
    expect(first.cursor.firstBatch).toHaveLength(2);
    const last = await getMore(first.cursor.id, { batchSize: 100 });
    expect(ids(last.cursor.nextBatch)).toEqual([2]);
    expect(last.cursor.id).toEqual(0);
  });
});

describe('a cursor', () => {
  it('reads what there was when it was opened, also once its collection has gone', async () => {
    await insertNumbers(40);
    await collection.createIndex({ n: -1 }, { name: 'by n' });
    const first = await find({ filter: { n: { $gte: 0 } }, sort: { n: -1 }, batchSize: 10 });
    expect(ids(first.cursor.firstBatch)).toEqual(range(30, 40).reverse());
    await collection.deleteMany({ _id: { $in: [30, 29, 25] } });
    await collection.insertOne({ _id: 101, n: 20.5 });
    await collection.dropIndex('by n');
    const second = await getMore(first.cursor.id, { batchSize: 10 });
    expect(ids(second.cursor.nextBatch)).toEqual(range(20, 30).reverse());
    await collection.drop();
    expect(ids((await getMore(first.cursor.id)).cursor.nextBatch)).toEqual(range(0, 20).reverse());
  });

  it('reads the snapshot of its transaction, and the own writes', async () => {
    await insertNumbers(10);
    await client.withSession(async (session) => {
      session.startTransaction();
      await collection.insertOne({ _id: 50 }, { session });
      const cursor = collection.find({}, { session, batchSize: 4, sort: { _id: 1 } });
      expect(Number((await cursor.next())!._id)).toBe(0);
      await collection.insertOne({ _id: 60 });
      expect(ids(await cursor.toArray())).toEqual([...range(1, 10), 50]);
      await session.abortTransaction();
    });
  });

  it('ends with its transaction', async () => {
    await insertNumbers(10);
    await client.withSession(async (session) => {
      session.startTransaction();
      const { cursor } = (await db.command({ find: 'c', batchSize: 2 }, { session })) as CursorReply;
      await session.commitTransaction();
      const later = db.command({ getMore: cursor.id, collection: 'c' }, { session });
      await expect(later).rejects.toMatchObject({ code: 50740 });
    });
  });

  it('belongs to the session that opened it, and to its namespace', async () => {
    await insertNumbers(10);
    await client.withSession(async (session) => {
      const { cursor } = (await db.command({ find: 'c', batchSize: 2 }, { session })) as CursorReply;
      await expect(getMore(cursor.id)).rejects.toMatchObject({ code: 50738 });
      const elsewhere = db.command({ getMore: cursor.id, collection: 'other' }, { session });
      await expect(elsewhere).rejects.toMatchObject({ code: 13, codeName: 'Unauthorized' });
    });
  });
});

it.each([
  [{ filter: 5 }, 14],
  [{ tailable: true }, 238],
  [{ collation: { locale: 'fr' } }, 238],
])('refuses to find with %j', async (options, code) => {
  await expect(find(options)).rejects.toMatchObject({ code });
});
