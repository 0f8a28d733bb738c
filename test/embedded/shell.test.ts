import { type Document, type MongoClient, Timestamp } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

let engine: TemporaryEngine;
let client: MongoClient;

beforeAll(async () => {
  engine = await startTemporaryEngine({ port: 0 });
  client = await engine.connect();
  const orders = client.db('shop').collection('orders');
  await orders.insertMany([{ n: 1 }, { n: 2 }]);
  await orders.createIndex({ n: 1 });
});
afterAll(() => engine.close());

/** What mongosh and Compass send when they connect and when they show a database. */
const ASKED: readonly (readonly [db: string, command: Document])[] = [
  ['admin', { ping: 1 }],
  ['admin', { buildInfo: 1 }],
  ['admin', { hostInfo: 1 }],
  ['admin', { getCmdLineOpts: 1 }],
  ['admin', { getLog: 'startupWarnings' }],
  ['admin', { getParameter: 1, featureCompatibilityVersion: 1 }],
  ['admin', { connectionStatus: 1, showPrivileges: true }],
  ['admin', { refreshSessions: [] }],
  ['admin', { listDatabases: 1, nameOnly: true, authorizedDatabases: true }],
  ['local', { find: 'oplog.rs', limit: 1 }],
  ['shop', { listCollections: 1, nameOnly: true, authorizedCollections: true, filter: {}, cursor: {} }],
  ['shop', { listIndexes: 'orders' }],
  ['shop', { dbStats: 1 }],
  ['shop', { find: 'orders', filter: {}, skip: 0, limit: 20, maxTimeMS: 60_000 }],
  [
    'shop',
    { aggregate: 'orders', pipeline: [{ $match: {} }, { $group: { _id: 1, n: { $sum: 1 } } }], cursor: {} },
  ],
  ['shop', { aggregate: 'orders', pipeline: [{ $sample: { size: 1 } }], cursor: {} }],
  ['shop', { aggregate: 'orders', pipeline: [{ $collStats: { storageStats: { scale: 1 } } }], cursor: {} }],
  [
    'shop',
    {
      aggregate: 'orders',
      pipeline: [
        { $collStats: { storageStats: {} } },
        { $project: { indexSizes: { $objectToArray: '$storageStats.indexSizes' } } },
        { $unwind: '$indexSizes' },
        { $group: { _id: '$indexSizes.k', size: { $sum: { $toDouble: '$indexSizes.v' } } } },
      ],
      cursor: {},
    },
  ],
  ['shop', { aggregate: 'orders', pipeline: [{ $indexStats: {} }, { $project: { name: 1 } }], cursor: {} }],
  ['admin', { aggregate: 1, pipeline: [{ $currentOp: {} }, { $match: { active: true } }], cursor: {} }],
  ['shop', { explain: { find: 'orders', filter: { n: 1 } }, verbosity: 'allPlansExecution' }],
];

it.each(ASKED)('answers in %s: %j', async (db, command) => {
  expect(await client.db(db).command(command)).toMatchObject({ ok: 1 });
});

/** What would make another answer, and is not ignored. */
it.each<[number, Document]>([
  [238, { findAndModify: 'orders', update: { $set: { m: 1 } }, fields: { q: { $divide: [1, 0] } } }],
  [238, { update: 'orders', updates: [{ q: {}, u: { at: new Timestamp(0n) } }] }],
  [9, { aggregate: 'orders', pipeline: [], cursor: { limit: 1 } }],
  [9, { aggregate: 'orders', pipeline: [{ $collStats: { latencyStats: {} } }], cursor: {} }],
  [238, { explain: { find: 'orders', collation: { locale: 'de' } } }],
  [59, { explain: { distinct: 'orders', key: 'n' } }],
  [100, { insert: 'orders', documents: [{}], writeConcern: { w: 2 } }],
  [238, { find: 'orders', readConcern: { level: 'snapshot', atClusterTime: new Timestamp(1n) } }],
])('refuses with %s: %j', async (code, command) => {
  const orders = client.db('shop').collection('orders');
  const before = await orders.find().toArray();
  await expect(client.db('shop').command(command).then(throwWriteError)).rejects.toMatchObject({ code });
  expect(await orders.find().toArray()).toEqual(before);
});

function throwWriteError({ writeErrors }: Document): void {
  if (Array.isArray(writeErrors)) throw writeErrors[0];
}

it.each(['atlasVersion', 'constructor', '__proto__'])('has no command "%s"', async (name) => {
  const answer = client.db('admin').command(Object.fromEntries([[name, 1]]));
  await expect(answer).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
});
