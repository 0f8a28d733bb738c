import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Environment, type Reader, type Snapshot } from '../../src/embedded/storage/lmdb';
import { Overlay } from '../../src/embedded/storage/recent-writes';
import { Store } from '../../src/embedded/storage/store';

/** What the store should hold: the plainest thing that can be looked up in order. */
type Model = ReadonlyMap<string, string>;

const key = fc.integer({ min: 0, max: 30 }).map((n) => `k${String(n).padStart(2, '0')}`);
const change = fc.record({ key, value: fc.option(fc.string({ maxLength: 6 }), { freq: 3 }) });
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
function stepOf<T>(weight: number, given: fc.Arbitrary<T>, act: (pair: Pair, given: T) => unknown) {
  return { weight, arbitrary: given.map((each) => (pair: Pair) => act(pair, each)) };
}

const changes = fc.array(change);
const step = fc.oneof(
  stepOf(6, changes, (pair, each) => pair.write('write', each)),
  stepOf(1, changes, (pair, each) => pair.write('writeThrough', each)),
  stepOf(3, fc.constant(null), (pair) => pair.hold()),
  stepOf(3, fc.tuple(key, key), (pair, [from, to]) => pair.look(from, to)),
  stepOf(1, fc.constant(null), (pair) => pair.reopen()),
  stepOf(1, fc.constant(null), (pair) => pair.crash()),
);

function expectRange(reader: Reader, model: Model, from: string, to: string): void {
  const expected = [...model].filter(([each]) => each >= from && each < to).sort();
  for (const reverse of [false, true]) {
    const walk = reader.range('indexes', Buffer.from(from), Buffer.from(to), reverse);
    const found = [...walk].map((entry) => [entry.key.toString(), entry.value.toString()]);
    expect(found).toEqual(reverse ? expected.toReversed() : expected);
  }
  expect(reader.get('indexes', Buffer.from(from))?.toString()).toBe(model.get(from));
}

function changed(model: Model, changes: readonly Change[]): Model {
  const next = new Map(model);
  for (const { key, value } of changes) {
    if (value === null) next.delete(key);
    else next.set(key, value);
  }
  return next;
}

/** A store beside its model, and snapshots that were taken of both. */
class Pair {
  readonly held: { snapshot: Snapshot; model: Model }[] = [];
  model: Model = new Map();
  private store!: Store;

  constructor(
    private readonly root: string,
    private folder: string,
    private readonly keysOfCheckpoint: number,
  ) {}

  async open(): Promise<this> {
    const onFailure = (error: unknown) => {
      throw error;
    };
    const { keysOfCheckpoint } = this;
    this.store = await Store.open(new Environment(this.folder), this.folder, { onFailure, keysOfCheckpoint });
    return this;
  }

  async close(): Promise<void> {
    for (const { snapshot } of this.held.splice(0)) snapshot.release();
    await this.store.close();
  }

  async write(kind: 'write' | 'writeThrough', changes: readonly Change[]): Promise<void> {
    const next = changed(this.model, changes);
    const body = (writer: Parameters<Parameters<Store['write']>[0]>[0]) => {
      for (const { key, value } of changes) {
        if (value === null) writer.remove('indexes', Buffer.from(key));
        else writer.put('indexes', Buffer.from(key), Buffer.from(value));
      }
      // It reads its own writes.
      expectRange(writer, next, 'k', 'l');
    };
    const writing = this.store[kind](body);
    if (kind === 'write') this.look('k', 'l');
    await writing;
    this.model = next;
  }

  hold(): void {
    this.held.push({ snapshot: this.store.snapshot(), model: this.model });
    if (this.held.length > 4) this.held.shift()!.snapshot.release();
  }

  look(from: string, to: string): void {
    const snapshot = this.store.snapshot();
    expectRange(snapshot.reader, this.model, from, to);
    snapshot.release();
    for (const each of this.held) expectRange(each.snapshot.reader, each.model, from, to);
  }

  async reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** Goes on with what a crash would have left on disk at this moment. */
  async crash(): Promise<void> {
    const image = mkdtempSync(join(this.root, 'image-'));
    cpSync(this.folder, image, { recursive: true });
    await this.close();
    this.folder = image;
    await this.open();
  }
}

it('shows each snapshot what was committed when it was taken, over checkpoints, restarts and crashes', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshots-test-'));
  const steps = fc.array(step, { minLength: 20, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(1, 5, 20, 1000), async (all, keysOfCheckpoint) => {
      const pair = await new Pair(root, mkdtempSync(join(root, 'store-')), keysOfCheckpoint).open();
      try {
        for (const each of all) {
          await each(pair);
          pair.look('k', 'l');
        }
      } finally {
        await pair.close();
      }
    }),
    { numRuns: Number(process.env.SNAPSHOT_RUNS ?? 10) },
  );
  rmSync(root, { recursive: true });
}, 60_000);

it('meets on a walk what is written ahead of it, and not what is removed', () => {
  const stored = ['b', 'd', 'f', 'h'].map((name) => ({ key: Buffer.from(name), value: Buffer.from('old') }));
  const base: Reader = {
    get: () => undefined,
    range: (_table, _lower, _upper, reverse) => (reverse ? stored.toReversed() : stored)[Symbol.iterator](),
  };
  for (const reverse of [false, true]) {
    const overlay = new Overlay(base);
    overlay.put('indexes', Buffer.from('e'), Buffer.from('new'));
    const met: string[] = [];
    for (const { key: at } of overlay.range('indexes', Buffer.from('a'), Buffer.from('z'), reverse)) {
      met.push(at.toString());
      if (met.length > 1) continue;
      for (let n = 0; n < 600; n++) overlay.put('indexes', Buffer.from(`c${n}`), Buffer.from('new'));
      overlay.remove('indexes', Buffer.from('f'));
    }
    const numbered = Array.from({ length: 600 }, (_, n) => `c${n}`).sort();
    const expected = ['b', ...numbered, 'd', 'e', 'h'];
    expect(met).toEqual(reverse ? expected.toReversed() : expected);
  }
});
