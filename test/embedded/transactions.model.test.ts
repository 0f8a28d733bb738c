import { Document } from 'bson';
import fc from 'fast-check';
import { FakeSession, InProcessEngine } from './in-process-engine';

/** What is done to the collection: a command, and the same on the model, which gives the answer it must have. */
interface Step {
  readonly command: Document;
  readonly onModel: (model: Model) => Document;
}

interface Round {
  readonly steps: Step[];
  readonly ending: 'commit' | 'abort' | 'no transaction';
}

const id = fc.nat(9);
const document = fc.record(
  {
    _id: id,
    a: fc.oneof(fc.nat(4), fc.constantFrom('x', 'y', null), fc.constantFrom(0.5, 1.5)),
    b: fc.nat(3),
    u: fc.nat(6),
    tags: fc.array(fc.nat(3), { maxLength: 3 }),
  },
  { requiredKeys: ['_id', 'b'] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  document.map((document) => ({
    command: { insert: 'c', documents: [document] },
    onModel: (model: Model) => model.store(document, !model.documents.has(document['_id'])),
  })),
  document.map((document) => ({
    command: { update: 'c', updates: [{ q: { _id: document['_id'] }, u: document }] },
    onModel: (model: Model) =>
      model.documents.has(document['_id']) ? model.store(document, true) : { n: 0 },
  })),
  id.map((_id) => ({
    command: { delete: 'c', deletes: [{ q: { _id }, limit: 1 }] },
    onModel: ({ documents }: Model) => ({ n: Number(documents.delete(_id)) }),
  })),
  fc.nat(3).map((from) => ({
    command: { update: 'c', updates: [{ q: { b: { $gte: from } }, u: { $inc: { b: 1 } }, multi: true }] },
    onModel: (model: Model) => {
      const found = model.all().filter(({ b }) => b >= from);
      for (const each of found) each['b'] += 1;
      return { n: found.length };
    },
  })),
  fc.tuple(fc.nat(4), fc.constantFrom(1, -1)).map(([from, direction]) => ({
    command: { find: 'c', filter: { a: { $gte: from } }, sort: { a: direction, b: -direction } },
    onModel: (model: Model) => ({ found: model.all().filter(({ a }) => typeof a === 'number' && a >= from) }),
  })),
);
const round: fc.Arbitrary<Round> = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 20 }),
  ending: fc.constantFrom('commit', 'abort', 'no transaction'),
});

let engine: InProcessEngine;

beforeEach(async () => {
  engine = await new InProcessEngine().open();
});
afterEach(() => engine.remove());

/** The collection as it should be. */
class Model {
  constructor(readonly documents = new Map<number, Document>()) {}

  copy(): Model {
    return new Model(structuredClone(this.documents));
  }

  all(): Document[] {
    return [...this.documents.values()].sort((a, b) => (a['_id'] as number) - (b['_id'] as number));
  }

  store(document: Document, isFree: boolean): Document {
    const { u } = document;
    const taken = this.all().some(
      (other) => u !== undefined && other['u'] === u && other['_id'] !== document['_id'],
    );
    if (!isFree || taken) return { n: 0, code: 11000 };
    this.documents.set(document['_id'] as number, structuredClone(document));
    return { n: 1 };
  }
}

async function perform(command: Document, fields: Document): Promise<Document> {
  const reply = await engine.run({ ...command, ...fields });
  if (command['sort']) {
    const found = (reply['cursor'] as { firstBatch: Document[] }).firstBatch;
    for (const [index, later] of found.slice(1).entries()) {
      const [a, b] = [found[index]!['a'] - later['a'], later['b'] - found[index]!['b']];
      expect((a || b) * command['sort'].a).toBeLessThanOrEqual(0);
    }
    return { found: found.sort((a, b) => a['_id'] - b['_id']) };
  }
  const [error] = (reply['writeErrors'] as Document[] | undefined) ?? [];
  return { n: reply['n'], ...(error && { code: error['code'] }) };
}

/** @returns the model as it should be afterwards */
async function play({ steps, ending }: Round, before: Model): Promise<Model> {
  const session = new FakeSession();
  const model = before.copy();
  for (const [index, { command, onModel }] of steps.entries()) {
    const first = index === 0 ? session.begin() : session.statement();
    const expected = onModel(model);
    expect(await perform(command, ending === 'no transaction' ? {} : first)).toEqual(expected);
    // A refused write has ended the transaction.
    if (expected['code'] && ending !== 'no transaction') return before;
  }
  if (ending === 'no transaction') return model;
  const end = ending === 'commit' ? { commitTransaction: 1 } : { abortTransaction: 1 };
  expect(await engine.run({ ...end, ...session.statement() }, 'admin')).toEqual({ ok: 1 });
  return ending === 'commit' ? model : before;
}

it('stores, finds and counts what a simple model does, inside of transactions and outside', async () => {
  const indexes = [
    { key: { a: 1, b: -1 }, name: 'a_b' },
    { key: { u: 1 }, name: 'u', unique: true, sparse: true },
    { key: { tags: 1, b: 1 }, name: 'tags_b' },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(round, { maxLength: 6 }), async (rounds) => {
      await engine.run({ drop: 'c' });
      await engine.run({ createIndexes: 'c', indexes });
      let model = new Model();
      for (const each of rounds) {
        model = await play(each, model);
        expect(await engine.all('c')).toEqual(model.all());
      }
      expect(await engine.run({ validate: 'c' })).toMatchObject({
        valid: true,
        nrecords: model.documents.size,
      });
    }),
    { numRuns: 20 },
  );
});
