import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { Row, Rows, Stage } from './stage';

/** An ordered input, and where in its keys that order begins. */
export interface MergeInput {
  readonly stage: Stage;
  readonly keyOffset: number;
}

interface Head {
  readonly row: Row;
  readonly order: Uint8Array;
  readonly rows: Rows;
  readonly input: MergeInput;
}

/** Merges inputs that are each in the wanted order into one, each document once. */
export class Merge extends Stage {
  constructor(
    private readonly merged: readonly MergeInput[],
    private readonly sortPattern: BsonDocument,
    private readonly reverse: boolean,
  ) {
    super(
      'SORT_MERGE',
      merged.map(({ stage }) => stage),
    );
  }

  describe(): BsonDocument {
    return new Map([['sortPattern', this.sortPattern]]);
  }

  *rows(execution: Execution): Rows {
    const started: Rows[] = [];
    const heads: Head[] = [];
    const seen = new Set<number>();
    try {
      for (const input of this.merged) {
        const rows = input.stage.rows(execution);
        started.push(rows);
        yield* this.advance(input, rows, heads);
      }
      for (let first = heads.shift(); first; first = heads.shift()) {
        if (!seen.has(first.row.recordId)) {
          seen.add(first.row.recordId);
          this.returned++;
          yield first.row;
        }
        yield* this.advance(first.input, first.rows, heads);
      }
      this.ended = true;
    } finally {
      for (const rows of started) rows.return();
    }
  }

  /** Takes the next row of an input to its place among the heads, which are in order. */
  private *advance(input: MergeInput, rows: Rows, heads: Head[]): Generator<null> {
    let next = rows.next();
    for (; !next.done && next.value === null; next = rows.next()) yield null;
    if (next.done || !next.value) return;
    const head = { row: next.value, order: next.value.key!.subarray(input.keyOffset), rows, input };
    let from = 0;
    let to = heads.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.compare(heads[middle]!, head) <= 0) from = middle + 1;
      else to = middle;
    }
    heads.splice(from, 0, head);
  }

  private compare(a: Head, b: Head): number {
    const order = Buffer.compare(a.order, b.order);
    return this.reverse ? -order : order;
  }
}
