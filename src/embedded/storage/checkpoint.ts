import { storedCommit } from './catalog';
import { Change, Environment, Writer } from './lmdb';
import { RecentWrites } from './recent-writes';

// catalog: the last commit that the tables have as a whole, and the one up to which a checkpoint has begun to give them
// what is in the journal.
const appliedKey = Buffer.from('!applied');
const applyingKey = Buffer.from('!applying');

/** How far the journal's commits have come into the tables. */
export interface Progress {
  readonly applied: number;
  /** Where it is higher than `applied`, the tables may have a part of what came between. */
  readonly applying: number;
}

export function progressOf(environment: Environment): Progress {
  const snapshot = environment.snapshot();
  try {
    const numberAt = (key: Buffer) => snapshot.get('catalog', key)?.readDoubleBE() ?? 0;
    return { applied: numberAt(appliedKey), applying: numberAt(applyingKey) };
  } finally {
    snapshot.release();
  }
}

export function setApplied(writer: Writer, commit: number): void {
  writer.put('catalog', appliedKey, storedCommit(commit));
}

/** What the tables are to be given, up to `commit`: of a key that is there more than once, the latest value comes last. */
export function* newestOf(
  layers: readonly RecentWrites[],
  changes: readonly Change[],
  commit: number,
): Generator<Change> {
  for (const layer of layers) yield* layer.newest();
  yield* changes;
  yield { table: 'catalog', key: appliedKey, value: storedCommit(commit) };
}

/**
 * The same in pieces, a transaction each. Nobody sees a part of them: who reads has the recent writes over the tables,
 * and a start after a crash gives all of them to the tables once more.
 */
export function* piecesOf(frozen: RecentWrites, keysAtOnce: number): Generator<Change[]> {
  let piece: Change[] = [{ table: 'catalog', key: applyingKey, value: storedCommit(frozen.lastCommit) }];
  for (const change of newestOf([frozen], [], frozen.lastCommit)) {
    piece.push(change);
    if (piece.length <= keysAtOnce) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
