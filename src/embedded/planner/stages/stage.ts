import { BsonDocument, BsonValue } from '../../language/bson-value';
import { Execution } from '../execution';

/** One result on its way through the stages: found in an index, fetched, projected. */
export interface Row {
  readonly recordId: number;
  /** The index key it was found by. */
  readonly key?: Uint8Array;
  /** The stored document, once fetched, or what a projection made of it. */
  readonly bytes?: Uint8Array;
}

/** Rows, with null in between where the stage gives its thread away. */
export type Rows = Generator<Row | null, void, undefined>;

/** A step of a plan, as `explain` shows it: it runs once and counts what it does. */
export abstract class Stage {
  /** Rows handed on. */
  returned = 0;
  keysExamined = 0;
  docsExamined = 0;
  /** Whether it is known that no further row comes. */
  protected ended = false;

  constructor(
    readonly name: string,
    readonly inputs: readonly Stage[] = [],
  ) {}

  /** Runs the stage; once only. Counts the rows it yields, and says when it has ended by itself. */
  abstract rows(execution: Execution): Rows;

  /** Whether all rows have been handed on, as far as can be told without working for it. */
  get isExhausted(): boolean {
    return this.ended || (this.inputs.length === 1 && this.inputs[0]!.isExhausted);
  }

  /** What `explain` says of the plan. */
  abstract describe(): BsonDocument;

  /** What `explain` adds after the plan has run. */
  counters(): BsonDocument {
    return new Map<string, BsonValue>();
  }
}
