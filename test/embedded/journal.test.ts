import fs, { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { decodeRecords, encodeRecord } from '../../src/embedded/storage/journal';
import { Environment, type Reader } from '../../src/embedded/storage/lmdb';
import { Store } from '../../src/embedded/storage/store';

/** What a store holds, or should: keys and values as text. */
type Content = Record<string, string>;

const root = mkdtempSync(join(tmpdir(), 'journal-test-'));
const newFolder = () => mkdtempSync(join(root, 'store-'));
const opened: Store[] = [];
let failures: unknown[] = [];
/** What tests begin with. */
let folder: string;
let store: Store;

async function open(folder: string, keysOfCheckpoint?: number): Promise<Store> {
  const onFailure = (error: unknown) => failures.push(error);
  const store = await Store.open(new Environment(folder), folder, { onFailure, keysOfCheckpoint });
  opened.push(store);
  return store;
}

/** For a store that begins a checkpoint with so many keys. */
async function openNew(keysOfCheckpoint?: number): Promise<void> {
  folder = newFolder();
  store = await open(folder, keysOfCheckpoint);
}

async function close(store: Store): Promise<void> {
  opened.splice(opened.indexOf(store), 1);
  await store.close();
}

beforeEach(() => openNew());
afterEach(async () => {
  jest.restoreAllMocks();
  for (const store of opened.splice(0)) await store.close();
  failures = [];
});
afterAll(() => rmSync(root, { recursive: true }));

function put(store: Store, changes: Record<string, string | null>): Promise<void> {
  return store.write((writer) => {
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) writer.remove('documents', Buffer.from(key));
      else writer.put('documents', Buffer.from(key), Buffer.from(value));
    }
  });
}

function contentOf(reader: Reader): Content {
  const entries = [...reader.range('documents', Buffer.of(0), Buffer.of(255))];
  return Object.fromEntries(entries.map(({ key, value }) => [key.toString(), value.toString()]));
}

function latest(store: Store): Content {
  const snapshot = store.snapshot();
  const content = contentOf(snapshot.reader);
  snapshot.release();
  return content;
}

/** The folder as a crash would leave it now; `damage` is what happens to the file of the journal. */
function crashed(folder: string, damage: (journal: Buffer) => Buffer = (same) => same): string {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const journal = join(copy, 'journal.1');
  if (existsSync(journal)) writeFileSync(journal, damage(readFileSync(journal)));
  return copy;
}

async function contentAfter(folder: string): Promise<Content> {
  const store = await open(folder);
  const content = latest(store);
  await close(store);
  return content;
}

/** Now, and after a crash. */
async function expectStored(expected: Content): Promise<void> {
  expect(latest(store)).toEqual(expected);
  expect(await contentAfter(crashed(folder))).toEqual(expected);
}

/** What the tables have by themselves. */
async function tablesOf(folder: string): Promise<Content> {
  const tables = new Environment(folder);
  const snapshot = tables.snapshot();
  const content = contentOf(snapshot.reader);
  snapshot.release();
  await tables.close();
  return content;
}

async function expectDamaged(folder: string, detail: string): Promise<void> {
  const environment = new Environment(folder);
  const opening = Store.open(environment, folder, { onFailure: () => undefined });
  await expect(opening).rejects.toThrow(`damaged: of its commits up to ${detail} is missing`);
  await environment.close();
}

/** Where the records of a journal's file begin, and where the last one ends. */
function boundsIn(folder: string): number[] {
  const file = readFileSync(join(folder, 'journal.1'));
  const bounds = [0];
  [...decodeRecords(file)].forEach(() =>
    bounds.push(bounds.at(-1)! + 24 + file.readUInt32BE(bounds.at(-1)!)),
  );
  return bounds;
}

/** As a disk that is full, or broken, for the files of the journal; the data file has LMDB's own calls. */
function failing(call: 'write' | 'fdatasync', code: string): jest.SpyInstance {
  const fail = (...given: unknown[]) =>
    (given.at(-1) as (error: Error) => void)(Object.assign(new Error(code), { code }));
  return jest.spyOn(fs, call).mockImplementation(fail as never);
}

function failingTables(): jest.SpyInstance {
  return jest.spyOn(Environment.prototype, 'apply').mockRejectedValue(new Error('no room'));
}

describe('after a crash', () => {
  it('has what was committed, though the tables had none of it, and nothing of a damaged commit', async () => {
    await put(store, { a: '1' });
    await put(store, { a: '2', b: '2' });
    const whole = crashed(folder);
    expect(await tablesOf(crashed(whole))).toEqual({});
    expect(await contentAfter(crashed(whole))).toEqual({ a: '2', b: '2' });

    const damages = [
      (journal: Buffer, at: number) => journal.subarray(0, at),
      (journal: Buffer, at: number) => journal.fill(0, at),
      (journal: Buffer, at: number) => journal.fill(journal[at]! ^ 0x10, at, at + 1),
    ];
    const [, begin, end] = boundsIn(whole) as [number, number, number];
    for (let at = begin; at < end; at++) {
      const image = crashed(whole, (journal) => damages[at % damages.length]!(journal, at));
      const again = await open(image);
      expect(latest(again)).toEqual({ a: '1' });
      await put(again, { c: '3' });
      const after = crashed(image);
      await close(again);
      for (const each of [image, after]) expect(await contentAfter(each)).toEqual({ a: '1', c: '3' });
    }
  });

  it('shows no part of what follows a damaged commit', async () => {
    for (const value of ['1', '2', '3']) await put(store, { a: value, b: value });
    const [, second] = boundsIn(folder) as [number, number];
    const image = crashed(folder, (journal) =>
      journal.fill(journal[second + 30]! ^ 1, second + 30, second + 31),
    );
    expect(await contentAfter(image)).toEqual({ a: '1', b: '1' });
  });

  it('refuses a journal that lacks commits on which later ones were built', async () => {
    failingTables();
    await openNew(2);
    await put(store, { a: '1', b: '1' });
    await put(store, { c: '2' });
    expect(existsSync(join(folder, 'journal.2'))).toBe(true);
    const image = crashed(folder, (journal) => journal.fill(0));
    jest.restoreAllMocks();

    await expectDamaged(image, '2, 1');
  });

  it('in the middle of a checkpoint has all that was committed, and refuses to start with a part of it', async () => {
    await openNew(12);
    const apply = Environment.prototype.apply;
    let pieces = 0;
    const some = function (this: Environment, ...given: Parameters<typeof apply>) {
      return ++pieces > 5 ? Promise.reject(new Error('no room')) : apply.apply(this, given);
    };
    const half = jest.spyOn(Environment.prototype, 'apply').mockImplementation(some);
    await put(store, Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`k${n}`, `${n}`])));
    await put(store, { last: 'one' });
    while (failures.length === 0) await sleep(10);
    expect(Object.keys(latest(store))).toHaveLength(13);
    const image = crashed(folder);
    const damaged = crashed(folder, (journal) => journal.fill(0));
    half.mockRestore();

    const inTables = Object.keys(await tablesOf(crashed(folder))).length;
    expect(inTables).toBeGreaterThan(0);
    expect(inTables).toBeLessThan(12);
    expect(await contentAfter(image)).toEqual(latest(store));
    rmSync(join(damaged, 'journal.2'));
    await expectDamaged(damaged, '1, 1');
  });
});

it('takes no record for its own that a client has made up', async () => {
  const forged = encodeRecord(3, Buffer.alloc(8), [
    { table: 'documents', key: Buffer.from('forged'), value: Buffer.from('x') },
  ]);
  await put(store, { a: '1' });
  await put(store, { a: '2' });
  const end = boundsIn(folder).at(-1)!;
  const image = crashed(folder, (journal) => {
    forged.copy(journal, end);
    return journal;
  });
  expect([...decodeRecords(readFileSync(join(image, 'journal.1')).subarray(end))]).toHaveLength(1);
  expect(await contentAfter(image)).toEqual({ a: '2' });
});

describe('a disk that fails', () => {
  beforeEach(() => put(store, { a: '1' }));

  it('on the way into the journal: the tables take the commit', async () => {
    const write = failing('write', 'ENOSPC');
    await put(store, { b: '2' });
    expect(write).toHaveBeenCalled();
    await expectStored({ a: '1', b: '2' });
  });

  it('in the middle of a record: it is cut off, refused, and never comes back', async () => {
    const tables = failingTables();
    const write = fs.write;
    type Given = [fd: number, bytes: Buffer, at: number, length: number, position: number, done: never];
    const half = (...[fd, bytes, at, length, position, done]: Given) => {
      if (length > 2) write(fd, bytes, at, length >> 1, position, done);
      else (done as (error: Error) => void)(new Error('full'));
    };
    const halves = jest.spyOn(fs, 'write').mockImplementation(half as never);
    await expect(put(store, { a: '2', b: '2' })).rejects.toThrow('no room');

    expect(statSync(join(folder, 'journal.1')).size).toBe(boundsIn(folder).at(-1));
    tables.mockRestore();
    await expectStored({ a: '1' });
    halves.mockRestore();
    await put(store, { c: '3' });
    await expectStored({ a: '1', c: '3' });
  });

  it('at a flush: that file is not written to again, and the commit is in the tables', async () => {
    const file = statSync(join(folder, 'journal.1')).ino;
    failing('fdatasync', 'EIO');
    await put(store, { b: '2' });
    jest.restoreAllMocks();
    expect(existsSync(join(folder, 'journal.1'))).toBe(false);
    await expectStored({ a: '1', b: '2' });

    writeFileSync(join(folder, 'takes-the-inode'), '');
    await put(store, { c: '3' });
    expect(statSync(join(folder, 'journal.1')).ino).not.toBe(file);
    await expectStored({ a: '1', b: '2', c: '3' });
  });

  it('at a flush, and in the tables: nothing is written through that file until the tables have all', async () => {
    const tables = failingTables();
    const flush = failing('fdatasync', 'EIO');
    await expect(put(store, { b: '2' })).rejects.toThrow('no room');
    flush.mockRestore();
    await expect(put(store, { c: '3' })).rejects.toThrow('no room');
    expect(latest(store)).toEqual({ a: '1' });
    tables.mockRestore();
    await put(store, { d: '4' });
    await expectStored({ a: '1', d: '4' });
  });

  it('under a checkpoint: it is told, writes go on, and the next one brings in all', async () => {
    await openNew(2);
    const tables = failingTables();
    for (let n = 0; n < 20; n++) {
      await put(store, { [`k${n}`]: `${n}`, [`k${n - 1}`]: null });
      expect(latest(store)).toEqual({ [`k${n}`]: `${n}` });
    }
    expect(failures.length).toBeGreaterThan(0);
    tables.mockRestore();
    await expectStored({ k19: '19' });
    await close(store);
    for (const name of ['journal.1', 'journal.2']) expect(existsSync(join(folder, name))).toBe(false);
    expect(await contentAfter(folder)).toEqual({ k19: '19' });
  });

  it('under checkpoints for long: writes are refused before memory is, and taken again afterwards', async () => {
    const tables = failingTables();
    const big = 'x'.repeat(900 * 1024);
    let stored = 0;
    const fill = async () => {
      for (; stored < 200; stored++) await put(store, { [`k${stored}`]: big });
    };
    await expect(fill()).rejects.toThrow('no room');
    expect(stored).toBeGreaterThanOrEqual(60);
    expect(stored).toBeLessThan(80);
    expect(Object.keys(latest(store))).toHaveLength(stored + 1);
    // The next try comes later: each one hands LMDB all that there is.
    const tries = tables.mock.calls.length;
    await expect(put(store, { more: big })).rejects.toThrow('no room');
    expect(tables).toHaveBeenCalledTimes(tries);
    tables.mockRestore();
    await close(store);
    const again = await open(folder);
    await put(again, { more: big });
    expect(Object.keys(latest(again))).toHaveLength(stored + 2);
  });

  it('at the start: what the journal holds is read all the same, and kept', async () => {
    folder = crashed(folder);
    const tables = failingTables();
    store = await open(folder);
    expect(latest(store)).toEqual({ a: '1' });
    await expect(put(store, { b: '2' })).rejects.toThrow('no room');
    expect(failures).toHaveLength(1);
    tables.mockRestore();
    await expectStored({ a: '1' });
    await put(store, { c: '3' });
    await expectStored({ a: '1', c: '3' });
  });
});

it('puts a large commit, and what is built in bulk, into the tables behind what came before', async () => {
  await put(store, { a: '1', b: '1' });
  await put(store, { a: 'x'.repeat(5 * 2 ** 20), b: null });
  const image = crashed(folder, (journal) => journal.subarray(0, 0));
  expect(await contentAfter(image)).toEqual({ a: 'x'.repeat(5 * 2 ** 20) });

  await put(store, { a: '2' });
  await store.writeThrough((writer) => {
    expect(writer.get('documents', Buffer.from('a'))?.toString()).toBe('2');
    writer.put('documents', Buffer.from('a'), Buffer.from('3'));
  });
  await put(store, { c: '4' });
  await expectStored({ a: '3', c: '4' });
});

it('shows nothing of what is being brought into the tables before all of it is there', async () => {
  const folder = newFolder();
  const environment = new Environment(folder);
  const applying = environment.apply([
    { table: 'documents', key: Buffer.from('a'), value: Buffer.from('1') },
  ]);
  // On a busy machine it can be over before the wait begins.
  let shown = 0;
  void applying.then(() => (shown = 1));
  await setImmediate();
  await setImmediate();
  // LMDB commits on a thread of its own, and this one hears of it later.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  const meanwhile = environment.snapshot();
  const before = shown;
  expect(Object.keys(contentOf(meanwhile.reader))).toHaveLength(before);
  await applying;
  const after = environment.snapshot();
  expect(Object.keys(contentOf(meanwhile.reader))).toHaveLength(before);
  expect(contentOf(after.reader)).toEqual({ a: '1' });
  meanwhile.release();
  after.release();
  await environment.close();
});

it('brings recent writes into the tables when nothing is written for a while, also after it has failed', async () => {
  const tables = jest.spyOn(Environment.prototype, 'apply').mockRejectedValueOnce(new Error('no room'));
  await put(store, { a: '1' });
  const end = Date.now() + 15_000;
  while (tables.mock.calls.length < 2 && Date.now() < end) await sleep(50);
  await tables.mock.results.at(-1)!.value;
  expect(failures).toHaveLength(1);
  expect(await contentAfter(crashed(folder, (journal) => journal.fill(0)))).toEqual({ a: '1' });
}, 30_000);
