import { Document } from 'bson';
import { InProcessEngine } from './in-process-engine';

let engine: InProcessEngine;

beforeEach(async () => {
  engine = await new InProcessEngine().open();
});
afterEach(() => engine.remove());

const index = (key: Document, options: Document = {}) => ({
  key,
  name: Object.keys(key).join('_'),
  ...options,
});
const create = (...indexes: Document[]) => engine.run({ createIndexes: 'c', indexes });
const insert = (...documents: Document[]) => engine.run({ insert: 'c', documents });

async function errorOf(reply: Promise<Document>): Promise<Document> {
  const { writeErrors } = await reply;
  return (writeErrors as Document[])[0]!;
}

async function expectValid(): Promise<void> {
  expect(await engine.run({ validate: 'c' })).toMatchObject({ valid: true, errors: [] });
}

describe('unique indexes', () => {
  it('tell of the array element that collides', async () => {
    await create(index({ 'items.sku': 1, shop: -1 }, { unique: true }));
    await insert({ _id: 1, shop: 's', items: [{ sku: 'a' }, { sku: 'b' }] });
    const error = await errorOf(insert({ _id: 2, shop: 's', items: [{ sku: 'x' }, { sku: 'b' }] }));
    expect(error).toEqual({
      index: 0,
      code: 11000,
      keyPattern: { 'items.sku': 1, shop: -1 },
      keyValue: { 'items.sku': 'b', shop: 's' },
      errmsg:
        'E11000 duplicate key error collection: test.c index: items.sku_shop dup key: { items.sku: "b", shop: "s" }',
    });
    await expectValid();
  });

  it('let one document have equal elements, and keep or move its own keys', async () => {
    await create(index({ tags: 1 }, { unique: true }));
    expect(await insert({ _id: 1, tags: ['a', 'a', 'b'] })).toMatchObject({ n: 1 });
    const set = (tags: unknown) => ({ update: 'c', updates: [{ q: { _id: 1 }, u: { $set: { tags } } }] });
    expect(await engine.run(set(['b', 'c']))).toMatchObject({ nModified: 1 });
    expect(await insert({ _id: 2, tags: 'a' })).toMatchObject({ n: 1 });
    expect(await engine.run(set(['c', 'a']))).toMatchObject({ nModified: 0, writeErrors: [{ code: 11000 }] });
    await expectValid();
  });

  it('over documents that collide are not made, and leave nothing behind', async () => {
    await insert({ _id: 1, a: 1, b: 1 }, { _id: 2, a: 1, b: 2 });
    const reply = await create(index({ b: 1 }), index({ a: 1 }, { unique: true }));
    expect(reply).toMatchObject({ ok: 0, code: 11000, keyPattern: { a: 1 }, keyValue: { a: 1 } });
    expect(await engine.run({ listIndexes: 'c' })).toMatchObject({ cursor: { firstBatch: { length: 1 } } });
    await expectValid();
  });

  it('that are partial or sparse hold for the documents in them, and answer no query about others', async () => {
    await create(
      index({ a: 1 }, { unique: true, sparse: true }),
      index({ b: 1 }, { unique: true, partialFilterExpression: { live: true } }),
    );
    expect(
      await insert({ _id: 1, b: 1 }, { _id: 2, b: 1, live: true }, { _id: 3, b: 1, a: 1 }),
    ).toMatchObject({ n: 3 });
    expect(await errorOf(insert({ _id: 4, a: 1 }))).toMatchObject({ keyPattern: { a: 1 } });
    const revive = { update: 'c', updates: [{ q: { _id: 3 }, u: { $set: { live: true } } }] };
    expect(await errorOf(engine.run(revive))).toMatchObject({ keyPattern: { b: 1 } });
    expect(await engine.all('c', { a: null })).toHaveLength(2);
    expect(await engine.all('c', { b: 1 })).toHaveLength(3);
    await expectValid();
  });
});

describe('an index', () => {
  it('holds what was there before it, and what has come or changed since', async () => {
    await insert({ _id: 1, a: 5 }, { _id: 2, a: ['x', 'y'] }, { _id: 3 });
    await create(index({ a: -1 }));
    await insert({ _id: 4, a: 7 });
    await engine.run({ update: 'c', updates: [{ q: { _id: 1 }, u: { $set: { a: 'x' } } }] });
    await engine.run({ delete: 'c', deletes: [{ q: { _id: 2 }, limit: 1 }] });
    expect(await engine.all('c', { a: 'x' })).toEqual([{ _id: 1, a: 'x' }]);
    expect(await engine.all('c', { a: null })).toEqual([{ _id: 3 }]);
    await expectValid();
  });

  it('that was dropped and made anew holds no old entries', async () => {
    await create(index({ a: 1 }));
    await insert({ _id: 1, a: 1 });
    await engine.run({ dropIndexes: 'c', index: 'a' });
    await engine.run({ update: 'c', updates: [{ q: { _id: 1 }, u: { $set: { a: 2 } } }] });
    await create(index({ a: 1 }));
    expect(await engine.all('c', { a: 1 })).toEqual([]);
    expect(await engine.all('c', { a: 2 })).toHaveLength(1);
    await expectValid();
  });

  it('refuses parallel arrays and keys that are too long, and then the document is not stored', async () => {
    await create(index({ a: 1, b: 1 }));
    expect(await errorOf(insert({ _id: 1, a: [1], b: [1] }))).toMatchObject({ code: 171 });
    expect(await errorOf(insert({ _id: 1, a: 'x'.repeat(2000) }))).toMatchObject({ code: 17280 });
    expect(await engine.all('c')).toEqual([]);
  });
});

describe('specifications', () => {
  it.each([
    [{ key: {}, name: 'x' }, 67],
    [{ key: { a: 1 }, name: '' }, 67],
    [{ key: { a: 1 }, name: 'x', expireAfterSeconds: 1 }, 197],
    [{ key: { a: 1 }, name: 'x', nonsense: 1 }, 197],
    [{ key: { a: 'text' }, name: 'x' }, 67],
    [{ key: { 'a.$**': 1 }, name: 'x' }, 67],
    [{ key: { 'a.0': 1 }, name: 'x' }, 67],
    [{ key: { a: 1 }, name: 'x', v: 1 }, 67],
    [{ key: { a: 1 }, name: 'x', partialFilterExpression: { a: { $ne: 1 } } }, 67],
    [{ key: { a: 1 }, name: 'x', collation: { locale: 'de' } }, 197],
  ])('refuse %j', async (spec, code) => {
    expect(await create(spec)).toMatchObject({ ok: 0, code });
  });

  it('are at most 64', async () => {
    const many = Array.from({ length: 63 }, (_, i) => index({ [`f${i}`]: 1 }));
    expect(await create(...many)).toMatchObject({ numIndexesBefore: 1, numIndexesAfter: 64 });
    expect(await create(index({ more: 1 }))).toMatchObject({ code: 67 });
    expect(await create(...many)).toMatchObject({ note: 'all indexes already exist' });
  });
});
