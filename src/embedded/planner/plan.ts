import { setImmediate } from 'node:timers/promises';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { FilterNode } from '../language/filter-node';
import { sortKeyOf } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { topLevelName } from '../language/path';
import { IndexEntry, IndexInfo } from '../storage/view';
import { afterPrefix } from './bounds';
import { documentTest, Execution } from './execution';
import { IndexAccess } from './index-access';

/** One walk of an index. */
export interface Walk {
  readonly access: IndexAccess;
  readonly reverse: boolean;
  /** What is decided on its documents, before it is united with other walks. */
  readonly filters: readonly FilterNode[];
}

export type Source =
  /** No such collection, or an answer that needs no rows. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'id'; readonly index: IndexInfo; readonly value: BsonValue }
  | { readonly kind: 'collection'; readonly reverse: boolean }
  /** Each document once; merged in the order of what follows the first `mergeFrom` components, or (0) one after the other. */
  | { readonly kind: 'walks'; readonly walks: readonly Walk[]; readonly mergeFrom: number };

/** How a query is answered. */
export interface Plan {
  readonly source: Source;
  /** What is left to be decided on the documents. */
  readonly filters: readonly FilterNode[];
  /** Whether rows are given their documents; without, they are keys. */
  readonly fetches: boolean;
  /** What no index gives in order; null for nothing. */
  readonly sort: BsonDocument | null;
  readonly skip: number;
  readonly limit: number;
  readonly projection: { readonly spec: BsonDocument; apply(bytes: Uint8Array): Uint8Array } | null;
  /** Makes the wanted fields out of a key, where the index has them all. */
  readonly decode: ((entry: IndexEntry) => BsonDocument | null) | null;
}

/** One result on its way: found in an index, fetched, projected. */
export interface Row {
  readonly recordId: number;
  /** The index key it was found by. */
  readonly key?: Uint8Array;
  /** The stored document, once fetched, or what a projection made of it. */
  readonly bytes?: Uint8Array;
}

/** Rows, with null in between where the thread may be given away. */
export type Rows = Generator<Row | null, void, undefined>;

/** What has come of running a plan so far. */
export class PlanRun {
  returned = 0;
  documents = 0;
  /** Keys looked at, a number for each walk. */
  readonly keys: number[] = [];
  /** Whether it is known that no further row comes. */
  isExhausted = false;
}

/** Runs the plan; once only for each `run`. */
export function* rowsOf(plan: Plan, execution: Execution, run: PlanRun): Rows {
  const { source, limit, projection } = plan;
  const rows = sourceRows(source, execution, run);
  for (const row of plan.sort ? sorted(rows, plan, execution, run) : fetched(rows, plan, execution, run)) {
    if (!row) {
      yield null;
      continue;
    }
    run.returned++;
    if (run.returned === limit) run.isExhausted = true;
    yield projection ? { recordId: row.recordId, bytes: projection.apply(row.bytes!) } : row;
    if (run.returned === limit) return;
  }
  run.isExhausted = true;
}

/** The rows that pass the filters, with their documents where they are wanted or needed for that. */
export function* fetched(
  rows: Rows,
  { filters, fetches, skip = 0 }: Pick<Plan, 'filters' | 'fetches'> & Partial<Pick<Plan, 'skip'>>,
  { view }: Execution,
  run: PlanRun,
): Rows {
  const passes = documentTest(filters);
  let left = skip;
  for (const row of rows) {
    if (!row) {
      yield null;
      continue;
    }
    // What is skipped need not be fetched, unless its document has a say in whether it counts.
    if (left > 0 && !passes) {
      left--;
      continue;
    }
    if (row.bytes || (!fetches && !passes)) {
      if (passes && !passes(row.bytes!)) continue;
      if (left > 0) left--;
      else yield row;
      continue;
    }
    const bytes = view!.document(row.recordId);
    if (!bytes) continue;
    run.documents++;
    if (passes && !passes(bytes)) continue;
    if (left > 0) left--;
    else yield { recordId: row.recordId, key: row.key, bytes };
  }
}

function sourceRows(source: Source, execution: Execution, run: PlanRun): Rows {
  switch (source.kind) {
    case 'nothing':
      return noRows();
    case 'id':
      return oneById(source.index, source.value, execution, run);
    case 'collection':
      return allDocuments(source.reverse, execution, run);
    case 'walks': {
      const walks = source.walks.map((walk, i) => {
        const keys = walkRows(walk, i, execution, run);
        const { filters } = walk;
        return filters.length > 0 ? fetched(keys, { filters, fetches: false }, execution, run) : keys;
      });
      if (walks.length === 1) return walks[0]!;
      return source.mergeFrom > 0 ? mergedWalks(source, walks) : united(walks);
    }
  }
}

function* noRows(): Rows {
  return;
}

function* oneById(index: IndexInfo, value: BsonValue, { view }: Execution, run: PlanRun): Rows {
  const key = encodeKeyComponent(value, 1);
  for (const { recordId } of view!.scanIndex(index, key, afterPrefix(key), false)) {
    run.keys[0] = 1;
    run.documents++;
    run.isExhausted = true;
    yield { recordId, bytes: view!.document(recordId)! };
  }
}

/** Every document, in the order of insertion or the reverse of it. */
function* allDocuments(reverse: boolean, { view, clock }: Execution, run: PlanRun): Rows {
  for (const document of view!.scanDocuments(reverse)) {
    run.documents++;
    if (clock.pauses()) yield null;
    yield document;
  }
}

/**
 * The keys of one walk.
 * @param rowOf makes something else of each, in place of one more generator around this one
 */
export function* walkRows<T = IndexEntry>(
  walk: Walk,
  number: number,
  { view, clock }: Execution,
  run: PlanRun,
  rowOf?: (entry: IndexEntry) => T,
): Generator<T | null, void, undefined> {
  const { access, reverse } = walk;
  const accepts = access.keyTest();
  const seen = access.findsTwice ? new Set<number>() : null;
  run.keys[number] = 0;
  for (const { low, high } of access.ranges(reverse)) {
    for (const entry of view!.scanIndex(access.index, low, high, reverse)) {
      run.keys[number]!++;
      if (clock.pauses()) yield null;
      if (accepts && !accepts(entry.key)) continue;
      if (seen?.has(entry.recordId)) continue;
      seen?.add(entry.recordId);
      yield rowOf ? rowOf(entry) : (entry as T);
    }
  }
}

/** What any of the walks finds, each document once. */
function* united(walks: readonly Rows[]): Rows {
  const seen = new Set<number>();
  for (const walk of walks) {
    for (const row of walk) {
      if (row && seen.has(row.recordId)) continue;
      if (row) seen.add(row.recordId);
      yield row;
    }
  }
}

/** The rows of walks of one index, in the order of what follows the components that are fixed in each; each document once. */
function* mergedWalks({ walks, mergeFrom }: Extract<Source, { kind: 'walks' }>, rows: readonly Rows[]): Rows {
  const fixed = walks.map(({ access: { components } }) =>
    components.slice(0, mergeFrom).reduce((length, { ranges }) => length + ranges[0]!.low.length, 0),
  );
  const orderOf = ({ key }: Row, walk: number) => latin1(key!.subarray(fixed[walk]));
  const seen = new Set<number>();
  for (const row of merged(rows, orderOf, walks[0]!.reverse)) {
    if (row && seen.has(row.recordId)) continue;
    if (row) seen.add(row.recordId);
    yield row;
  }
}

/** Merges ordered sources into one. */
function* merged<T>(
  sources: readonly Iterator<T | null, void>[],
  orderOf: (item: T, source: number) => string,
  reverse: boolean,
): Generator<T | null> {
  const heads: { item: T; order: string; source: number }[] = [];
  function* advance(source: number): Generator<null> {
    let next = sources[source]!.next();
    for (; !next.done && next.value === null; next = sources[source]!.next()) yield null;
    if (next.done || next.value === null) return;
    const order = orderOf(next.value, source);
    let from = 0;
    for (let to = heads.length; from < to;) {
      const middle = (from + to) >> 1;
      const other = heads[middle]!.order;
      if (reverse ? other >= order : other <= order) from = middle + 1;
      else to = middle;
    }
    heads.splice(from, 0, { item: next.value, order, source });
  }
  try {
    for (const source of sources.keys()) yield* advance(source);
    for (let first = heads.shift(); first; first = heads.shift()) {
      yield first.item;
      yield* advance(first.source);
    }
  } finally {
    for (const source of sources) source.return?.();
  }
}

/** Rows sorted at a time: some milliseconds. */
const ROWS_OF_RUN = 4096;
const ID_LENGTH = 6;
const BYTES_OF_STRING = 32;

/**
 * Sorts what no index has in order. Only keys and record ids are kept, and of those the ids alone once it is sorted; the
 * documents are read again one by one.
 */
function* sorted(rows: Rows, plan: Plan, execution: Execution, run: PlanRun): Rows {
  const { view, clock } = execution;
  const fields = new Set([...plan.sort!.keys()].map(topLevelName));
  const keyOf = sortKeyOf(plan.sort!);
  const most = plan.limit > 0 ? plan.skip + plan.limit : Infinity;
  const runs: string[][] = [];
  let gathered: string[] = [];
  let bytes = 0;
  const take = (more: number) => {
    bytes += more;
    clock.takeMemory(more);
  };
  const endRun = () => {
    gathered.sort();
    for (const dropped of gathered.splice(most)) take(-dropped.length - BYTES_OF_STRING);
  };
  try {
    for (const row of fetched(rows, { filters: plan.filters, fetches: true }, execution, run)) {
      if (!row) {
        yield null;
        continue;
      }
      gathered.push(latin1(keyOf(decodeFields(row.bytes!, fields))) + idText(row.recordId));
      take(gathered.at(-1)!.length + BYTES_OF_STRING);
      if (gathered.length < ROWS_OF_RUN) continue;
      endRun();
      if (gathered.length < ROWS_OF_RUN / 2) continue;
      runs.push(gathered);
      gathered = [];
    }
    endRun();
    runs.push(gathered);
    const ids: number[] = [];
    for (const text of merged(
      runs.map((each) => each.values()),
      (each) => each,
      false,
    )) {
      if (clock.pauses()) yield null;
      if (ids.push(idOf(text!)) === most) break;
    }
    runs.length = 0;
    take(8 * ids.length - bytes);
    for (let i = plan.skip; i < ids.length; i++) {
      run.isExhausted = i === ids.length - 1;
      yield { recordId: ids[i]!, bytes: view!.document(ids[i]!)! };
    }
  } finally {
    take(-bytes);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Behind a sort key, a record's id keeps equal ones in the order of insertion. */
function idText(recordId: number): string {
  const id = Buffer.allocUnsafe(ID_LENGTH);
  id.writeUIntBE(recordId, 0, ID_LENGTH);
  return id.toString('latin1');
}

function idOf(text: string): number {
  let id = 0;
  for (let i = text.length - ID_LENGTH; i < text.length; i++) id = id * 256 + text.charCodeAt(i);
  return id;
}

/** How long, in milliseconds, long statements may keep the thread while others wait: all of them together, about. */
const LONGEST_TURN = 5;

let waiting = 0;

/** Gives the thread away now and then, so that a long statement holds up nobody else's. */
export class Yielder {
  private since = performance.now();

  /** To be called between units of work: resolves at once, or after the others have had their turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.since < LONGEST_TURN / (1 + waiting)) return;
    waiting++;
    await setImmediate();
    waiting--;
    this.since = performance.now();
  }
}

/** Runs a plan to its end, giving the thread away now and then. */
export async function runToEnd(
  plan: Plan,
  execution: Execution,
  onRow?: (row: Row) => void,
): Promise<PlanRun> {
  const yielder = new Yielder();
  const run = new PlanRun();
  for (const row of rowsOf(plan, execution, run)) {
    if (row) onRow?.(row);
    else await yielder.rest();
  }
  return run;
}
