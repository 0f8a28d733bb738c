import { BsonDocument } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { FilterNode } from '../language/filter-node';
import { sortByKey, sortKeyOf } from '../language/index-key';
import { topLevelName } from '../language/path';
import { IndexEntry } from '../storage/keys';
import { KeyRange } from './bounds';
import { documentTest, Execution, Yielder } from './execution';
import { IndexAccess } from './index-access';

/** One walk, of an index or of the whole collection. */
export interface Walk {
  /** Null for all documents in the order of insertion. */
  readonly access: IndexAccess | null;
  /** Where in the index, in the order of the walk. */
  readonly places: readonly Omit<KeyRange, 'isPoint'>[];
  /** The length of what all its keys begin with, where walks are merged by what follows. */
  readonly fixed: number;
  readonly reverse: boolean;
  /** What is decided on the documents that it meets. */
  readonly filters: readonly FilterNode[];
}

export type IndexWalk = Walk & { readonly access: IndexAccess };

/** How a query is answered. */
export interface Plan {
  /** Together they find each document once; none where there is nothing to find. */
  readonly walks: readonly Walk[];
  /** Whether walks are merged in their order; otherwise they go one after the other. */
  readonly isMerged: boolean;
  /** Whether rows are given their documents; without, they may be keys. */
  readonly fetches: boolean;
  /** What no index gives in order; null for nothing. */
  readonly sort: BsonDocument | null;
  readonly skip: number;
  /** 0 for all. */
  readonly limit: number;
  readonly projection: ((bytes: Uint8Array) => Uint8Array) | null;
  /** Makes the wanted fields out of a key, where the index has them all. */
  readonly decode: ((entry: IndexEntry) => BsonDocument | null) | null;
}

/** One result on its way: an index entry, or what was found without one. */
export interface Row extends Partial<IndexEntry> {
  readonly recordId: number;
  /** The stored document, once it was read, or what a projection made of it. */
  readonly bytes?: Uint8Array;
}

/** Rows, with null in between where the thread may be given away. */
export type Rows = Generator<Row | null, void, undefined>;

/** What has come of running a plan so far. */
export class PlanRun {
  returned = 0;
  /** Documents and keys looked at. */
  documents = 0;
  keys = 0;
  /** Whether it is known that no further row comes. */
  isExhausted = false;
}

/** Runs the plan; once only for each `run`. */
export function* rowsOf(plan: Plan, execution: Execution, run: PlanRun): Rows {
  const { skip, limit, fetches, projection } = plan;
  let passed = 0;
  for (const row of plan.sort ? sortedRows(plan, execution, run) : foundRows(plan, execution, run)) {
    if (!row) {
      yield null;
      continue;
    }
    if (++passed <= skip) continue;
    const bytes = row.bytes ?? (fetches ? read(row, execution, run) : undefined);
    // A transaction may have removed it after a walk has run ahead to it.
    if (fetches && !bytes) continue;
    run.returned++;
    run.isExhausted ||= run.returned === limit;
    if (projection) yield { recordId: row.recordId, bytes: projection(bytes!) };
    else yield bytes ? { recordId: row.recordId, bytes } : row;
    if (run.returned === limit) return;
  }
  run.isExhausted = true;
}

function read({ recordId }: Row, { view }: Execution, run: PlanRun): Uint8Array | undefined {
  run.documents++;
  return view!.document(recordId);
}

export function isIndexWalk(walk: Walk): walk is IndexWalk {
  return walk.access !== null;
}

/** The rows that the walks of a plan find, each document once. Those of an index without a filter are its entries. */
function foundRows({ walks, isMerged }: Plan, execution: Execution, run: PlanRun): Rows {
  const isRepeated = walks.length > 1 || walks[0]?.access?.findsTwice;
  const seen = isRepeated ? new Set<number>() : null;
  const found = walks.map((walk) =>
    isIndexWalk(walk) ? walkIndex(walk, execution, run, seen) : scanCollection(walk, execution, run),
  );
  if (found.length === 1) return found[0]!;
  return isMerged ? merged(walks, found) : concatenated(found);
}

/**
 * What one walk of an index finds.
 * @param seen what walks have found already; null where nothing can be found twice
 * @param rowOf makes something else of each entry, in place of one more generator around this one
 */
export function* walkIndex<T = Row>(
  { access, places, reverse, filters }: IndexWalk,
  execution: Execution,
  run: PlanRun,
  seen: Set<number> | null,
  rowOf?: (entry: IndexEntry) => T,
): Generator<T | null, void, undefined> {
  const { view, clock } = execution;
  const accepts = access.keyTest();
  const passes = documentTest(filters);
  for (const { low, high } of places) {
    for (const entry of view!.scanIndex(access.index, low, high, reverse)) {
      run.keys++;
      if (clock.pauses()) yield null;
      if (accepts && !accepts(entry.key)) continue;
      if (seen?.has(entry.recordId)) continue;
      let row: Row = entry;
      if (passes) {
        row = { recordId: entry.recordId, key: entry.key, bytes: read(entry, execution, run)! };
        if (!passes(row.bytes!)) continue;
      }
      seen?.add(entry.recordId);
      yield rowOf ? rowOf(entry) : (row as T);
    }
  }
}

function* scanCollection({ reverse, filters }: Walk, { view, clock }: Execution, run: PlanRun): Rows {
  const passes = documentTest(filters);
  for (const document of view!.scanDocuments(reverse)) {
    run.documents++;
    if (clock.pauses()) yield null;
    if (!passes || passes(document.bytes)) yield document;
  }
}

function* concatenated(found: readonly Rows[]): Rows {
  for (const rows of found) yield* rows;
}

/** The rows of walks of one index, in the order of what follows the components that are fixed in each. */
function* merged(walks: readonly Walk[], found: readonly Rows[]): Rows {
  const sign = walks[0]!.reverse ? -1 : 1;
  const heads = walks.map(({ fixed }, i) => ({
    rows: found[i]!,
    fixed,
    row: null as Row | null,
    order: new Uint8Array() as Uint8Array,
  }));
  function* advance(head: (typeof heads)[number]): Rows {
    let next = head.rows.next();
    for (; !next.done && !next.value; next = head.rows.next()) yield null;
    head.row = next.value ?? null;
    if (head.row) head.order = head.row.key!.subarray(head.fixed);
  }
  try {
    for (const head of heads) yield* advance(head);
    for (;;) {
      let first: (typeof heads)[number] | null = null;
      for (const head of heads) {
        if (head.row && (!first || sign * Buffer.compare(head.order, first.order) < 0)) first = head;
      }
      if (!first) return;
      yield first.row;
      yield* advance(first);
    }
  } finally {
    for (const rows of found) rows.return();
  }
}

/** What a row takes in memory while it is sorted, beside its sort key, and afterwards. */
const BYTES_OF_ITEM = 200;
const BYTES_OF_ID = 8;
/** Rows gathered before those are dropped that are beyond the limit. */
const ROWS_OF_CUT = 4096;

/**
 * Sorts what no index has in order. Only keys and record ids are kept, and of those the ids alone once it is sorted; the
 * documents are read again one by one.
 */
function* sortedRows(plan: Plan, execution: Execution, run: PlanRun): Rows {
  const { view, clock } = execution;
  const fields = new Set([...plan.sort!.keys()].map(topLevelName));
  const keyOf = sortKeyOf(plan.sort!);
  const most = plan.limit > 0 ? plan.skip + plan.limit : Infinity;
  let items: { key: Uint8Array; recordId: number }[] = [];
  let held = 0;
  const hold = (bytes: number) => {
    clock.takeMemory(bytes - held);
    held = bytes;
  };
  const bytesOf = ({ key }: (typeof items)[number]) => key.length + BYTES_OF_ITEM;
  function* cut(): Generator<null> {
    items = (yield* sortByKey(items, () => clock.pauses())).slice(0, most);
    hold(items.reduce((sum, item) => sum + bytesOf(item), 0));
  }
  try {
    for (const row of foundRows(plan, execution, run)) {
      if (!row) yield null;
      else {
        const document = row.bytes ?? read(row, execution, run)!;
        items.push({ key: keyOf(decodeFields(document, fields)), recordId: row.recordId });
        hold(held + bytesOf(items.at(-1)!));
        if (items.length > ROWS_OF_CUT + 2 * most) yield* cut();
      }
    }
    yield* cut();
    const ids = items.map(({ recordId }) => recordId);
    items = [];
    hold(BYTES_OF_ID * ids.length);
    for (const [i, recordId] of ids.entries()) {
      run.isExhausted = i === ids.length - 1;
      yield { recordId, bytes: view!.document(recordId) };
    }
  } finally {
    hold(0);
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
