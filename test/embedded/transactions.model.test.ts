import { Document } from 'bson';
import fc from 'fast-check';
import { FakeSession, InProcessEngine } from './in-process-engine';

/** What is done to the collection, by numbers that name documents and values. */
type Step =
  | { kind: 'insert' | 'replace'; document: Document }
  | { kind: 'delete'; id: number }
  | { kind: 'increment'; from: number }
  | { kind: 'find'; from: number; direction: 1 | -1 };

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
  fc.record({ kind: fc.constantFrom('insert' as const, 'replace' as const), document }),
  fc.record({ kind: fc.constant('delete' as const), id }),
  fc.record({ kind: fc.constant('increment' as const), from: fc.nat(3) }),
  fc.record({
    kind: fc.constant('find' as const),
    from: fc.nat(4),
    direction: fc.constantFrom(1 as const, -1 as const),
  }),
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

  /** Does what the step says; answers the counts and codes that the engine must answer. */
  perform(step: Step): Document {
    switch (step.kind) {
      case 'insert':
        return this.store(step.document, !this.documents.has(step.document['_id'] as number));
      case 'replace':
        if (!this.documents.has(step.document['_id'] as number)) return { n: 0 };
        return this.store(step.document, true);
      case 'delete':
        return { n: Number(this.documents.delete(step.id)) };
      case 'increment': {
        const found = this.all().filter(({ b }) => b >= step.from);
        for (const each of found) each['b'] += 1;
        return { n: found.length };
      }
      case 'find':
        return { found: this.all().filter(({ a }) => typeof a === 'number' && a >= step.from) };
    }
  }

  private store(document: Document, isFree: boolean): Document {
    const { u } = document;
    const taken = this.all().some(
      (other) => u !== undefined && other['u'] === u && other['_id'] !== document['_id'],
    );
    if (!isFree || taken) return { n: 0, code: 11000 };
    this.documents.set(document['_id'] as number, structuredClone(document));
    return { n: 1 };
  }
}

async function perform(step: Step, fields: Document): Promise<Document> {
  if (step.kind === 'find') {
    const sort = { a: step.direction, b: -step.direction };
    const reply = await engine.run({ find: 'c', filter: { a: { $gte: step.from } }, sort, ...fields });
    const found = (reply['cursor'] as { firstBatch: Document[] }).firstBatch;
    for (const [index, later] of found.slice(1).entries()) {
      const [a, b] = [found[index]!['a'] - later['a'], later['b'] - found[index]!['b']];
      expect((a || b) * step.direction).toBeLessThanOrEqual(0);
    }
    return { found: found.sort((a, b) => a['_id'] - b['_id']) };
  }
  const reply = await engine.run({ ...commandOf(step), ...fields });
  const [error] = (reply['writeErrors'] as Document[] | undefined) ?? [];
  return { n: reply['n'], ...(error && { code: error['code'] }) };
}

function commandOf(step: Exclude<Step, { kind: 'find' }>): Document {
  switch (step.kind) {
    case 'insert':
      return { insert: 'c', documents: [step.document] };
    case 'replace':
      return { update: 'c', updates: [{ q: { _id: step.document['_id'] }, u: step.document }] };
    case 'delete':
      return { delete: 'c', deletes: [{ q: { _id: step.id }, limit: 1 }] };
    case 'increment':
      return {
        update: 'c',
        updates: [{ q: { b: { $gte: step.from } }, u: { $inc: { b: 1 } }, multi: true }],
      };
  }
}

/** @returns the model as it should be afterwards */
async function play({ steps, ending }: Round, before: Model): Promise<Model> {
  const session = new FakeSession();
  const model = before.copy();
  for (const [index, each] of steps.entries()) {
    const first = index === 0 ? session.begin() : session.statement();
    const expected = model.perform(each);
    expect(await perform(each, ending === 'no transaction' ? {} : first)).toEqual(expected);
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
