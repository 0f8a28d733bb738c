import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { FilterNode } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { sortByKey, sortKeyOf } from '../language/index-key';
import { decodeKeyComponent, endOfKeyComponent } from '../language/key-decoder';
import { topLevelName } from '../language/path';
import { StoredIndex } from '../storage/catalog';
import { IndexEntry } from '../storage/keys';
import { findsTwice, Walk } from './access';
import { Run, Yielder } from './execution';

/** What a command asks of one collection. */
export interface Query {
  readonly filter: FilterNode;
  /** Empty for none. */
  readonly sort: BsonDocument;
  /** Rows passed over; 0 for none. */
  readonly skip: number;
  /** Rows at most; 0 for all. */
  readonly limit: number;
  /** An index by its name or key pattern; `{ $natural: 1 }` for none. */
  readonly hint?: BsonValue;
  readonly projection?: BsonDocument;
  /** The top-level fields that are read of the rows: keys will do where they have them all. Null or undefined: all. */
  readonly fields?: ReadonlySet<string> | null;
}

/** How a query is answered. */
export interface Plan {
  readonly query: Query;
  /** Together they find each document once; none where there is nothing to find. */
  readonly walks: readonly Walk[];
  /** Whether rows are found in the order that the query wants; otherwise they are sorted. */
  readonly isOrdered: boolean;
  /** Whether rows are given their documents; without, they may be keys. */
  readonly fetches: boolean;
  readonly project: ((bytes: Uint8Array) => Uint8Array) | null;
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

/** Runs the plan; once only for each `run`. */
export function* rowsOf(plan: Plan, run: Run): Rows {
  const { fetches, project, isOrdered } = plan;
  const { skip, limit } = plan.query;
  let passed = 0;
  for (const row of isOrdered ? foundRows(plan, run) : sortedRows(plan, run)) {
    if (!row) {
      yield null;
      continue;
    }
    if (++passed <= skip) continue;
    const bytes = row.bytes ?? (fetches ? run.read(row.recordId) : undefined);
    // A transaction may have removed it after a walk has run ahead to it.
    if (fetches && !bytes) continue;
    run.returned++;
    run.isExhausted ||= run.returned === limit;
    if (project) yield { recordId: row.recordId, bytes: project(bytes!) };
    else yield bytes ? { recordId: row.recordId, bytes } : row;
    if (run.returned === limit) return;
  }
  run.isExhausted = true;
}

/** The rows that the walks of a plan find, each document once. Those of an index without a filter are its entries. */
export function foundRows({ walks }: Plan, run: Run): Rows {
  const isRepeated = walks.length > 1 || walks.some(({ access }) => findsTwice(access));
  const seen = isRepeated ? new Set<number>() : null;
  const found = walks.map((walk) => rowsOfWalk(walk, run, seen));
  if (found.length === 1) return found[0]!;
  return isMerged(walks) ? merged(walks, found) : concatenated(found);
}

/** Whether walks are merged in their order; otherwise they go one after the other. */
export function isMerged([first]: readonly Walk[]): boolean {
  return first !== undefined && first.fixed > 0;
}

/** The conjunction of the filters as a test of stored documents, which decodes only the fields it reads; null for none. */
export function documentTest(filters: readonly FilterNode[]): ((bytes: Uint8Array) => boolean) | null {
  if (filters.length === 0) return null;
  const { matches, fields } = compileFilter({ kind: 'and', children: [...filters] });
  return (bytes) => matches(decodeFields(bytes, fields));
}

/** As `documentTest`, of index entries: reads the document only where the key does not tell. */
function keyTest(index: StoredIndex, filters: readonly FilterNode[], run: Run) {
  if (filters.length === 0) return null;
  const { matches, fields } = compileFilter({ kind: 'and', children: [...filters] });
  const decode = decoderOf(index, fields)!;
  return (entry: IndexEntry) => matches(decode(entry) ?? decodeFields(run.read(entry.recordId)!, fields));
}

/**
 * Makes what decodes top-level fields out of entries: null for a key that does not say one of them exactly. Null itself
 * where the index does not have all of the fields. A document is good until the next one is made.
 */
export function decoderOf({ key }: StoredIndex, fields: ReadonlySet<string>): Plan['decode'] {
  const names = [...key.keys()];
  if ([...fields].some((field) => !key.has(field))) return null;
  const wanted = names.map((name) => fields.has(name));
  const count = wanted.lastIndexOf(true) + 1;
  const document: BsonDocument = new Map();
  return ({ stored, keyStart }) => {
    for (let i = 0, at = keyStart; i < count; i++) {
      const end = endOfKeyComponent(stored, at);
      if (wanted[i]) {
        const value = decodeKeyComponent(stored, at, end);
        if (value === undefined) return null;
        document.set(names[i]!, value);
      }
      at = end;
    }
    return document;
  };
}

/** What one walk finds, but for what `seen` says was found before; null where nothing can be found twice. */
function* rowsOfWalk({ access, places }: Walk, run: Run, seen: Set<number> | null): Rows {
  const { index, keyFilters, filters, order } = access;
  const { clock } = run;
  const view = run.view!;
  const reverse = order !== null && order.reverse;
  const accepts = index && keyTest(index, keyFilters, run);
  const passes = documentTest(filters);
  for (const { low, high } of places) {
    const found = index ? view.scanIndex(index, low, high, reverse) : view.scanDocuments();
    for (const each of found as Iterable<Row>) {
      if (index) run.keys++;
      else run.documents++;
      if (clock.pauses()) yield null;
      if (accepts && !accepts(each as IndexEntry)) continue;
      if (seen?.has(each.recordId)) continue;
      const bytes = passes ? (each.bytes ?? run.read(each.recordId)!) : undefined;
      if (bytes && !passes!(bytes)) continue;
      seen?.add(each.recordId);
      yield bytes ? { recordId: each.recordId, key: each.key, bytes } : each;
    }
  }
}

function* concatenated(found: readonly Rows[]): Rows {
  for (const rows of found) yield* rows;
}

/** The rows of walks of one index, in the order of what follows the components that are fixed in each. */
function* merged(walks: readonly Walk[], found: readonly Rows[]): Rows {
  const sign = walks[0]!.access.order!.reverse ? -1 : 1;
  const heads: { row: Row; order: Uint8Array; walk: number }[] = [];
  function* advance(walk: number): Rows {
    let { value: row } = found[walk]!.next();
    for (; row === null; { value: row } = found[walk]!.next()) yield null;
    if (row) heads.push({ row, order: row.key!.subarray(walks[walk]!.fixed), walk });
  }
  try {
    for (const walk of walks.keys()) yield* advance(walk);
    while (heads.length > 0) {
      const first = heads.reduce((a, b) => (sign * Buffer.compare(b.order, a.order) < 0 ? b : a));
      heads.splice(heads.indexOf(first), 1);
      yield first.row;
      yield* advance(first.walk);
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
function* sortedRows(plan: Plan, run: Run): Rows {
  const { clock } = run;
  const { sort, skip, limit } = plan.query;
  const fields = new Set([...sort.keys()].map(topLevelName));
  const keyOf = sortKeyOf(sort);
  const most = limit > 0 ? skip + limit : Infinity;
  let items: { key: Uint8Array; recordId: number }[] = [];
  let held = 0;
  const hold = (bytes: number) => {
    clock.takeMemory(bytes - held);
    held = bytes;
  };
  function* cut(): Generator<null> {
    items = (yield* sortByKey(items, () => clock.pauses())).slice(0, most);
    hold(items.reduce((sum, { key }) => sum + key.length + BYTES_OF_ITEM, 0));
  }
  try {
    for (const row of foundRows(plan, run)) {
      if (!row) yield null;
      else {
        const key = keyOf(decodeFields(row.bytes ?? run.read(row.recordId)!, fields));
        items.push({ key, recordId: row.recordId });
        hold(held + key.length + BYTES_OF_ITEM);
        if (items.length > ROWS_OF_CUT + 2 * most) yield* cut();
      }
    }
    yield* cut();
    const ids = items.map(({ recordId }) => recordId);
    items = [];
    hold(BYTES_OF_ID * ids.length);
    for (const [i, recordId] of ids.entries()) {
      run.isExhausted = i === ids.length - 1;
      yield { recordId, bytes: run.view!.document(recordId) };
    }
  } finally {
    hold(0);
  }
}

/** Runs a plan to its end, giving the thread away now and then. */
export async function runToEnd(plan: Plan, run: Run, onRow?: (row: Row) => void): Promise<void> {
  const yielder = new Yielder();
  for (const row of rowsOf(plan, run)) {
    if (row) onRow?.(row);
    else await yielder.rest();
  }
}
