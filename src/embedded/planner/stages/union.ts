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

  *rows(execution: Execution): Rows {
    const seen = new Set<number>();
    for (const input of this.inputs) {
      for (const row of input.rows(execution)) {
        if (row) {
          if (seen.has(row.recordId)) continue;
          seen.add(row.recordId);
          this.returned++;
        }
        yield row;
      }
    }
    this.ended = true;
  }
}
