import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Db } from 'mongodb';
import { KillableEngine } from './engine-process';

const SINGLE_WRITERS = 12;
const TRANSACTION_WRITERS = 8;

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

let engine: KillableEngine;

beforeEach(() => (engine = new KillableEngine()));
afterEach(() => engine.remove());

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
  const counter = db.collection<Entry>('counters');
  await counter.updateOne({ _id: writer }, { $inc: { n: 1 } }, { ...options, upsert: true });
  await db.collection<Entry>('right').insertOne({ _id, writer: n % 7, n }, options);
  await session.commitTransaction();
}

async function writeUntilKilled(round: number, acknowledged: Acknowledged): Promise<void> {
  await engine.use(async (db, client) => {
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
    const { singles: changed, transactions } = acknowledged;
    const [someSingles, someTransactions] = [
      changed.size + SINGLE_WRITERS,
      transactions.size + TRANSACTION_WRITERS,
    ];
    while (changed.size < someSingles || transactions.size < someTransactions) await sleep(10);
    await sleep(Math.random() * 600);
    await engine.stop('SIGKILL');
    await Promise.all([...singles, ...together]);
  });
}

/** The number of each entry of a collection, by its id. */
async function numbersIn(db: Db, name: string): Promise<Map<string, number>> {
  const entries = await db.collection<Entry>(name).find().toArray();
  return new Map(entries.map(({ _id, n }) => [_id, n]));
}

async function expectNothingLost(db: Db, acknowledged: Acknowledged): Promise<void> {
  const singles = await numbersIn(db, 'singles');
  const left = await numbersIn(db, 'left');
  const lost = [...acknowledged.singles].filter(([id, n]) => (singles.get(id) ?? 0) < n);

  expect(lost).toEqual([]);
  expect([...acknowledged.transactions].filter((id) => !left.has(id))).toEqual([]);
  // No half transaction: both sides have the same, and the counters have counted exactly that.
  expect(await numbersIn(db, 'right')).toEqual(left);
  for (const [writer, n] of await numbersIn(db, 'counters'))
    expect([...left.keys()].filter((id) => id.startsWith(`${writer}-`))).toHaveLength(n);
  for (const name of ['singles', 'left', 'right', 'counters']) {
    expect(await db.command({ validate: name })).toMatchObject({ valid: true });
  }
}

function testTransactions(rounds: number): void {
  it(
    `loses nothing acknowledged and keeps no half transaction in ${rounds} kills`,
    async () => {
      const acknowledged: Acknowledged = { singles: new Map(), transactions: new Set() };
      engine.start();
      await engine.use(async (db) => {
        // Made first: of many transactions that make a collection together, all but one would end.
        for (const name of ['singles', 'left', 'right', 'counters']) {
          await db.collection(name).createIndex({ writer: 1, n: -1 });
          await db.collection(name).createIndex({ n: 1, _id: 1 }, { unique: true });
        }
      });
      for (let round = 0; round < rounds; round++) {
        await writeUntilKilled(round, acknowledged);
        engine.start();
        await engine.use((db) => expectNothingLost(db, acknowledged));
      }
    },
    rounds * 60_000,
  );
}

/** So many that checkpoints follow one another, and so few that a group goes through the journal. */
const BATCH = 60;
const BATCH_WRITERS = 6;

async function writeBatch(db: Db, session: ClientSession, batch: string): Promise<void> {
  session.startTransaction();
  const entryOf = (n: number) => ({ _id: `${batch}/${n}`, batch, writer: n % 7, n });
  const entries = Array.from({ length: BATCH }, (_, n) => entryOf(n));
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

function testCheckpoints(rounds: number): void {
  it(
    `loses nothing acknowledged in ${rounds} kills between and within checkpoints`,
    async () => {
      const acknowledged = new Set<string>();
      engine.start();
      await engine.use(async (db) => {
        await db.collection('batches').createIndex({ writer: 1, n: -1, _id: 1 });
        await db.collection('batches').createIndex({ n: 1, batch: 1 });
      });
      for (let round = 0; round < rounds; round++) {
        await engine.use(async (db, client) => {
          const writers = Array.from({ length: BATCH_WRITERS }, (_, index) => {
            const session = client.startSession();
            return untilKilled(async (n) => {
              await writeBatch(db, session, `${round}b${index}-${n}`);
              acknowledged.add(`${round}b${index}-${n}`);
            });
          });
          const some = acknowledged.size + BATCH_WRITERS;
          // The second file is begun with the first checkpoint.
          while (acknowledged.size < some || !existsSync(join(engine.folder, 'journal.2'))) await sleep(20);
          await sleep(Math.random() * 800);
          await engine.stop('SIGKILL');
          await Promise.all(writers);
        });
        engine.start();
        await engine.use(async (db) => {
          const counts = await countBatches(db);
          expect([...acknowledged].filter((batch) => !counts.has(batch))).toEqual([]);
          expect([...counts].filter(([, count]) => count !== BATCH)).toEqual([]);
          expect(await db.command({ validate: 'batches' })).toMatchObject({ valid: true });
        });
      }
    },
    rounds * 60_000,
  );
}

/** Kills the engine that often, in two ways of writing, and looks for what was acknowledged. */
export function testCrashes(rounds: number): void {
  testTransactions(rounds);
  testCheckpoints(rounds);
}
