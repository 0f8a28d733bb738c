import fc from 'fast-check';
import { type Collection, type Db, type Document, Double, Long, type Sort } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

const seed = Number(process.env.PLANNER_SEED ?? 20_260_101);
const numRuns = Number(process.env.PLANNER_RUNS ?? 15);

let engine: TemporaryEngine;
let db: Db;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  db = (await engine.connect()).db('random');
});
afterAll(() => engine.close());

// Few values, of all types that matter, so that conditions meet; and equal numbers of different types.
const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4 }) },
  fc.integer({ min: 0, max: 4 }).map((n) => new Double(n + 0.5 * (n % 2))),
  fc.integer({ min: 0, max: 4 }).map((n) => Long.fromNumber(n)),
  fc.constantFrom('', 'a', 'ab', 'b'),
  fc.integer({ min: 0, max: 3 }).map((n) => new Date(n)),
  fc.constantFrom(null, true, false, new Double(NaN), new Double(Infinity)),
  fc.constantFrom({ x: 1 }, { x: 2 }, {}),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
);
const path = fc.constantFrom('a', 'b', 'c', 'd.e', '_id');
const direction = fc.constantFrom(1 as const, -1 as const);

const storedDocument = fc.record(
  { a: value, b: scalar, c: fc.oneof({ weight: 9, arbitrary: scalar }, value), d: fc.record({ e: scalar }) },
  { requiredKeys: [] },
);

const test: fc.Arbitrary<unknown> = fc.oneof(
  value,
  fc
    .tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte', '$ne'), scalar)
    .map(([op, v]) => ({ [op]: v })),
  fc.tuple(scalar, scalar).map(([low, high]) => ({ $gte: low, $lt: high })),
  fc
    .tuple(fc.constantFrom('$in', '$nin', '$all'), fc.array(value, { maxLength: 3 }))
    .map(([op, list]) => ({ [op]: list })),
  fc.boolean().map((exists) => ({ $exists: exists })),
  scalar.map((v) => ({ $not: { $gt: v } })),
  fc.tuple(scalar, scalar).map(([low, high]) => ({ $elemMatch: { x: { $gte: low, $lte: high } } })),
);
const filter = fc.letrec<{ node: Document; leaf: Document }>((tie) => ({
  leaf: fc.dictionary(path, test, { maxKeys: 3 }),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(
        tie('leaf'),
        fc.constantFrom('$or', '$and', '$nor'),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      )
      .map(([leaf, op, branches]) => ({ ...leaf, [op]: branches })),
  ),
})).node;
const keyPattern = fc
  .uniqueArray(fc.tuple(path, direction), { minLength: 1, maxLength: 3, selector: ([name]) => name })
  .map((parts) => Object.fromEntries(parts));
// The index of _id alone is there already.
const indexPattern = keyPattern.filter((key) => Object.keys(key).join() !== '_id');
const query = fc.record({
  filter,
  // With the _id at its end an order leaves nothing open, and answers compare exactly.
  sort: fc.option(keyPattern.map((parts) => ({ ...parts, _id: parts._id ?? 1 }))),
  skip: fc.integer({ min: 0, max: 3 }),
  limit: fc.integer({ min: 0, max: 6 }),
  batchSize: fc.constantFrom(2, 3, 101),
});

type Query = typeof query extends fc.Arbitrary<infer Q> ? Q : never;

async function fill(
  collection: Collection,
  documents: Document[],
  indexes: Record<string, 1 | -1>[],
  unique = false,
) {
  await collection.createIndexes([
    { key: { z: 1 } },
    ...indexes.map((key, n) => ({ key, name: `index ${n}`, unique })),
  ]);
  // Documents that an index refuses, for arrays under two of its paths or for a key that is taken, are left out.
  const numbered = documents.map((document, n) => ({ ...document, _id: n as never }));
  await collection.insertMany(numbered, { ordered: false }).catch((error: { code?: number }) => {
    if (error.code !== 171 && !(unique && error.code === 11000)) throw error;
  });
}

/** The answer to a query, or the code of the error it ends with. */
async function answer(collection: Collection, q: Query, hint?: Document): Promise<unknown> {
  const { sort, skip, limit, batchSize } = q;
  const page = sort ? { sort: sort as Sort, skip, limit } : {};
  const options = { ...page, batchSize, ...(hint && { hint }), projection: { _id: 1 } };
  try {
    const found = await collection.find(q.filter, options).toArray();
    const ids = found.map(({ _id }) => Number(_id));
    return sort ? ids : ids.sort((x, y) => x - y);
  } catch (error) {
    return { code: (error as { code: number }).code };
  }
}

it.each([false, true])(
  'gives by indexes exactly what a scan and a sort give, where they are unique: %s',
  async (unique) => {
    const arrangement = fc.record({
      documents: fc.array(storedDocument, { minLength: 1, maxLength: 25 }),
      indexes: fc.uniqueArray(indexPattern, { minLength: 1, maxLength: 3, selector: JSON.stringify }),
      queries: fc.array(query, { minLength: 5, maxLength: 12 }),
      at: fc.nat(),
    });
    let found = 0;
    await fc.assert(
      fc.asyncProperty(arrangement, async ({ documents, indexes, queries, at }) => {
        const collection = db.collection('c');
        await collection.drop();
        await fill(collection, documents, indexes, unique);
        const stored = await collection.find().sort({ _id: 1 }).toArray();
        // What one of the documents has in an index, so that something is found there.
        const place = Object.keys(indexes[0]!).map((name) => ({
          [name]: valueOf(stored[at % stored.length]!, name),
        }));
        const filters = ({ filter }: Query) =>
          unique ? [{ $and: [...place, filter] }, { $and: [filter, ...place] }, { $and: place }] : [filter];
        for (const q of queries.flatMap((each) => filters(each).map((filter) => ({ ...each, filter })))) {
          const scanned = await answer(collection, q, { $natural: 1 });
          expect(await answer(collection, q)).toEqual(scanned);
          found += Array.isArray(scanned) ? scanned.length : 0;
          if (!Array.isArray(scanned) || q.sort) continue;
          const counted = await db.command({ count: 'c', query: q.filter });
          expect(counted.n).toBe(scanned.length);
        }
      }),
      { numRuns, seed },
    );
    expect(found).toBeGreaterThan(2 * numRuns);
  },
  120_000,
);

it('uses a partial index only where it has all that the filter finds', async () => {
  const comparison = fc
    .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte'), scalar)
    .map(([name, op, v]) => ({ [name]: { [op]: v } }));
  const arrangement = fc.record({
    documents: fc.array(storedDocument, { minLength: 1, maxLength: 25 }),
    partial: comparison,
    conditions: fc.array(fc.oneof(comparison, fc.constant(null), filter), { minLength: 4, maxLength: 10 }),
  });
  let used = 0;
  await fc.assert(
    fc.asyncProperty(arrangement, async ({ documents, partial, conditions }) => {
      const collection = db.collection('p');
      await collection.drop();
      await fill(collection, documents, []);
      const key = { [Object.keys(partial)[0]!]: -1, _id: -1 } as const;
      await collection.createIndex(key, { name: 'partial', partialFilterExpression: partial });
      for (const condition of conditions) {
        // Null stands for what the index itself asks, beside which anything may be asked.
        const asked = condition ?? { $and: [partial, { c: { $ne: 1 } }] };
        const q: Query = { filter: asked, sort: key, skip: 0, limit: 0, batchSize: 101 };
        expect(await answer(collection, q)).toEqual(await answer(collection, q, { $natural: 1 }));
        const plan = await collection.find(q.filter).sort(key).explain('queryPlanner');
        used += JSON.stringify(plan).includes('"indexName":"partial"') ? 1 : 0;
      }
    }),
    { numRuns, seed },
  );
  expect(used).toBeGreaterThan(numRuns / 4);
}, 120_000);

/** As the driver has it, null where there is none. */
function valueOf(document: Document, path: string): unknown {
  return path.split('.').reduce((value: Document | null, name) => value?.[name] ?? null, document);
}
