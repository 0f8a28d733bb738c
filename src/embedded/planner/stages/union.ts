import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { Rows, Stage } from './stage';

/** What any of the inputs finds, each document once. */
export class Union extends Stage {
  constructor(inputs: readonly Stage[]) {
    super('OR', inputs);
  }

  describe(): BsonDocument {
    return new Map();
  }

  protected *produce(execution: Execution): Rows {
    const seen = new Set<number>();
    for (const input of this.inputs) {
      for (const row of input.rows(execution)) {
        if (row && seen.has(row.recordId)) continue;
        if (row) seen.add(row.recordId);
        yield row;
      }
    }
  }
}
