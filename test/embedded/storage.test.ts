import { type Document, Long, serialize, Timestamp } from 'bson';
import { Environment } from '../../src/embedded/storage/lmdb';
import { FakeConnection, FakeSession, InProcessEngine } from './in-process-engine';

let engine: InProcessEngine;

beforeEach(async () => {
  engine = await new InProcessEngine().open();
});
afterEach(() => engine.remove());

const insert = (...ids: number[]) => ({ insert: 'c', documents: ids.map((_id) => ({ _id })) });
const increment = (_id: number) => ({ update: 'c', updates: [{ q: { _id }, u: { $inc: { n: 1 } } }] });

describe('retryable writes', () => {
  it.each<[string, Document, Document]>([
    ['an insert', insert(2, 3), { n: 2 }],
    ['an update', increment(1), { n: 1, nModified: 1 }],
    ['a delete', { delete: 'c', deletes: [{ q: { _id: { $lt: 2 } }, limit: 1 }] }, { n: 1 }],
    [
      'findAndModify',
      { findAndModify: 'c', query: { _id: 7 }, update: { $inc: { n: 1 } }, upsert: true, new: true },
      { value: { _id: 7, n: 1 } },
    ],
  ])('answers %s again without doing it again', async (_, command, answer) => {
    await engine.run(insert(0, 1));
    const write = { ...command, ...new FakeSession().retryable(1) };
    const first = await engine.run(write);
    const done = await engine.all('c');
    expect(first).toMatchObject(answer);
    expect(await engine.run(write)).toEqual(first);
    expect(await engine.all('c')).toEqual(done);
  });

  it('does what was not done, when only some of it was', async () => {
    const session = new FakeSession();
    await engine.run({ ...insert(1), ...session.retryable(1) });
    expect(await engine.run({ ...insert(1, 2), ...session.retryable(1) })).toEqual({ n: 2, ok: 1 });
    expect(await engine.run({ ...increment(1), ...session.retryable(1) })).toMatchObject({ code: 40606 });
    expect(await engine.all('c')).toEqual([{ _id: 1 }, { _id: 2 }]);
  });

  it('does a write once that is repeated while it runs', async () => {
    const session = new FakeSession();
    await engine.run(insert(1));
    const replies = await Promise.all(
      [1, 2, 3].map(() => engine.run({ ...increment(1), ...session.retryable(1) })),
    );
    expect(replies).toEqual(Array(3).fill({ n: 1, nModified: 1, ok: 1 }));
    expect(await engine.all('c')).toEqual([{ _id: 1, n: 1 }]);
  });
});

describe('sessions', () => {
  it('a higher transaction number aborts the open transaction; a lower or unknown one is refused', async () => {
    await engine.run(insert(1));
    const session = new FakeSession();
    await engine.run({ ...increment(1), ...session.begin() });
    await engine.run({ find: 'c', ...session.begin() });
    // The first one holds nothing any more.
    expect(await engine.run({ ...increment(1), maxTimeMS: 1000 })).toMatchObject({ n: 1 });

    const commit = (number: number) =>
      engine.run({ commitTransaction: 1, ...session.statement(number) }, 'admin');
    expect(await commit(1)).toMatchObject({ code: 225, codeName: 'TransactionTooOld' });
    expect(await commit(9)).toMatchObject({ code: 251, errorLabels: ['TransientTransactionError'] });
    expect(await commit(2)).toEqual({ ok: 1 });
    expect(await commit(2)).toEqual({ ok: 1 });
    const abort = { abortTransaction: 1, ...session.statement() };
    expect(await engine.run(abort, 'admin')).toMatchObject({ code: 256, codeName: 'TransactionCommitted' });
    expect(await engine.all('c')).toEqual([{ _id: 1, n: 1 }]);
  });

  it('refuses what no transaction may contain', async () => {
    const session = new FakeSession();
    for (const [command, code] of [
      [{ count: 'c', ...session.begin() }, 263],
      [{ drop: 'c', ...session.begin() }, 263],
      [{ createIndexes: 'c', indexes: [{ key: { b: 1 }, name: 'b' }], ...session.begin() }, 263],
      [{ ...insert(1), lsid: undefined, txnNumber: Long.ONE }, 72],
      [{ find: 'c', ...session.retryable(9) }, 50768],
    ] as const)
      expect(await engine.run(command)).toMatchObject({ code });
    expect(await engine.run({ find: 'c', ...session.begin() }, 'admin')).toMatchObject({ code: 263 });
  });

  it('a transaction ends with the connection that its latest statement came in on', async () => {
    await engine.run(insert(1, 2));
    const session = new FakeSession();
    const [first, second] = [new FakeConnection(), new FakeConnection()];
    await engine.run({ ...increment(1), ...session.begin() }, 'test', first);
    await engine.run({ ...increment(2), ...session.statement() }, 'test', second);
    first.close();
    expect(await engine.run({ ...increment(1), maxTimeMS: 20 })).toMatchObject({ code: 50 });
    second.close();
    expect(await engine.run(increment(1))).toMatchObject({ n: 1 });
    expect(await engine.run({ ...increment(1), ...session.statement() })).toMatchObject({ code: 251 });
  });
});

it('aborts a transaction that lies idle', async () => {
  await engine.run(insert(1));
  await engine.close();
  await engine.open({ transactionIdleMilliseconds: 80 });
  const session = new FakeSession();
  await engine.run({ ...increment(1), ...session.begin() });
  expect(await engine.run({ ...increment(1), maxTimeMS: 5000 })).toMatchObject({ n: 1 });
  expect(await engine.run({ ...increment(1), ...session.statement() })).toMatchObject({
    code: 251,
    errorLabels: ['TransientTransactionError'],
  });
});

describe('one statement among others', () => {
  it('is refused alone, and changes nothing where it is refused halfway through its indexes', async () => {
    const indexes = [
      { key: { a: 1 }, name: 'a' },
      { key: { b: 1 }, name: 'b', unique: true },
    ];
    await engine.run({ createIndexes: 'c', indexes });
    const put = (_id: number, b: number) => engine.run({ insert: 'c', documents: [{ _id, a: _id, b }] });
    const replies = await Promise.all([put(1, 1), put(2, 1), put(3, 3)]);
    expect(replies.map(({ n }) => n as number)).toEqual([1, 0, 1]);
    expect(await engine.all('c', { a: 2 })).toEqual([]);
    expect(await engine.run({ validate: 'c' })).toMatchObject({ valid: true, nrecords: 2 });
  });

  it('is not held up by a long one, which is done completely all the same', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => i);
    await engine.run({ insert: 'c', documents: [{ _id: -1 }] });
    const order: string[] = [];
    const long = engine.run(insert(...many)).then((reply) => order.push(`long ${reply['n']}`));
    await engine.run({ insert: 'c', documents: [{ _id: -2 }] }).then(() => order.push('short'));
    await long;
    expect(order).toEqual(['short', 'long 5000']);

    const updates = [{ q: { _id: { $gte: 0 } }, u: { $inc: { n: 1 } }, multi: true }];
    expect(await engine.run({ update: 'c', updates })).toMatchObject({ n: 5_000, nModified: 5_000 });
    expect(await engine.all('c', { n: { $ne: 1 } })).toHaveLength(2);
  });

  it('meets no document twice that its change has moved', async () => {
    await engine.run({ createIndexes: 'c', indexes: [{ key: { n: 1 }, name: 'n' }] });
    const documents = Array.from({ length: 50 }, (_, i) => ({ _id: i, n: i }));
    await engine.run({ insert: 'c', documents });
    const updates = [{ q: { n: { $gte: 0 } }, u: { $inc: { n: 10 } }, multi: true }];
    expect(await engine.run({ update: 'c', updates })).toMatchObject({ n: 50, nModified: 50 });
    expect(await engine.all('c')).toEqual(documents.map(({ _id, n }) => ({ _id, n: n + 10 })));
  });
});

describe('a data folder', () => {
  it('keeps documents, indexes, counts and what is known of arrays', async () => {
    await engine.run({ createIndexes: 'c', indexes: [{ key: { tags: 1 }, name: 'tags' }] });
    await engine.run({ insert: 'c', documents: [{ _id: 1, tags: ['A', 'z'] }, { _id: 2 }] });
    await engine.run({ delete: 'c', deletes: [{ q: { _id: 2 }, limit: 1 }] });
    await engine.close();
    await engine.open();
    expect(await engine.run({ count: 'c' })).toMatchObject({ n: 1 });
    // Found by either bound; with one range for both it would not be.
    expect(await engine.all('c', { tags: { $gte: 'b', $lte: 'y' } })).toHaveLength(1);
    expect(await engine.run(insert(3))).toMatchObject({ n: 1 });
  });

  it('of the format before is opened as it is; of a newer one it is refused, and left as it is', async () => {
    const writeFormat = async (version: number) => {
      const environment = new Environment(engine.folder);
      await environment.write((writer) => {
        writer.put('catalog', Buffer.from('!format'), Buffer.of(0, 0, 0, version));
        for (const key of ['!applied', '!applying']) writer.remove('catalog', Buffer.from(key));
      });
      await environment.close();
    };
    await engine.run(insert(1));
    await engine.close();
    await writeFormat(3);
    await expect(engine.open()).rejects.toThrow(/format version 3; .* newer program/);
    await writeFormat(1);
    await engine.open();
    expect(await engine.run(insert(2))).toMatchObject({ n: 1 });
    expect(await engine.all('c')).toHaveLength(2);
  });

  it('gives back the room of what was dropped', async () => {
    const documents = Array.from({ length: 3000 }, (_, _id) => ({ _id, text: 'x'.repeat(100) }));
    await engine.run({ insert: 'c', documents });
    await engine.run({ drop: 'c' });
    await engine.close();
    const tables = new Environment(engine.folder);
    const left = [...tables.snapshot().reader.range('documents', Buffer.of(0), Buffer.of(255))];
    await tables.close();
    expect(left.length).toBeLessThan(documents.length);
    await engine.open();
    await engine.run({ insert: 'c', documents });
    expect(await engine.run({ validate: 'c' })).toMatchObject({ valid: true, nrecords: 3000 });
  });
});

describe('documents', () => {
  it.each([
    [{ a: 1, _id: [1] }, 2],
    [{ _id: /a/ }, 2],
    [{ $a: 1 }, 2],
    [{ at: new Timestamp({ t: 0, i: 0 }) }, 238],
  ])('refuses %j', async (document, code) => {
    const reply = await engine.run({ insert: 'c', documents: [document] });
    expect(reply).toMatchObject({ n: 0, writeErrors: [{ index: 0, code }] });
  });

  it('keeps every other field as it came, wherever _id stood', async () => {
    const rest = { inner: { at: new Timestamp({ t: 0, i: 0 }) }, é: 1 };
    const values = { a: [1, { b: null }], ...rest };
    const documents = [
      { _id: 1, ...values },
      { ...values, _id: 2 },
      { a: values.a, _id: 3, ...rest },
      values,
    ];
    expect(await engine.run({ insert: 'c', documents })).toMatchObject({ n: 4 });
    for (const document of await engine.all('c')) {
      expect(Object.keys(document)).toEqual(['_id', 'a', 'inner', 'é']);
      expect(document).toMatchObject(values);
    }
  });

  it('refuses one of more than 16 MiB', async () => {
    const text = 'x'.repeat(16 * 2 ** 20 - serialize({ _id: 1, text: '' }).length);
    expect(await engine.run({ insert: 'c', documents: [{ _id: 1, text }] })).toMatchObject({ n: 1 });
    const reply = await engine.run({ insert: 'c', documents: [{ _id: 2, text: text + 'x' }] });
    expect(reply).toMatchObject({ n: 0, writeErrors: [{ code: 2 }] });
  });
});
