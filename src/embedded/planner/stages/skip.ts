import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Rows, Stage } from './stage';

/** All rows but the first ones. */
export class Skip extends Stage {
  constructor(
    private readonly input: Stage,
    private readonly skip: number,
  ) {
    super('SKIP', [input]);
  }

  describe(): BsonDocument {
    return new Map([['skipAmount', count(this.skip)]]);
  }

  *rows(execution: Execution): Rows {
    let left = this.skip;
    for (const row of this.input.rows(execution)) {
      if (row && left > 0) {
        left--;
        continue;
      }
      if (row) this.returned++;
      yield row;
    }
    this.ended = true;
  }
}
