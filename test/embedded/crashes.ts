import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Db, MongoClient } from 'mongodb';
import { KillableEngine } from './engine-process';

const SINGLE_WRITERS = 8;
const TRANSACTION_WRITERS = 6;
const BATCH_WRITERS = 4;
/** So many that checkpoints follow one another, and so few that a group goes through the journal. */
const BATCH = 60;
const COLLECTIONS = ['singles', 'left', 'right', 'counters', 'batches'];

interface Entry {
  _id: string;
  writer: number;
  n: number;
}

/** What was acknowledged, over all rounds. */
class Acknowledged {
  readonly singles = new Map<string, number>();
  readonly transactions = new Set<string>();
  readonly batches = new Set<string>();

  /** How much there is of each kind. */
  get sizes(): number[] {
    return [this.singles.size, this.transactions.size, this.batches.size];
  }
}

let engine: KillableEngine;

beforeEach(() => (engine = new KillableEngine()));
afterEach(() => engine.remove());

/** Inserts a document and changes it: the last change that was acknowledged must be there. */
async function writeOne(db: Db, _id: string, n: number, { singles }: Acknowledged): Promise<void> {
  await db.collection<Entry>('singles').insertOne({ _id, writer: n % 7, n: 1 });
  singles.set(_id, 1);
  await db.collection<Entry>('singles').updateOne({ _id }, { $inc: { n: 1 } });
  singles.set(_id, 2);
}

/** One transaction over three collections: all of it must be there, or nothing. */
async function writeTogether(db: Db, session: ClientSession, writer: string, n: number): Promise<void> {
  session.startTransaction();
  const options = { session };
  const entry = { _id: `${writer}-${n}`, writer: n % 7, n };
  await db.collection<Entry>('left').insertOne(entry, options);
  const counters = db.collection<Entry>('counters');
  await counters.updateOne({ _id: writer }, { $inc: { n: 1 } }, { ...options, upsert: true });
  await db.collection<Entry>('right').insertOne(entry, options);
  await session.commitTransaction();
}

async function writeBatch(db: Db, session: ClientSession, batch: string): Promise<void> {
  session.startTransaction();
  const entries = Array.from({ length: BATCH }, (_, n) => ({
    _id: `${batch}/${n}`,
    writer: n % 7,
    n,
    batch,
  }));
  await db.collection<Entry>('batches').insertMany(entries, { session });
  await session.commitTransaction();
}

/** Writes with many writers of one kind, each until the engine is gone; what they throw is how they learn that. */
function write(writers: number, step: (writer: number, n: number) => Promise<void>): Promise<void>[] {
  return Array.from({ length: writers }, async (_, writer) => {
    for (let n = 0; ; n++) {
      try {
        await step(writer, n);
      } catch {
        return;
      }
    }
  });
}

async function writeUntilKilled(db: Db, client: MongoClient, round: number, acknowledged: Acknowledged) {
  const sessions = Array.from({ length: TRANSACTION_WRITERS + BATCH_WRITERS }, () => client.startSession());
  const enough = acknowledged.sizes.map((size) => size + TRANSACTION_WRITERS);
  const writing = [
    ...write(SINGLE_WRITERS, (writer, n) => writeOne(db, `${round}s${writer}-${n}`, n, acknowledged)),
    ...write(TRANSACTION_WRITERS, async (writer, n) => {
      await writeTogether(db, sessions[writer]!, `${round}t${writer}`, n);
      acknowledged.transactions.add(`${round}t${writer}-${n}`);
    }),
    ...write(BATCH_WRITERS, async (writer, n) => {
      const batch = `${round}b${writer}-${n}`;
      await writeBatch(db, sessions[TRANSACTION_WRITERS + writer]!, batch);
      acknowledged.batches.add(batch);
    }),
  ];
  const some = () => acknowledged.sizes.every((size, kind) => size >= enough[kind]!);
  // The second file is begun with the first checkpoint.
  while (!some() || !existsSync(join(engine.folder, 'journal.2'))) await sleep(10);
  await sleep(Math.random() * 800);
  await engine.stop('SIGKILL');
  await Promise.all(writing);
}

/** The number of each entry of a collection, by its id. */
async function numbersIn(db: Db, name: string): Promise<Map<string, number>> {
  const entries = db.collection<Entry>(name).find().project<Entry>({ n: 1 });
  return new Map((await entries.toArray()).map(({ _id, n }) => [_id, n]));
}

async function expectNothingLost(db: Db, { singles, transactions, batches }: Acknowledged): Promise<void> {
  const stored = await numbersIn(db, 'singles');
  const left = await numbersIn(db, 'left');
  expect([...singles].filter(([id, n]) => (stored.get(id) ?? 0) < n)).toEqual([]);
  expect([...transactions].filter((id) => !left.has(id))).toEqual([]);
  // No half transaction: both sides have the same, and the counters have counted exactly that.
  expect(await numbersIn(db, 'right')).toEqual(left);
  for (const [writer, n] of await numbersIn(db, 'counters'))
    expect([...left.keys()].filter((id) => id.startsWith(`${writer}-`))).toHaveLength(n);
  const counts = new Map<string, number>();
  for (const id of (await numbersIn(db, 'batches')).keys()) {
    const batch = id.slice(0, id.indexOf('/'));
    counts.set(batch, (counts.get(batch) ?? 0) + 1);
  }
  expect([...batches].filter((batch) => !counts.has(batch))).toEqual([]);
  expect([...counts].filter(([, count]) => count !== BATCH)).toEqual([]);
  for (const name of COLLECTIONS) expect(await db.command({ validate: name })).toMatchObject({ valid: true });
}

/** Kills the engine that often, between and within checkpoints, and looks for what was acknowledged. */
export function testCrashes(rounds: number): void {
  it(
    `loses nothing acknowledged and keeps no half transaction in ${rounds} kills`,
    async () => {
      const acknowledged = new Acknowledged();
      engine.start();
      await engine.use(async (db) => {
        // Made first: of many transactions that make a collection together, all but one would end.
        for (const name of COLLECTIONS) await db.collection(name).createIndex({ writer: 1, n: -1 });
        for (const name of COLLECTIONS)
          await db.collection(name).createIndex({ n: 1, _id: 1 }, { unique: true });
      });
      for (let round = 0; round < rounds; round++) {
        await engine.use((db, client) => writeUntilKilled(db, client, round, acknowledged));
        engine.start();
        await engine.use((db) => expectNothingLost(db, acknowledged));
      }
    },
    rounds * 60_000,
  );
}
