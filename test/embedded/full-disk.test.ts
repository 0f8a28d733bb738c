import type { Db } from 'mongodb';
import { KillableEngine } from './engine-process';

let engine: KillableEngine;

beforeEach(() => (engine = new KillableEngine()));
afterEach(() => engine.remove());

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

it('a full disk is told to clients, loses nothing, and passes when there is room', async () => {
  // No file may grow beyond this: what a full disk does to a process, for one without rights over disks.
  engine.start({ shellPrefix: 'ulimit -f 8192' });
  const rest = await engine.use(async (db) => {
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

  engine.start();
  await engine.use(async (db) => {
    expect(await storedIds(db)).toEqual(rest);
    await db.collection<Big>('c').insertOne({ _id: -2, big });
    expect(await db.command({ validate: 'c' })).toMatchObject({ valid: true });
  });
}, 60_000);
