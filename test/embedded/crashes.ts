import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Db, MongoClient } from 'mongodb';
import { KillableEngine } from './engine-process';

const SINGLE_WRITERS = 10;
const TRANSACTION_WRITERS = 6;
/** Documents of a transaction: many, so that checkpoints follow one another; few, so that groups go through the journal. */
const BATCH = 60;
const COLLECTIONS = ['singles', 'left', 'right', 'counters'];

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
  const _id = `${writer}-${n}`;
  const entries = Array.from({ length: BATCH }, (_, i) => ({ _id: `${_id}/${i}`, writer: i % 7, n: i }));
  await db.collection<Entry>('left').insertMany(entries, options);
  const counters = db.collection<Entry>('counters');
  await counters.updateOne({ _id: writer }, { $inc: { n: 1 } }, { ...options, upsert: true });
  await db.collection<Entry>('right').insertOne({ _id, writer: n % 7, n }, options);
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
  const { singles, transactions } = acknowledged;
  const enough = [singles.size + SINGLE_WRITERS, transactions.size + TRANSACTION_WRITERS] as const;
  const sessions = Array.from({ length: TRANSACTION_WRITERS }, () => client.startSession());
  const writing = [
    ...write(SINGLE_WRITERS, (writer, n) => writeOne(db, `${round}s${writer}-${n}`, n, acknowledged)),
    ...write(TRANSACTION_WRITERS, async (writer, n) => {
      await writeTogether(db, sessions[writer]!, `${round}t${writer}`, n);
      transactions.add(`${round}t${writer}-${n}`);
    }),
  ];
  const some = () => singles.size >= enough[0] && transactions.size >= enough[1];
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

async function expectNothingLost(db: Db, { singles, transactions }: Acknowledged): Promise<void> {
  const stored = await numbersIn(db, 'singles');
  const right = [...(await numbersIn(db, 'right')).keys()];
  expect([...singles].filter(([id, n]) => (stored.get(id) ?? 0) < n)).toEqual([]);
  expect([...transactions].filter((id) => !right.includes(id))).toEqual([]);
  // No half transaction: each is there on both sides, and the counters have counted exactly that.
  const left = [...(await numbersIn(db, 'left')).keys()];
  const whole = right.flatMap((id) => Array.from({ length: BATCH }, (_, i) => `${id}/${i}`));
  expect(left.sort()).toEqual(whole.sort());
  for (const [writer, n] of await numbersIn(db, 'counters'))
    expect(right.filter((id) => id.startsWith(`${writer}-`))).toHaveLength(n);
  for (const name of COLLECTIONS) expect(await db.command({ validate: name })).toMatchObject({ valid: true });
}

/** Kills the engine that often, between and within checkpoints, and looks for what was acknowledged. */
export function testCrashes(rounds: number): void {
  it(
    `loses nothing acknowledged and keeps no half transaction in ${rounds} kills`,
    async () => {
      const acknowledged: Acknowledged = { singles: new Map(), transactions: new Set() };
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
